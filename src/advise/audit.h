#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

/// `qwenfit claims`: what buying guides say beside the calculation.
namespace qwenfit {

/// `impossible`: faster than the memory can be read, or on hardware that was never made. The order is that of
/// weight: of several figures the last verdict decides.
enum class AuditVerdict : std::uint8_t { agrees, not_checkable, differs, impossible };
std::string_view audit_verdict_id(AuditVerdict verdict);

/// Why a figure is not ours; printers have the words.
enum class AuditReason : std::uint8_t {
  none,
  in_gib,            ///< right in GiB
  bits_per_weight,   ///< fewer than the file has (`detail`: ours, `claimed_detail`: its)
  all_memory,        ///< all that is in use, not the file alone (`detail`)
  file_alone,        ///< nothing but the file is taken off the memory (`detail`: GiB of memory)
  never_released,    ///< the model, or all of `names`
  never_made,        ///< hardware; `names`: what is wrong with it
  depends_on_model,  ///< ours goes from one of `names` to the other
  too_fast,
  too_slow,
  above_ceiling,  ///< `detail`: the ceiling
  no_fit,         ///< `detail`: GB missing, or `names` do not fit
  needs_ram,
  fits_after_all,
  price_moved,  ///< `names`: date of our price
  unknown_price,
  smaller,
  larger,
  not_there,        ///< `names`
  larger_model,     ///< our pick runs one
  faster_machine,   ///< `detail`: its tok/s, `claimed_detail`: the guide's
  cheaper_machine,  ///< as fast
  other_machine,
  supply_too_small,  ///< `detail`: watts of the parts
  supply_tight,
  no_answer,  ///< `names`: why
  count
};
std::string_view audit_reason_id(AuditReason reason);

/// One figure of a claim beside ours.
struct AuditedFigure {
  std::string what;  ///< what it is of: `Qwen3.5-27B q4_k_m on rtx3090`, `price of rtx3090`
  std::string unit;
  std::optional<double> claimed_low = {}, claimed_high = {};  ///< a low end alone: so much or more
  std::optional<double> ours_low = {}, ours_high = {};
  std::optional<bool> claimed_fits = {}, ours_fits = {};
  AuditVerdict verdict = AuditVerdict::not_checkable;
  AuditReason reason = AuditReason::none;
  double detail = 0, claimed_detail = 0;
  std::vector<std::string> names = {};
};

/// A row of the guides with its figures, never none: what it is about first.
struct AuditedClaim {
  const ClaimRow* row = nullptr;
  std::vector<AuditedFigure> figures;

  /// The first of the figures that weigh most. A price mentioned aside decides nothing where none is known.
  const AuditedFigure& deciding() const;
  AuditVerdict verdict() const { return deciding().verdict; }
};

/// A figure within this of ours agrees: guides round.
inline constexpr double kAuditTolerance = 0.05;

AuditedClaim audit(const ClaimRow& row, Resolver& resolver);

}  // namespace qwenfit
