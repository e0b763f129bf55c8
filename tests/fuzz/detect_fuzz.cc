// A recorded computer, every output of it anything: options that the resolver takes or a reason why none, and
// nothing printed that could move a terminal's cursor.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "detect/describe.h"
#include "detect/look.h"
#include "detect/recording.h"
#include "query/machine.h"
#include "report/detect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qwenfit;
  static const Catalog& catalog = Catalog::builtin();
  const Recording computer(std::string_view(reinterpret_cast<const char*>(data), size));
  const Detection found = describe(look(computer), catalog);
  if (found.blocked) {
    if (found.blocked->message.empty() || found.blocked->where.empty()) std::abort();
  } else if (!resolve_machine(found.query, catalog)) {
    std::abort();
  }
  std::ostringstream out;
  print_detection(out, found, {});
  print_detection_line(out, found);
  print_this_machine(out, found, false);
  print_detection_json(out, found, {});
  const std::string text = out.str();
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F;
  });
  if (!plain) std::abort();
  return 0;
}
