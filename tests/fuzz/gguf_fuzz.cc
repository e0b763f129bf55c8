// A GGUF header: read, or refused with words; of what was read every byte is in one place, and it can be
// answered for a machine.

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "fuzz/answered.h"
#include "model/gguf_model.h"
#include "model/weight_table.h"
#include "support/gguf_writer.h"

using namespace qwenfit;

namespace {

void check_error(const Error& error) {
  if (error.code != ErrorCode::bad_file || error.message.empty() || error.where != "fuzz") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Bytes kData = Bytes{4} << 20;
  MemorySource source(std::string(reinterpret_cast<const char*>(data), size), size + kData);
  auto header = read_gguf(source, "fuzz");
  if (!header) {
    check_error(header.error());
    return 0;
  }
  if (header->header_bytes > header->file_bytes || source.largest() > (std::size_t{64} << 10)) std::abort();
  const auto model = gguf_model({std::move(*header)}, "fuzz");
  if (!model) {
    check_error(model.error());
    return 0;
  }
  const WeightTable weights =
      file_weights(model->shape, model->has_mtp_block, model->tensors, {{1, 0}, {1, 0}});
  if (weights.tensor_bytes != total_bytes(model->tensors)) std::abort();
  check_answer({model->shape, model->max_context, model->has_mtp_block, model->tensors}, weights);
  return 0;
}
