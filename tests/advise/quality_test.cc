#include "advise/quality.h"

#include <algorithm>
#include <limits>
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

const WeightLosses& losses() {
  static const WeightLosses all(catalog());
  return all;
}

WeightQuality loss(std::string_view model, std::string_view quant, std::string_view publisher = {}) {
  const auto quality = losses().of(*catalog().model_by_id(model), *catalog().quant_by_id(quant), publisher);
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

TEST_CASE("levels are medians of one protocol, or say that they are estimates") {
  for (const QualityLevelRow& level : rows().quality_levels) {
    if (level.mean_kld == 0) continue;
    INFO(level.of << " " << level.name);
    CHECK(level.estimate == (level.source.substr(0, 9) == "estimate:"));
    CHECK(level.estimate == (level.rows == 0));
    if (level.estimate) continue;
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
      const auto found = losses().of(*catalog().model_by_id(model), quant, {});
      REQUIRE(found);
      CHECK(found->basis == QualityBasis::bits);
      CHECK(found->mean_kld >= before);
      before = found->mean_kld;
    }
  }
}

TEST_CASE("more bits never lose more, whatever the model and publisher") {
  for (const ModelRow& model : rows().models) {
    for (const char* publisher :
         {"", "unsloth", "bartowski", "lmstudio-community", "aessedai", "llama.cpp"}) {
      std::map<std::uint32_t, std::pair<double, double>> range;  // least and most, by bits
      for (const QuantRow& quant : rows().quants) {
        if (quant.format != "gguf") continue;
        const auto found = losses().of(model, quant, publisher);
        REQUIRE(found);
        const auto [at, first] = range.try_emplace(quant.bits, found->mean_kld, found->mean_kld);
        at->second.first = std::min(at->second.first, found->mean_kld);
        at->second.second = std::max(at->second.second, found->mean_kld);
      }
      double most = std::numeric_limits<double>::infinity();
      for (const auto& [bits, losses_of_bits] : range) {
        INFO(model.id << " " << publisher << " " << bits << " bits");
        CHECK(losses_of_bits.second <= most);
        most = losses_of_bits.first;
      }
    }
  }
}

TEST_CASE("what the reference protocol measured of a build stands as it is") {
  for (const QualityRow& row : rows().quality) {
    const ModelRow* model = catalog().model_by_id(row.model);
    const bool reference = std::any_of(
        rows().quality_protocols.begin(), rows().quality_protocols.end(),
        [&](const auto& p) { return p.id == row.protocol && p.kind == model->kind && p.reference; });
    if (!is_kld(row) || !reference || row.publisher.empty()) continue;
    INFO(row.model << " " << row.quant << " " << row.publisher);
    CHECK(loss(row.model, row.quant, row.publisher).mean_kld == row.value);
  }
}

TEST_CASE("a larger mixture of the same bits never loses more") {
  const auto in_order = [](std::string_view model, std::vector<std::string_view> quants) {
    double before = 0;
    for (const std::string_view quant : quants) {
      INFO(model << " " << quant);
      const double now = loss(model, quant).mean_kld;
      CHECK(now >= before);
      before = now;
    }
  };
  for (const ModelRow& model : rows().models) {
    in_order(model.id, {"q5_k_l", "q5_k_m", "q5_k_s"});
    in_order(model.id, {"q4_k_l", "q4_k_m", "q4_k_s"});
    in_order(model.id, {"q3_k_l", "q3_k_m", "q3_k_s"});
    in_order(model.id, {"iq3_s", "iq3_xs", "iq3_xxs"});
    in_order(model.id, {"iq2_m", "iq2_s", "iq2_xs", "iq2_xxs"});
    in_order(model.id, {"ud-iq2_m", "ud-iq2_xxs"});
  }
}

TEST_CASE("what is known of the other kind of model alone is translated, not taken by bits") {
  for (const char* model : {"qwen3.5-122b-a10b", "qwen3.6-35b-a3b"}) {
    const WeightQuality fp8 = loss(model, "fp8", "qwen");
    CHECK(fp8.basis == QualityBasis::other_kind);
    // In the dense models FP8 loses about what Q4_K_M does.
    CHECK(fp8.mean_kld > loss(model, "q5_k_m", "unsloth").mean_kld);
    CHECK(fp8.mean_kld < loss(model, "q3_k_m", "unsloth").mean_kld);
    CHECK(loss(model, "nvfp4", "nvidia").mean_kld > fp8.mean_kld);
  }
}

TEST_CASE("losses of dense and other models of one publisher are in the same order") {
  std::vector<std::pair<double, double>> pairs;
  for (const QualityRow& a : rows().quality) {
    for (const QualityRow& b : rows().quality) {
      const bool both = is_kld(a) && is_kld(b) && a.quant == b.quant && a.publisher == b.publisher;
      if (both && a.protocol == "quesma-36-27b" && b.protocol == "unsloth-wt2-512" &&
          catalog().model_by_id(b.model)->kind == ModelKind::moe)
        pairs.emplace_back(a.value, b.value);
    }
  }
  REQUIRE(pairs.size() > 5);
  std::sort(pairs.begin(), pairs.end());
  CHECK(std::is_sorted(pairs.begin(), pairs.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST_CASE("a smaller cache type never loses less, nor does a longer context") {
  for (const ModelKind kind : {ModelKind::dense, ModelKind::moe}) {
    for (const Tokens context : std::vector<Tokens>{1, 512, 4096, 8192, 65536, 100000, 262144, 1048576}) {
      double before = 0;
      for (const TensorType type :
           {TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0, TensorType::fp8,
            TensorType::q5_1, TensorType::q5_0, TensorType::q4_1, TensorType::q4_0}) {
        const double now = kv_quality(kind, type, type, context, rows()).mean_kld;
        CHECK(now >= before);
        CHECK(kv_quality(kind, TensorType::f16, type, context, rows()).mean_kld == now);
        CHECK(kv_quality(kind, type, type, context / 2, rows()).mean_kld <= now);
        before = now;
      }
      CHECK(before > 0);
    }
  }
}

TEST_CASE("an 8-bit float cache lies between q8_0 and q4_0, with rows of its own") {
  for (const ModelKind kind : {ModelKind::dense, ModelKind::moe}) {
    for (const Tokens context : std::vector<Tokens>{512, 32768, 262144}) {
      const auto of = [&](TensorType type) { return kv_quality(kind, type, type, context, rows()); };
      CHECK(of(TensorType::q8_0).mean_kld < of(TensorType::fp8).mean_kld);
      CHECK(of(TensorType::fp8).mean_kld < of(TensorType::q4_0).mean_kld);
      REQUIRE(of(TensorType::fp8).below != nullptr);
      CHECK(of(TensorType::fp8).below->name == "fp8");
    }
  }
}

TEST_CASE("a cache loses what its rows say at their contexts, and that is marked where it is an estimate") {
  for (const QualityLevelRow& row : rows().quality_levels) {
    if (row.of != "kv" || !row.context) continue;
    const TensorType type = *tensor_type_from_id(row.name);
    const KvQuality found = kv_quality(row.kind, type, type, *row.context, rows());
    CHECK(found.mean_kld == Approx(row.mean_kld));
    REQUIRE(found.below != nullptr);
    CHECK(found.below->json == row.json);
  }
  CHECK_FALSE(kv_quality(ModelKind::dense, TensorType::f16, TensorType::f16, 262144, rows()).estimated());
  CHECK(kv_quality(ModelKind::dense, TensorType::q4_0, TensorType::q4_0, 262144, rows()).estimated());
}

TEST_CASE("the loss of the cache adds to that of the weights") {
  Build build;
  build.quality = WeightQuality{0.01, QualityBasis::measured, "x"};
  Settings settings;
  settings.kv_k = settings.kv_v = TensorType::q4_0;
  const auto quality = quality_of(build, Model{}, settings, rows());
  REQUIRE(quality);
  CHECK(quality->mean_kld == Approx(0.01 + quality->kv.mean_kld));
  build.quality.reset();
  CHECK_FALSE(quality_of(build, Model{}, settings, rows()));
}

TEST_CASE("losses read in words, from identical to obvious drift") {
  CHECK(quality_words(0, rows()) == "identical");
  CHECK(quality_words(0.002, rows()) == "very close");
  CHECK(quality_words(0.017, rows()) == "typical 4 bit");
  CHECK(quality_words(0.28, rows()) == "obvious drift");
}
