#include "report/claim_words.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "advise/claims.h"
#include "report/format.h"

namespace qwenfit {
namespace {

std::string_view claim_code(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::too_fast:
      return "guide_too_fast";
    case ClaimVerdict::impossible:
      return "guide_impossible";
    case ClaimVerdict::too_slow:
      return "guide_too_slow";
    case ClaimVerdict::does_not_fit:
      return "guide_does_not_fit";
    case ClaimVerdict::needs_ram:
      return "guide_needs_ram";
    case ClaimVerdict::fits:
      return "guide_fits";
    case ClaimVerdict::agrees:
      break;
  }
  return "";
}

std::string claimed(const GuideClaim& claim) {
  if (claim.fits) return *claim.fits ? "that it fits" : "that it does not fit";
  const double low = *claim.low_tok_s;
  const double high = *claim.high_tok_s;
  return low == high ? fmt::format("{:g} tok/s", low) : fmt::format("{:g} to {:g} tok/s", low, high);
}

/// All that is missing, on every device.
std::string missing(const Estimate& e) {
  SignedBytes deficit = 0;
  for (const DeviceMemory& d : e.devices) deficit += std::min<SignedBytes>(d.free().value_or(0), 0);
  return short_gib(deficit) + " GiB";
}

std::string found(const ClaimCheck& check, const Answer& answer) {
  const Estimate& e = answer.estimate;
  switch (check.verdict) {
    case ClaimVerdict::too_fast:
    case ClaimVerdict::too_slow:
      return fmt::format("{} to {} is likely", estimated(e.speed->decode->low),
                         estimated(e.speed->decode->high));
    case ClaimVerdict::impossible:
      return fmt::format("reading its weights allows at most {}", estimated(e.speed->decode->ceiling_tok_s));
    case ClaimVerdict::does_not_fit:
      return fmt::format("it does not fit, {} are missing", missing(e));
    case ClaimVerdict::needs_ram:
      return "it fits only with a part in system RAM";
    case ClaimVerdict::fits:
      return "it does";
    case ClaimVerdict::agrees:
      break;
  }
  return "";
}

}  // namespace

std::vector<ClaimNote> claim_notes(const ModelAnswers& group, const Answer& shown) {
  std::vector<ClaimNote> notes = claim_notes(shown);
  const auto said = [&](const ClaimNote& note) {
    return std::any_of(notes.begin(), notes.end(), [&](const ClaimNote& n) { return n.claim == note.claim; });
  };
  for (const Answer* a = group.begin; a != group.end; ++a) {
    for (ClaimNote& note : claim_notes(*a)) {
      if (a == &shown || said(note)) continue;
      note.text = clean(a->build->quant_name) + ": " + note.text;
      notes.push_back(std::move(note));
    }
  }
  return notes;
}

std::vector<ClaimNote> claim_notes(const Answer& answer) {
  std::vector<ClaimNote> notes;
  for (const ClaimCheck& check : check_claims(answer)) {
    if (check.verdict == ClaimVerdict::agrees) continue;
    const GuideClaim& claim = *check.claim;
    notes.push_back({&claim, std::string(claim_code(check.verdict)),
                     fmt::format("the {} ({}) says {}: {}", clean(claim.guide), clean(claim.id),
                                 claimed(claim), found(check, answer))});
  }
  return notes;
}

}  // namespace qwenfit
