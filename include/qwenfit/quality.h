#pragma once

#include <cstdint>
#include <string_view>

namespace qwenfit {

struct QualityRow;
struct QualityLevelRow;

/// What a figure of quality rests on, nearest first: measurements of this model, quant and publisher; of this
/// quant of another model of the same kind, or by another publisher; of this quant of models of the other
/// kind, by what files of one publisher lose in both; the usual loss of so many bits.
enum class QualityBasis : std::uint8_t { measured, same_quant, other_kind, bits, count };
std::string_view quality_basis_id(QualityBasis basis);

/// What quantized weights lose against the original: the mean KL divergence of the next token, in nats, on
/// the scale of the reference protocol of the model's kind. Values of two kinds of model do not compare.
struct WeightQuality {
  double mean_kld = 0;
  QualityBasis basis = QualityBasis::bits;
  std::string_view protocol;               ///< the reference protocol
  double found = 0;                        ///< before it was held to its place among the other quants
  std::uint32_t rows = 0;                  ///< published figures that it is the median of; 0: see `level`
  const QualityRow* row = nullptr;         ///< one of those figures
  const QualityLevelRow* level = nullptr;  ///< the usual loss where nothing was published
  double least = 0, most = 0;              ///< of those figures, as `found`
};

}  // namespace qwenfit
