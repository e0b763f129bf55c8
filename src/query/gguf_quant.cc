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

/// What decides which quant some tensors are.
struct TensorMix {
  Bytes bytes = 0;
  std::map<TensorType, std::uint64_t> elements;  ///< of the matrices of the blocks, by type
  double bits = 0;                               ///< bytes per element of all tensors

  explicit TensorMix(const std::vector<TypedTensor>& tensors) : bytes(total_bytes(tensors)) {
    std::uint64_t all = 0;
    for (const TypedTensor& t : tensors) {
      all = add(all, t.tensor.elements());
      if (t.tensor.block >= 0 && !t.tensor.f32()) {
        std::uint64_t& sum = elements[t.type];
        sum = add(sum, t.tensor.elements());
      }
    }
    bits = static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(all, 1));
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
  bool holds_main_type(const TensorMix& stock) const { return own_.elements.contains(stock.main_type()); }
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
  for (const auto& [row, basis] :
       {std::pair(contents.named, QuantBasis::name), std::pair(contents.stated, QuantBasis::metadata)}) {
    if (row == nullptr || !finder.may_be(*row)) continue;
    contents.quant = row;
    contents.basis = basis;
    return;
  }
  std::tie(contents.quant, contents.basis) = finder.by_tensors();
}

}  // namespace qwenfit
