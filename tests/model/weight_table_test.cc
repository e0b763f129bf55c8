#include "model/weight_table.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "support/csv.h"
#include "support/models.h"

using namespace qwenfit;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

constexpr Layouts kPacked{{1, 0}, {1, 0}};

}  // namespace

TEST_CASE("every stock file type has the bytes llama-quantize gives it, tensor by tensor") {
  std::size_t rows = 0;
  for (const CsvRow& row : read_csv(QWENFIT_TEST_DATA "/oracle_sizes.csv")) {
    const ModelRow& model = model_row(row.at("model"));
    const auto mixture = mixture_from_id(lower(row.at("ftype")));
    INFO(row.at("model") << ' ' << row.at("ftype") << " imatrix " << row.at("imatrix") << " mtp "
                         << row.at("file_has_mtp"));
    REQUIRE(mixture);
    const bool with_mtp = row.at("file_has_mtp") == "1";
    const WeightTable table =
        computed_weights(model.architecture, *mixture, with_mtp, kPacked, row.at("imatrix") == "1");
    REQUIRE(table.tensor_bytes == number(row.at("total_bytes")));
    REQUIRE(table.token_embedding_bytes == number(row.at("token_embd_bytes")));
    REQUIRE(table.output_bytes == number(row.at("output_bytes")));
    std::vector<Bytes> blocks;
    for (const std::string& field : split(row.at("layer_bytes"), ';')) blocks.push_back(number(field));
    REQUIRE(table.block_bytes == blocks);
    ++rows;
  }
  REQUIRE(rows == 592);
}

TEST_CASE("parameter counts equal the published ones") {
  for (const ModelRow& model : Catalog::builtin().rows().models) {
    if (model.status != ModelStatus::released) continue;
    INFO(model.id);
    CHECK(parameter_count(model.architecture, false) == model.text_params);
  }
}

TEST_CASE("a scaled build sums to the published bytes exactly and keeps its parts in proportion") {
  const ModelRow& model = model_row("27b");
  const WeightTable stock = computed_weights(model.architecture, Mixture::q4_k_m, false, kPacked);
  for (const Bytes target :
       {stock.tensor_bytes, stock.tensor_bytes + 1, stock.tensor_bytes * 21 / 20, Bytes{0}}) {
    const WeightTable scaled = scaled_weights(model.architecture, Mixture::q4_k_m, false, target, kPacked);
    const Bytes blocks = std::accumulate(scaled.block_bytes.begin(), scaled.block_bytes.end(), Bytes{0});
    CHECK(scaled.tensor_bytes >= blocks);
    if (target > 0) CHECK(scaled.tensor_bytes == target);
    CHECK(scaled.token_embedding_bytes == stock.token_embedding_bytes);
    Bytes placed = scaled.embedding_host + scaled.output_device;
    for (const BlockBytes& block : scaled.device) placed += block.dense + block.experts;
    CHECK(placed == scaled.tensor_bytes);
  }
}

TEST_CASE("more bits never take fewer bytes") {
  const ModelRow& model = model_row("35b-a3b");
  Bytes last = 0;
  for (const Mixture m :
       {Mixture::iq1_s, Mixture::iq2_xxs, Mixture::q2_k, Mixture::iq3_s, Mixture::q3_k_m, Mixture::q4_k_m,
        Mixture::q5_k_m, Mixture::q6_k, Mixture::q8_0, Mixture::bf16, Mixture::f32}) {
    const Bytes bytes = computed_weights(model.architecture, m, true, kPacked).tensor_bytes;
    CHECK(bytes > last);
    last = bytes;
  }
}
