#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// A quant as asked for; without a publisher the usual order decides.
struct QuantChoice {
  const QuantRow* quant = nullptr;
  std::string publisher;  ///< lower case, empty when not named
};

/// The quants a query names.
struct QuantWish {
  enum class Kind : std::uint8_t { offered, all, named };
  Kind kind = Kind::offered;
  std::vector<QuantChoice> named;  ///< each once, largest first
  bool mtp = false;                ///< files must have the MTP block
  Names formats;                   ///< formats of `--runtime`; empty when the runtime was not named
  std::string runtime;             ///< id of it
};
Result<QuantWish> parse_quants(const Query& query, const Catalog& catalog);

/// The choices to answer for one model: the named ones, or those offered or known for it, largest first.
std::vector<QuantChoice> choices_for(const QuantWish& wish, const ModelRow& model, const Catalog& catalog);

}  // namespace qwenfit
