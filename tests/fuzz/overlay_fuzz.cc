// A catalog file: parsed, validated and read, or refused with findings that have words.

#include <cstdlib>

#include "catalog/document.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"
#include "fuzz/target.h"

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"schema":"qwenfit.data.devices/1","rows":[{"id":"rtx6090","name":"RTX 6090","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":51539607552,"bandwidth_bytes_per_s":2000000000000,"default_backend":"cuda","source":["x"],"date":"2026-11"}]})",
      R"({"schema":"qwenfit.data.builds/1","rows":[{"model":"qwen3.5-27b","quant":"q4_k_m","publisher":"me","repo":null,"file":null,"bytes":1,"shown_gb":null,"has_mtp_block":false,"bundles_vision":false,"source":["x"],"date":"2026-11"}]})",
      R"({"schema":"qwenfit.data.tensor_types/1","rows":[{"id":"q4_k","gguf_id":12,"block":256,"bytes":144,"kv":false,"source":["x"],"date":"2026-11"}]})"};
}

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
