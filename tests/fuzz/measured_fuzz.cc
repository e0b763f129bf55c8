// Output of llama-bench: calibrates a question, or is refused with words and a place.

#include <cmath>
#include <cstdlib>

#include "fuzz/target.h"
#include "query/build_cache.h"
#include "query/measured.h"
#include "speed/measured.h"

std::vector<std::string> fuzz_seeds() {
  const std::string decode =
      R"({"gpu_info":"NVIDIA GeForce RTX 3090","backends":"CUDA","model_filename":"Qwen3.5-27B-Q4_K_M.gguf","model_type":"qwen35 27B Q4_K - Medium","model_size":16729382912,"model_n_params":26895998464,"n_batch":2048,"n_ubatch":512,"type_k":"f16","type_v":"q8_0","n_gpu_layers":99,"n_cpu_moe":0,"split_mode":"layer","main_gpu":0,"devices":"auto","tensor_split":"0.00","tensor_buft_overrides":"none","n_prompt":0,"n_gen":128,"n_depth":4096,"avg_ns":3555555555,"avg_ts":36.0})";
  const std::string prefill =
      R"({"gpu_info":"NVIDIA GeForce RTX 3090","backends":"CUDA,BLAS","model_filename":"m/Qwen3.5-9B-Q8_0.gguf","model_type":"qwen35 9B Q8_0","model_n_params":8953803264,"n_gpu_layers":20,"devices":"CUDA0","tensor_split":"1.00/0.00","n_prompt":512,"n_gen":0,"avg_ts":900.5})";
  return {"[" + decode + "," + prefill + "]", decode + "\n" + prefill + "\n", "| model | size |\n",
          "a,b,c\n"};
}

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
