#pragma once

#include <string>

#include "advise/audit.h"

/// Words about a guide's figure, without line breaks.
namespace qwenfit {

/// `35`, `8 to 12`, `fits`, `-`: what the guide says, without its unit.
std::string claimed_cell(const ClaimRow& row);
/// The same of ours, from the first figure that has one.
std::string ours_cell(const AuditedClaim& claim);
/// Why a figure is not ours, or what it was compared with; a clause without a full stop.
std::string figure_words(const AuditedFigure& figure);
/// `figure_words` of the figures that decide the verdict, joined.
std::string why_words(const AuditedClaim& claim);
/// `agrees`, `differs`, `impossible`, `not checkable`.
std::string verdict_text(AuditVerdict verdict);

}  // namespace qwenfit
