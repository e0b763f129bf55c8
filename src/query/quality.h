#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/quality.h"

namespace qwenfit {

/// What the weights of builds lose, from what the catalog knows. Points into the catalog.
class WeightLosses {
 public:
  explicit WeightLosses(const Catalog& catalog);

  /// None where the catalog says nothing about it. `publisher` is empty when it is not known. What the
  /// reference protocol measured of this very build stands; anything else is held to the order of the quants:
  /// a GGUF file of more bits, or of the same bits and a larger mixture, never loses more.
  std::optional<WeightQuality> of(const ModelRow& model, const QuantRow& quant,
                                  std::string_view publisher) const;

 private:
  /// A published mean KL divergence in the reference protocol of its kind of model.
  struct Figure {
    const QualityRow* row = nullptr;
    double value = 0;
    bool reference = false;  ///< measured in the reference protocol, not converted to it
    bool own_recipe =
        false;  ///< of a publisher whose files the catalog does not have: says nothing of others
  };
  struct Level {
    std::uint32_t bits = 0;
    const QualityLevelRow* row = nullptr;
  };
  struct Kind {
    std::string_view reference;
    std::vector<Figure> figures;  ///< by quant
    std::vector<Level> levels;    ///< most bits first
    std::vector<const QualityLevelRow*> quants;
  };
  /// The losses of one file in both kinds of model.
  struct Pair {
    std::array<double, 2> loss{};
  };

  std::span<const Figure> figures(ModelKind kind, std::string_view quant) const;
  std::optional<WeightQuality> published(const ModelRow& model, ModelKind kind, std::string_view quant,
                                         std::string_view publisher) const;
  std::optional<WeightQuality> level_of(ModelKind kind, std::string_view quant) const;
  std::optional<WeightQuality> by_bits(ModelKind kind, std::uint32_t bits) const;
  std::optional<WeightQuality> found(const ModelRow& model, const QuantRow& quant,
                                     std::string_view publisher) const;
  double translated(double loss, ModelKind from, ModelKind to) const;
  double among_mixtures(double loss, bool is_level, const ModelRow& model, const QuantRow& quant,
                        std::string_view publisher) const;
  double among_bits(double loss, ModelKind kind, std::uint32_t bits) const;
  const Kind& kind(ModelKind k) const { return kinds_[static_cast<std::size_t>(k)]; }

  const Catalog& catalog_;
  std::array<Kind, 2> kinds_;
  std::vector<Pair> pairs_;  ///< least loss first, in both
};

}  // namespace qwenfit
