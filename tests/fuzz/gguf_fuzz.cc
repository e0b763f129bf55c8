// A GGUF header: read, or refused with words; of what was read every byte is in one place, and it can be
// answered for a machine.

#include <cstdlib>

#include "advise/sweep.h"
#include "fuzz/target.h"
#include "model/gguf_model.h"
#include "model/weight_table.h"
#include "qwenfit/query.h"
#include "support/gguf_models.h"

using namespace qwenfit;

namespace {

std::string seed(bool hybrid, bool moe, std::uint32_t version) {
  ModelRow row;
  row.name = "seed";
  row.max_context = 4096;
  Architecture& a = row.architecture;
  a.layers = hybrid ? 4 : 1;
  a.embedding = 256;
  a.feed_forward = moe ? 0 : 256;
  a.heads = 4;
  a.kv_heads = 2;
  a.head_dim = 64;
  a.vocab = 96;
  a.tied_embeddings = !moe;
  if (hybrid) {
    a.full_attention_interval = 4;
    a.linear_key_heads = 1;
    a.linear_value_heads = 2;
    a.linear_head_dim = 128;
    a.conv_kernel = 4;
    a.attention_output_gate = true;
    a.mtp_layers = 1;
  }
  if (moe) {
    a.experts = 4;
    a.experts_used = 2;
    a.expert_feed_forward = 256;
    a.shared_expert_feed_forward = hybrid ? 256 : 0;
  }
  GgufWriter out;
  out.version = version;
  put_metadata(out, row, hybrid, 3);
  put_tensors(out, row, Mixture::q4_k_m, hybrid);
  return out.header();
}

/// What a file of any shape is asked about.
const Question& asked() {
  static const Question question = [] {
    Query query;
    query.gpu = {"2xrtx3090"};
    query.ram = "64GB";
    query.model = {"27b"};
    query.quant = {"q4_k_m"};
    return *resolve(query, Catalog::builtin());
  }();
  return question;
}

void check_error(const Error& error) {
  if (error.code != ErrorCode::bad_file || error.message.empty() || error.where != "fuzz") std::abort();
}

void check_answer(const GgufModel& model, const WeightTable& weights) {
  Question question = asked();
  Question::Answerable& subject = question.models.front();
  subject.model.architecture = model.shape;
  subject.model.max_context = model.max_context;
  Build& build = subject.builds.front();
  build.weights = &weights;
  build.mixture.reset();
  build.basis = TensorBasis::file;
  build.has_mtp_block = model.has_mtp_block;
  build.tensors = std::make_shared<const std::vector<TypedTensor>>(model.tensors);
  question.context_is_max = true;
  for (const Answer& answer : sweep(question, Explain::yes)) {
    for (std::size_t row = 0; row < answer.estimate.devices.size(); ++row) {
      Bytes sum = 0;
      for (const Part& part : answer.estimate.parts) sum = add(sum, part.row == row ? part.bytes : 0);
      if (sum != answer.estimate.devices[row].total()) std::abort();
    }
  }
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {seed(false, false, 2), seed(false, true, 3), seed(true, false, 3), seed(true, true, 3)};
}

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
  check_answer(*model, weights);
  return 0;
}
