#include "report/explain_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "advise/quality.h"
#include "report/advice_words.h"
#include "report/explain_lines.h"
#include "report/format.h"

namespace qwenfit {
namespace {

/// `Q4_K_M of Qwen3.5-27B by unsloth`.
std::string file_words(const QualityRow& row, const Catalog& catalog) {
  const QuantRow* quant = catalog.quant_by_id(row.quant);
  const ModelRow* model = catalog.model_by_id(row.model);
  const std::string by = row.publisher.empty() ? "" : fmt::format(" by {}", row.publisher);
  return fmt::format("{} of {}{}", quant != nullptr ? quant->name : row.quant,
                     model != nullptr ? model->name : row.model, by);
}

/// ` (0.01 to 0.02)`; empty where they read alike.
std::string range_words(const WeightQuality& quality) {
  const std::string least = kld_words(quality.least);
  const std::string most = kld_words(quality.most);
  return least == most ? "" : fmt::format(" ({} to {})", least, most);
}

std::string figures_words(const WeightQuality& quality, const Catalog& catalog) {
  const std::string file = file_words(*quality.row, catalog);
  if (quality.rows > 1) {
    const bool foreign = quality.basis == QualityBasis::other_kind;  // the range follows once translated
    return fmt::format("median of {} published figures{}, such as {}", quality.rows,
                       foreign ? "" : range_words(quality), file);
  }
  return fmt::format("published: {} nats for {}", kld_words(quality.row->value), file);
}

std::string level_words(const QualityLevelRow& level) {
  const char* how = level.estimate ? "estimated" : "usual";
  return level.of == "quant" ? fmt::format("{} loss of {}", how, level.name)
                             : fmt::format("nothing published; {} loss of {} bits", how, level.name);
}

/// How the loss of the weights came about, one step after the other.
std::string weights_rule(const WeightQuality& quality, const Catalog& catalog) {
  std::string rule = quality.row != nullptr     ? figures_words(quality, catalog)
                     : quality.level != nullptr ? level_words(*quality.level)
                                                : "";
  if (quality.basis == QualityBasis::other_kind) {
    rule += fmt::format(
        "; of another kind of model, translated to {}{} by files of one publisher that were measured in both",
        kld_words(quality.found), range_words(quality));
  } else if (quality.row != nullptr && quality.rows == 1 && quality.row->protocol != quality.protocol) {
    rule += fmt::format("; {} on the scale of protocol {}", kld_words(quality.found), quality.protocol);
  }
  if (quality.mean_kld != quality.found) {
    rule += fmt::format("; held to {}, as more bits lose no more", kld_words(quality.mean_kld));
  }
  return rule;
}

std::string_view weights_source(const WeightQuality& quality) {
  if (quality.row != nullptr) return quality.row->source;
  return quality.level != nullptr ? quality.level->source : std::string_view();
}

std::string level_at(const QualityLevelRow& level) {
  const std::string at = level.context ? fmt::format(" at {} tokens", grouped(*level.context)) : "";
  return fmt::format("{}{}{}", kld_words(level.mean_kld), at, level.estimate ? " (estimate)" : "");
}

std::string cache_rule(const KvQuality& kv) {
  if (kv.below != nullptr && kv.above != nullptr && kv.below->context)
    return fmt::format("{}: between {} and {}", kv.below->name, level_at(*kv.below), level_at(*kv.above));
  const QualityLevelRow* row = kv.below != nullptr ? kv.below : kv.above;
  return row != nullptr ? fmt::format("{}: {}", row->name, level_at(*row)) : "";
}

/// Of the rows around the context, each once.
std::vector<std::string_view> cache_sources(const KvQuality& kv) {
  std::vector<std::string_view> sources;
  for (const QualityLevelRow* row : {kv.below, kv.above}) {
    if (row != nullptr && std::find(sources.begin(), sources.end(), row->source) == sources.end())
      sources.push_back(row->source);
  }
  return sources;
}

void print_cache(std::ostream& out, const Answer& answer, const KvQuality& kv, std::size_t width) {
  const Settings& s = answer.settings;
  std::string types(tensor_type(s.kv_k).id);
  if (s.kv_v != s.kv_k) types += fmt::format(" and {}", tensor_type(s.kv_v).id);
  print_amount(out, fmt::format("KV cache {} with {} tokens in it", types, grouped(s.context)), 2, "",
               kld_words(kv.mean_kld), width);
  if (kv.mean_kld <= 0) return;
  print_derivation(out, "=", cache_rule(kv), width);
  for (const std::string_view source : cache_sources(kv)) print_derivation(out, "from", source, width);
}

}  // namespace

void print_quality(std::ostream& out, const Answer& answer, const Catalog& catalog, std::size_t width) {
  out << '\n';
  const CatalogRows& rows = catalog.rows();
  const auto quality = quality_of(*answer.build, answer.subject->model, answer.settings, rows);
  if (!quality) {
    out << "Quality: not known\n";
    return;
  }
  print_amount(out, "Quality, mean KL divergence from the original", 0, "", "nats", width);
  print_amount(out, "weights", 2, "", kld_words(quality->weights.mean_kld), width);
  print_derivation(out, "=", weights_rule(quality->weights, catalog), width);
  print_derivation(out, "from", weights_source(quality->weights), width);
  print_cache(out, answer, quality->kv, width);
  print_amount(out, "total", 2, "", kld_words(quality->mean_kld), width);
  out << wrapped(
      fmt::format("  reads as {}; values compare only for one kind of model", clean(quality->words)), width,
      4);
}

void write_quality_parts(JsonWriter& w, const Answer& answer, const Catalog& catalog) {
  w.key("quality_parts");
  const auto quality = quality_of(*answer.build, answer.subject->model, answer.settings, catalog.rows());
  if (!quality) return w.value(nullptr);
  const WeightQuality& weights = quality->weights;
  const bool published = weights.row != nullptr;
  w.begin_object();
  w.key("weights");
  w.begin_object();
  w.field("mean_kld", weights.mean_kld);
  w.field("found_kld", weights.found);
  w.field("rule", weights_rule(weights, catalog));
  w.field("figures", weights.rows);
  w.field("least_kld", published ? std::optional(weights.least) : std::nullopt);
  w.field("most_kld", published ? std::optional(weights.most) : std::nullopt);
  w.text_or_null("source", weights_source(weights));
  w.end_object();
  w.key("kv_cache");
  w.begin_object();
  w.field("mean_kld", quality->kv.mean_kld);
  w.text_or_null("rule", cache_rule(quality->kv));
  w.field("estimated", quality->kv.estimated());
  w.key("sources");
  w.begin_array();
  for (const std::string_view source : cache_sources(quality->kv)) w.value(source);
  w.end_array();
  w.end_object();
  w.field("mean_kld", quality->mean_kld);
  w.end_object();
}

}  // namespace qwenfit
