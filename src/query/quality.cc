#include "query/quality.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace qwenfit {
namespace {

constexpr std::string_view kMetric = "mean_kld";
constexpr std::string_view kPlainCache = "f16";
constexpr std::string_view kOrderedFormat = "gguf";

ModelKind other(ModelKind kind) {
  return kind == ModelKind::dense ? ModelKind::moe : ModelKind::dense;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// `q4_k_` of `q4_k_m`: files of one stem differ in how much of them has more bits. Empty: no such name.
std::string_view stem(std::string_view quant) {
  constexpr std::array<std::string_view, 6> kSizes = {"xl", "l", "m", "s", "xs", "xxs"};
  const std::size_t at = quant.rfind('_');
  if (at == std::string_view::npos) return {};
  const bool known = std::find(kSizes.begin(), kSizes.end(), quant.substr(at + 1)) != kSizes.end();
  return known ? quant.substr(0, at + 1) : std::string_view();
}

}  // namespace

WeightLosses::WeightLosses(const Catalog& catalog) : catalog_(catalog) {
  const CatalogRows& rows = catalog.rows();
  for (const QualityProtocolRow& row : rows.quality_protocols) {
    if (row.reference) kinds_[static_cast<std::size_t>(row.kind)].reference = row.id;
  }
  const ModelRow* model = nullptr;
  for (const QualityRow& row : rows.quality) {
    if (row.metric != kMetric || row.kv != kPlainCache) continue;
    // Rows of one model follow one another.
    if (model == nullptr || model->id != row.model) model = catalog.model_by_id(row.model);
    if (model == nullptr) continue;
    for (const QualityProtocolRow& protocol : rows.quality_protocols) {
      if (protocol.kind != model->kind || protocol.id != row.protocol || !protocol.factor) continue;
      const bool known = row.publisher.empty() ||
                         std::any_of(rows.builds.begin(), rows.builds.end(),
                                     [&](const BuildRow& b) { return b.publisher == row.publisher; });
      kinds_[static_cast<std::size_t>(model->kind)].figures.push_back(
          {&row, row.value * *protocol.factor, protocol.reference, !known});
    }
  }
  for (const QualityLevelRow& row : rows.quality_levels) {
    Kind& k = kinds_[static_cast<std::size_t>(row.kind)];
    if (row.of == "quant") k.quants.push_back(&row);
    if (row.of != "weights") continue;
    Level level{0, &row};
    std::from_chars(row.name.data(), row.name.data() + row.name.size(), level.bits);
    k.levels.push_back(level);
  }
  for (Kind& k : kinds_) {
    std::stable_sort(k.figures.begin(), k.figures.end(),
                     [](const Figure& a, const Figure& b) { return a.row->quant < b.row->quant; });
    std::sort(k.levels.begin(), k.levels.end(),
              [](const Level& a, const Level& b) { return a.bits > b.bits; });
  }
  for (const Figure& dense : kind(ModelKind::dense).figures) {
    for (const Figure& moe : figures(ModelKind::moe, dense.row->quant)) {
      const bool same = dense.reference && moe.reference && dense.row->publisher == moe.row->publisher;
      if (same && dense.value > 0 && moe.value > 0) pairs_.push_back({{dense.value, moe.value}});
    }
  }
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) { return a.loss < b.loss; });
  for (std::size_t i = 1; i < pairs_.size(); ++i) {
    double& loss = pairs_[i].loss.back();
    loss = std::max(loss, pairs_[i - 1].loss.back());
  }
}

std::span<const WeightLosses::Figure> WeightLosses::figures(ModelKind k, std::string_view quant) const {
  const auto& all = kind(k).figures;
  const auto first =
      std::partition_point(all.begin(), all.end(), [&](const Figure& f) { return f.row->quant < quant; });
  const auto last =
      std::partition_point(first, all.end(), [&](const Figure& f) { return f.row->quant == quant; });
  return {first, last};
}

/// The median of the nearest figures that there are of a quant in models of a kind.
std::optional<WeightQuality> WeightLosses::published(const ModelRow& model, ModelKind k,
                                                     std::string_view quant,
                                                     std::string_view publisher) const {
  // Of this very file, nothing that was converted is set beside what the reference protocol measured.
  enum { own_reference, own, same_publisher, others };
  std::array<std::vector<double>, 4> values;
  std::array<const QualityRow*, 4> first{};
  for (const Figure& f : figures(k, quant)) {
    const bool by_them = !publisher.empty() && f.row->publisher == publisher;
    const bool of_it = by_them && f.row->model == model.id;
    if (f.own_recipe && !by_them) continue;
    const std::size_t rank = of_it ? (f.reference ? own_reference : own) : by_them ? same_publisher : others;
    values[rank].push_back(f.value);
    if (first[rank] == nullptr) first[rank] = f.row;
  }
  for (std::size_t rank = 0; rank < values.size(); ++rank) {
    const auto value = median(values[rank]);
    if (!value) continue;
    const QualityBasis basis = rank <= own ? QualityBasis::measured : QualityBasis::same_quant;
    const auto [least, most] = std::minmax_element(values[rank].begin(), values[rank].end());
    return WeightQuality{*value,
                         basis,
                         kind(k).reference,
                         *value,
                         static_cast<std::uint32_t>(values[rank].size()),
                         first[rank],
                         nullptr,
                         *least,
                         *most};
  }
  return std::nullopt;
}

std::optional<WeightQuality> WeightLosses::level_of(ModelKind k, std::string_view quant) const {
  for (const QualityLevelRow* row : kind(k).quants) {
    if (row->name == quant)
      return WeightQuality{
          row->mean_kld, QualityBasis::same_quant, kind(k).reference, row->mean_kld, 0, nullptr, row};
  }
  return std::nullopt;
}

/// The level of these bits, else of the next fewer known; below all known ones the lowest.
std::optional<WeightQuality> WeightLosses::by_bits(ModelKind k, std::uint32_t bits) const {
  const auto& levels = kind(k).levels;
  if (levels.empty()) return std::nullopt;
  const auto found =
      std::find_if(levels.begin(), levels.end(), [&](const Level& level) { return level.bits <= bits; });
  const QualityLevelRow* row = found == levels.end() ? levels.back().row : found->row;
  return WeightQuality{row->mean_kld, QualityBasis::bits, kind(k).reference, row->mean_kld, 0, nullptr, row};
}

/// What files of one publisher lose in the one kind of model where they lose this much in the other: between
/// the files that were measured in both, and in proportion beyond them.
double WeightLosses::translated(double loss, ModelKind from, ModelKind to) const {
  const auto in = static_cast<std::size_t>(from);
  const auto out = static_cast<std::size_t>(to);
  if (pairs_.empty() || loss <= 0) return loss;
  const auto above =
      std::partition_point(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.loss[in] < loss; });
  if (above == pairs_.begin() || above == pairs_.end()) {
    const Pair& end = above == pairs_.end() ? pairs_.back() : pairs_.front();
    return loss * end.loss[out] / end.loss[in];
  }
  const Pair& a = *(above - 1);
  const Pair& b = *above;
  const double place = std::log(loss / a.loss[in]) / std::log(b.loss[in] / a.loss[in]);
  return a.loss[out] * std::pow(b.loss[out] / a.loss[out], place);
}

std::optional<WeightQuality> WeightLosses::found(const ModelRow& model, const QuantRow& quant,
                                                 std::string_view publisher) const {
  const ModelKind mine = model.kind;
  const ModelKind theirs = other(mine);
  if (auto own = published(model, mine, quant.id, publisher)) return own;
  if (auto own = level_of(mine, quant.id)) return own;
  auto foreign = published(model, theirs, quant.id, publisher);
  if (!foreign) foreign = level_of(theirs, quant.id);
  if (!foreign || pairs_.empty()) return by_bits(mine, quant.bits);
  for (double* loss : {&foreign->found, &foreign->least, &foreign->most})
    *loss = translated(*loss, theirs, mine);
  foreign->mean_kld = foreign->found;
  foreign->basis = QualityBasis::other_kind;
  foreign->protocol = kind(mine).reference;
  return foreign;
}

/// Held between the larger and the smaller mixtures of the same bits of which something was published.
double WeightLosses::among_mixtures(double loss, bool is_level, const ModelRow& model, const QuantRow& quant,
                                    std::string_view publisher) const {
  const std::string_view mine = stem(quant.id);
  if (mine.empty()) return loss;
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
  for (const QuantRow& sibling : catalog_.rows().quants) {
    if (sibling.id == quant.id || !sibling.id.starts_with(mine) || stem(sibling.id) != mine) continue;
    const auto known = found(model, sibling, publisher);
    if (!known || known->basis == QualityBasis::bits) continue;
    if (sibling.order < quant.order) {
      least = std::max(least, known->mean_kld);
    } else {
      most = std::min(most, known->mean_kld);
    }
  }
  // Of two that were published and contradict each other, the smaller one gives way.
  return std::max(is_level ? std::min(loss, most) : loss, least);
}

/// Held halfway, on a logarithmic scale, to the levels of more and of fewer bits.
double WeightLosses::among_bits(double loss, ModelKind k, std::uint32_t bits) const {
  const auto& levels = kind(k).levels;
  auto at =
      std::find_if(levels.begin(), levels.end(), [&](const Level& level) { return level.bits <= bits; });
  if (levels.empty()) return loss;
  if (at == levels.end()) --at;
  const auto halfway = [](const Level& a, const Level& b) {
    return std::sqrt(a.row->mean_kld * b.row->mean_kld);
  };
  const double least = at == levels.begin() ? 0 : halfway(*(at - 1), *at);
  const double most =
      at + 1 == levels.end() ? std::numeric_limits<double>::infinity() : halfway(*at, *(at + 1));
  return std::clamp(loss, least, most);
}

std::optional<WeightQuality> WeightLosses::of(const ModelRow& model, const QuantRow& quant,
                                              std::string_view publisher) const {
  auto quality = found(model, quant, publisher);
  if (!quality || quant.format != kOrderedFormat) return quality;
  const bool stands =
      quality->basis == QualityBasis::measured && quality->row->protocol == kind(model.kind).reference;
  if (stands) return quality;
  const double loss =
      among_mixtures(quality->mean_kld, quality->basis == QualityBasis::bits, model, quant, publisher);
  quality->mean_kld = among_bits(loss, model.kind, quant.bits);
  return quality;
}

}  // namespace qwenfit
