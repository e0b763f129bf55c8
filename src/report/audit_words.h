#pragma once

#include <string>

#include "advise/audit.h"

/// Words about a guide's figure, without line breaks.
namespace qwenfit {

/// `35 tok/s`, `8 to 12 tok/s`, `32,768 tokens or more`, `fits`; empty where the claim has no figure.
std::string claimed_words(const AuditedFigure& figure);
/// The same of ours.
std::string calculated_words(const AuditedFigure& figure);
/// Why a figure is not ours, or what it was compared with; a clause without a full stop.
std::string figure_words(const AuditedFigure& figure);
/// `figure_words` of the figures that do not agree, what weighs most first, or of all where all do; at most
/// `most` of them.
std::string audit_words(const AuditedClaim& claim, std::size_t most = static_cast<std::size_t>(-1));
/// `agrees`, `differs`, `impossible`, `not checkable`.
std::string verdict_text(AuditVerdict verdict);

}  // namespace qwenfit
