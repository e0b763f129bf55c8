// A Hugging Face config.json: read, or refused with words and a place; what was read can be answered for a
// machine.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "fuzz/answered.h"
#include "model/mixture.h"
#include "model/weight_table.h"
#include "query/hf_config.h"

using namespace qwenfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = parse_hf_config("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  if (!config) {
    if (config.error().message.empty() || config.error().where.rfind("fuzz", 0) != 0) std::abort();
    return 0;
  }
  const Architecture& a = config->architecture;
  const WeightTable weights = computed_weights(a, Mixture::q4_k_m, true, {{1, 0}, {1, 0}});
  const auto tensors = typed_tensors(a, Mixture::q4_k_m, true);
  if (weights.tensor_bytes != total_bytes(tensors)) std::abort();
  check_answer({a, config->max_context, weights.has_mtp_block, tensors}, weights);
  return 0;
}
