// Output of llama-bench: calibrates a question, or is refused with words and a place.

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "query/build_cache.h"
#include "query/measured.h"
#include "speed/measured.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qwenfit;
  static const Catalog& catalog = Catalog::builtin();
  static const Question question = [] {
    Query query;
    query.gpu = {"rtx3090"};
    query.ram = "64GB";
    query.model = {"27b"};
    query.quant = {"q4_k_m"};
    return *resolve(query, catalog);
  }();
  const auto check = [](const Error& error) {
    if (error.message.empty() || error.where.empty()) std::abort();
    return 0;
  };
  const auto own = parse_measurements("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  if (!own) return check(own.error());
  Question calibrated = question;
  BuildCache cache(catalog);
  const auto applied = apply_measurements(*own, catalog, cache, {}, calibrated);
  if (!applied) return check(applied.error());
  for (const SpeedModel& model : calibrated.models.front().speeds) {
    for (const double factor : model.devices.front()) {
      if (!std::isfinite(factor) || factor <= 0) std::abort();
    }
  }
  return 0;
}
