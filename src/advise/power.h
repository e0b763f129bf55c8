#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// Where watts come from: measured for every device; or, for some, what somebody stated without telling the
/// meter, or the share of the rated power that other cards take.
enum class PowerBasis : std::uint8_t { measured, stated, rated_share };
std::string_view power_basis_id(PowerBasis basis);

/// What a machine draws from the wall while it decodes.
struct PowerUse {
  double watts = 0;
  double host_watts = 0;  ///< of which a desktop computer around the cards; 0 for a whole computer
  PowerBasis basis = PowerBasis::measured;
  bool peak = false;        ///< some figure is the highest of a run, not its average
  bool other_kind = false;  ///< some figure is of a model of the other kind, dense or MoE
  /// The processor computes a part of the model, and what it draws for that is not counted: nobody measured
  /// it.
  bool without_cpu = false;
  std::vector<std::string_view> sources;
};

/// None where a device has neither a measurement nor a rated power.
std::optional<PowerUse> decode_power(const Machine& machine, ModelKind kind, const CatalogRows& rows);

/// What a card was seen to draw for an instant, at most, of its rated power; 0 where nobody measured it.
double measured_excursion(const CatalogRows& rows);

/// Energy of a million tokens at a decode speed, in kWh.
double kwh_per_million_tokens(double watts, double tok_s);

}  // namespace qwenfit
