#include "query/gguf_quant.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/mixture.h"
#include "query/file_names.h"

namespace qwenfit {
namespace {

/// Publishers give the same name to mixtures of their own, which differ in size by up to this share.
constexpr double kOwnMixtureShare = 0.35;
/// A file is of no quant whose main type has less than this share of it.
constexpr double kMainShare = 0.2;

/// What decides which quant some tensors are: the matrices of the blocks, as publishers keep the embedding
/// and the output in types of their own.
struct TensorMix {
  Bytes bytes = 0;                               ///< of all tensors
  std::map<TensorType, std::uint64_t> elements;  ///< of the matrices, by type
  std::uint64_t all = 0;                         ///< of the matrices
  double bits = 0;                               ///< bytes per element of the matrices

  explicit TensorMix(const std::vector<TypedTensor>& tensors) : bytes(total_bytes(tensors)) {
    Bytes matrices = 0;
    for (const TypedTensor& t : tensors) {
      if (t.tensor.block < 0 || t.tensor.f32()) continue;
      std::uint64_t& sum = elements[t.type];
      sum = add(sum, t.tensor.elements());
      all = add(all, t.tensor.elements());
      matrices = add(matrices, t.bytes());
    }
    bits = static_cast<double>(matrices) / static_cast<double>(std::max<std::uint64_t>(all, 1));
  }

  double share_of(TensorType type) const {
    const auto found = elements.find(type);
    return found == elements.end() ? 0 : static_cast<double>(found->second) / static_cast<double>(all);
  }

  /// The type of most of it.
  TensorType main_type() const {
    const auto most = std::max_element(elements.begin(), elements.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == elements.end() ? TensorType::f32 : most->first;
  }
};

class QuantFinder {
 public:
  QuantFinder(const Catalog& catalog, const GgufModel& model)
      : catalog_(catalog), model_(model), own_(model.tensors) {}

  const QuantRow* stated() const {
    for (const QuantRow& row : catalog_.rows().quants) {
      if (model_.file_type && row.file_type && *row.file_type == *model_.file_type) return &row;
    }
    return nullptr;
  }

  /// What a name or the metadata say may be.
  bool may_be(const QuantRow& row) const {
    if (!row.mixture) return false;
    const TensorMix stock = mix(row, false);
    // A publisher's own mixture may have none of the stock one's types.
    return (!row.mixture_exact || holds_main_type(stock)) && share_apart(stock) <= kOwnMixtureShare;
  }

  /// Of what the name and the metadata say, where both may be: a stock quant that fits worse than the other
  /// is a slip in the name.
  bool fits_better(const QuantRow& stated, const QuantRow& named) const {
    return named.mixture_exact && share_apart(mix(stated, false)) < share_apart(mix(named, false));
  }

  /// By the tensors alone: the one with these bytes, else the nearest of those whose main type is among them.
  std::pair<const QuantRow*, QuantBasis> by_tensors() const {
    const QuantRow* nearest = nullptr;
    std::pair<bool, double> least;
    for (const QuantRow& row : catalog_.rows().quants) {
      if (row.format != "gguf" || !row.mixture || !row.mixture_exact ||
          (row.moe_only && !model_.shape.is_moe()))
        continue;
      const TensorMix stock = mix(row, false);
      const bool missing = !holds_main_type(stock);
      if (!missing && (stock.bytes == own_.bytes || mix(row, true).bytes == own_.bytes))
        return {&row, QuantBasis::tensors};
      const std::pair apart(missing, share_apart(stock));
      if (nearest != nullptr && apart >= least) continue;
      least = apart;
      nearest = &row;
    }
    return {nearest, QuantBasis::nearest};
  }

 private:
  TensorMix mix(const QuantRow& row, bool importance_matrix) const {
    return TensorMix(typed_tensors(model_.shape, *row.mixture, model_.has_mtp_block, importance_matrix));
  }
  bool holds_main_type(const TensorMix& stock) const {
    return own_.share_of(stock.main_type()) >= kMainShare;
  }
  double share_apart(const TensorMix& stock) const {
    return stock.bits > 0 ? std::abs(own_.bits / stock.bits - 1) : HUGE_VAL;
  }

  const Catalog& catalog_;
  const GgufModel& model_;
  TensorMix own_;
};

}  // namespace

void find_quant(const std::string& stem, const Catalog& catalog, GgufContents& contents) {
  const QuantFinder finder(catalog, contents.model);
  contents.named = quant_in(stem, catalog);
  contents.stated = finder.stated();
  const auto possible = [&](const QuantRow* row) {
    return row != nullptr && finder.may_be(*row) ? row : nullptr;
  };
  const QuantRow* named = possible(contents.named);
  const QuantRow* stated = possible(contents.stated);
  if (named != nullptr && stated != nullptr && finder.fits_better(*stated, *named)) named = nullptr;
  if (named != nullptr)
    std::tie(contents.quant, contents.basis) = std::pair(named, QuantBasis::name);
  else if (stated != nullptr)
    std::tie(contents.quant, contents.basis) = std::pair(stated, QuantBasis::metadata);
  else
    std::tie(contents.quant, contents.basis) = finder.by_tensors();
}

}  // namespace qwenfit
