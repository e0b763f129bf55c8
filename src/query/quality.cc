#include "query/quality.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace qwenfit {
namespace {

constexpr std::string_view kMetric = "mean_kld";
constexpr std::string_view kPlainCache = "f16";

std::string_view reference_protocol(ModelKind kind, const CatalogRows& rows) {
  for (const QualityProtocolRow& row : rows.quality_protocols) {
    if (row.kind == kind && row.reference) return row.id;
  }
  return {};
}

/// What a value of this row is worth in the reference protocol; none where the two share nothing.
std::optional<double> scaled(const QualityRow& row, ModelKind kind, const CatalogRows& rows) {
  for (const QualityProtocolRow& protocol : rows.quality_protocols) {
    if (protocol.kind == kind && protocol.id == row.protocol && protocol.factor)
      return row.value * *protocol.factor;
  }
  return std::nullopt;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The level of these bits, else of the next fewer known, so that more bits never look worse; below all known
/// ones the lowest.
std::optional<double> by_bits(ModelKind kind, std::uint32_t bits, const CatalogRows& rows) {
  const QualityLevelRow* best = nullptr;
  std::uint32_t best_bits = 0;
  for (const QualityLevelRow& row : rows.quality_levels) {
    if (row.kind != kind || row.of != "weights") continue;
    std::uint32_t row_bits = 0;
    std::from_chars(row.name.data(), row.name.data() + row.name.size(), row_bits);
    const bool nearer = row_bits <= bits ? best_bits > bits || row_bits > best_bits
                                         : best_bits > bits && row_bits < best_bits;
    if (best != nullptr && !nearer) continue;
    best = &row;
    best_bits = row_bits;
  }
  return best == nullptr ? std::nullopt : std::optional(best->mean_kld);
}

}  // namespace

std::optional<WeightQuality> weight_quality(const ModelRow& model, const QuantRow& quant,
                                            std::string_view publisher, const Catalog& catalog) {
  const CatalogRows& rows = catalog.rows();
  const std::string_view protocol = reference_protocol(model.kind, rows);
  std::vector<double> own_reference;
  std::vector<double> own;
  std::vector<double> same_publisher;
  std::vector<double> others;
  for (const QualityRow& row : rows.quality) {
    if (row.quant != quant.id || row.metric != kMetric || row.kv != kPlainCache) continue;
    const ModelRow* measured = catalog.model_by_id(row.model);
    if (measured == nullptr || measured->kind != model.kind) continue;
    const auto value = scaled(row, model.kind, rows);
    if (!value) continue;
    const bool by_them = !publisher.empty() && row.publisher == publisher;
    if (row.model == model.id && by_them && row.protocol == protocol) own_reference.push_back(*value);
    (row.model == model.id && by_them ? own : by_them ? same_publisher : others).push_back(*value);
  }
  // Nothing that was converted is set beside what the reference protocol measured itself.
  if (!own_reference.empty()) own = std::move(own_reference);
  if (const auto value = median(std::move(own)))
    return WeightQuality{*value, QualityBasis::measured, protocol};
  if (const auto value = median(same_publisher.empty() ? std::move(others) : std::move(same_publisher)))
    return WeightQuality{*value, QualityBasis::same_quant, protocol};
  if (const auto value = by_bits(model.kind, quant.bits, rows))
    return WeightQuality{*value, QualityBasis::bits, protocol};
  return std::nullopt;
}

}  // namespace qwenfit
