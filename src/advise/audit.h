#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// `impossible`: more than the memory's bandwidth allows, or a thing that does not exist.
enum class AuditVerdict : std::uint8_t { not_checkable, agrees, differs, impossible };
std::string_view audit_verdict_id(AuditVerdict verdict);

/// Why a figure is not ours; printers have the words.
enum class AuditReason : std::uint8_t {
  none,
  in_gib,           ///< the figure is right in GiB
  bits_per_weight,  ///< it counts fewer bits per weight than the file has (`detail`: ours, `claimed_detail`:
                    ///< its)
  never_released,
  depends_on_model,  ///< ours spans from one model to another (`names`)
  too_fast,
  too_slow,
  above_ceiling,  ///< `detail`: the ceiling
  no_fit,         ///< `detail`: GB missing
  needs_ram,
  fits_after_all,
  price_moved,  ///< `names`: date of our price
  unknown_price,
  smaller,
  larger,
  not_there,   ///< `names` do not exist
  other_pick,  ///< `names`: the machine that we would buy, and for which model
};

/// One figure of a claim beside ours.
struct AuditedFigure {
  std::string what;  ///< what it is of: `qwen3.5-27b q4_k_m on rtx3090`, `price of rtx3090`
  std::string unit;
  std::optional<double> claimed_low, claimed_high;
  std::optional<double> ours_low, ours_high;
  AuditVerdict verdict = AuditVerdict::not_checkable;
  AuditReason reason = AuditReason::none;
  double detail = 0, claimed_detail = 0;
  std::vector<std::string> names;
};

/// A row of the guides with all its figures checked; never empty.
struct AuditedClaim {
  const ClaimRow* row = nullptr;
  std::vector<AuditedFigure> figures;
  /// The worst of its figures; `not_checkable` only if none could be checked.
  AuditVerdict verdict() const;
};

/// A figure within this of ours agrees: guides round.
inline constexpr double kAuditTolerance = 0.05;

/// Every row of the guides, in the catalog's order.
std::vector<AuditedClaim> audit(Resolver& resolver);

}  // namespace qwenfit
