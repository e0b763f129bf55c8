// A catalog file: parsed, validated and read, or refused with findings that have words.

#include <cstdint>
#include <cstdlib>

#include "catalog/document.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  qwenfit::Findings findings;
  const auto document =
      qwenfit::parse_document("fuzz", std::string(reinterpret_cast<const char*>(data), size), findings);
  if (document) qwenfit::validate_schema(*document, qwenfit::embedded_schema, findings);
  if (!document && findings.empty()) std::abort();
  for (const auto& finding : findings) {
    if (finding.text.empty()) std::abort();
  }
  return 0;
}
