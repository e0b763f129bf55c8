#include "advise/quality.h"

#include <algorithm>
#include <map>

#include "catch.h"
#include "query/quality.h"

using namespace qwenfit;

namespace {

const Catalog& catalog() {
  return Catalog::builtin();
}
const CatalogRows& rows() {
  return catalog().rows();
}

WeightQuality loss(std::string_view model, std::string_view quant, std::string_view publisher = {}) {
  const auto quality =
      weight_quality(*catalog().model_by_id(model), *catalog().quant_by_id(quant), publisher, catalog());
  REQUIRE(quality);
  return *quality;
}

bool is_kld(const QualityRow& row) {
  return row.metric == "mean_kld" && row.kv == "f16";
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

TEST_CASE("every quality row is found under its build, and names a protocol of its kind of model") {
  REQUIRE_FALSE(rows().quality.empty());
  for (const QualityRow& row : rows().quality) {
    const ModelRow* model = catalog().model_by_id(row.model);
    REQUIRE(model != nullptr);
    CHECK(std::any_of(
        rows().quality_protocols.begin(), rows().quality_protocols.end(),
        [&](const QualityProtocolRow& p) { return p.id == row.protocol && p.kind == model->kind; }));
    if (row.publisher.empty()) continue;
    Build build;
    build.quant_id = row.quant;
    build.publisher = row.publisher;
    Model named;
    named.id = row.model;
    const auto found = published_quality(build, named, rows());
    CHECK(std::any_of(found.begin(), found.end(), [&](const QualityRow& r) { return r.json == row.json; }));
  }
}

TEST_CASE("the factor of a protocol is the median ratio over the quants that it shares with the reference") {
  for (const ModelKind kind : {ModelKind::dense, ModelKind::moe}) {
    const auto values = [&](std::string_view protocol) {
      std::map<std::pair<std::string_view, std::string_view>, double> found;
      for (const QualityRow& row : rows().quality) {
        if (is_kld(row) && row.protocol == protocol && catalog().model_by_id(row.model)->kind == kind)
          found[{row.quant, row.publisher}] = row.value;
      }
      return found;
    };
    const auto reference = std::find_if(rows().quality_protocols.begin(), rows().quality_protocols.end(),
                                        [&](const auto& p) { return p.kind == kind && p.reference; });
    REQUIRE(reference != rows().quality_protocols.end());
    const auto wanted = values(reference->id);
    for (const QualityProtocolRow& protocol : rows().quality_protocols) {
      if (protocol.kind != kind) continue;
      INFO(protocol.id);
      std::vector<double> ratios;
      for (const auto& [key, value] : values(protocol.id)) {
        if (const auto same = wanted.find(key); same != wanted.end()) ratios.push_back(same->second / value);
      }
      CHECK(protocol.pairs == ratios.size());
      // One quant, measured on another model, is no scale.
      REQUIRE(protocol.factor.has_value() == (ratios.size() > 1));
      if (protocol.factor) CHECK(*protocol.factor == Approx(median(ratios)).epsilon(0.005));
    }
  }
}

TEST_CASE("levels are medians of one protocol") {
  for (const QualityLevelRow& level : rows().quality_levels) {
    if (level.mean_kld == 0) continue;
    INFO(level.of << " " << level.name);
    std::vector<double> values;
    for (const QualityRow& row : rows().quality) {
      if (row.metric != "mean_kld" || catalog().model_by_id(row.model)->kind != level.kind) continue;
      if (level.source.find(row.protocol) == std::string_view::npos) continue;
      const bool same =
          level.of == "kv"
              ? row.kv == level.name
              : row.kv == "f16" && std::to_string(catalog().quant_by_id(row.quant)->bits) == level.name;
      if (same) values.push_back(row.value);
    }
    REQUIRE(values.size() == level.rows);
    CHECK(level.mean_kld == Approx(median(values)).epsilon(0.001));
  }
}

TEST_CASE("a build's own measurement comes first, then the same quant, then its bits") {
  CHECK(loss("qwen3.6-27b", "q4_k_m", "unsloth").basis == QualityBasis::measured);
  CHECK(loss("qwen3.6-27b", "q4_k_m", "unsloth").mean_kld == 0.017);
  CHECK(loss("qwen3.5-2b", "q4_k_m", "unsloth").basis == QualityBasis::same_quant);
  CHECK(loss("qwen3.5-2b", "iq1_s", "bartowski").basis == QualityBasis::bits);
  CHECK(loss("qwen3.5-27b", "bf16", "unsloth").mean_kld == 0);
}

TEST_CASE("by bits, more are never worse") {
  for (const char* model : {"qwen3.5-4b", "qwen3.5-122b-a10b"}) {
    double before = 0;
    QuantRow quant = *catalog().quant_by_id("iq1_s");
    quant.id = "unheard-of";
    for (std::uint32_t bits = 32; bits >= 1; --bits) {
      quant.bits = bits;
      const auto found = weight_quality(*catalog().model_by_id(model), quant, {}, catalog());
      REQUIRE(found);
      CHECK(found->basis == QualityBasis::bits);
      CHECK(found->mean_kld >= before);
      before = found->mean_kld;
    }
  }
}

TEST_CASE("a smaller cache type never loses less, and the loss adds to that of the weights") {
  for (const ModelKind kind : {ModelKind::dense, ModelKind::moe}) {
    double before = 0;
    for (const TensorType type : {TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0,
                                  TensorType::q5_1, TensorType::q5_0, TensorType::q4_1, TensorType::q4_0}) {
      const double now = kv_loss(kind, type, type, rows());
      CHECK(now >= before);
      CHECK(kv_loss(kind, TensorType::f16, type, rows()) == now);
      before = now;
    }
    CHECK(before > 0);
  }
  Build build;
  build.quality = WeightQuality{0.01, QualityBasis::measured, "x"};
  Settings settings;
  settings.kv_k = settings.kv_v = TensorType::q4_0;
  const auto quality = quality_of(build, Model{}, settings, rows());
  REQUIRE(quality);
  CHECK(quality->mean_kld == Approx(0.01 + quality->kv_kld));
  build.quality.reset();
  CHECK_FALSE(quality_of(build, Model{}, settings, rows()));
}

TEST_CASE("losses read in words, from identical to obvious drift") {
  CHECK(quality_words(0, rows()) == "identical");
  CHECK(quality_words(0.002, rows()) == "very close");
  CHECK(quality_words(0.017, rows()) == "typical 4 bit");
  CHECK(quality_words(0.28, rows()) == "obvious drift");
}
