#include "advise/claims.h"

#include <algorithm>
#include <optional>

namespace qwenfit {
namespace {

/// Contexts that guides have in mind when they name no other.
constexpr Tokens kShortContext = 32768;

/// Guides round: a figure this close to the range is within it.
constexpr double kRounding = 1.05;

bool as_guides_mean(const Settings& s) {
  const ForcedPlacement& forced = s.forced;
  return s.parallel == 1 && !s.mtp && !s.vision && s.context <= kShortContext && s.depth <= kDefaultContext &&
         !forced.gpu_layers && !forced.cpu_moe_layers && forced.tensor_split.empty();
}

ClaimVerdict check_fit(bool said_to_fit, Verdict verdict) {
  if (!said_to_fit) return is_on_devices(verdict) ? ClaimVerdict::fits : ClaimVerdict::agrees;
  if (verdict == Verdict::no_fit) return ClaimVerdict::does_not_fit;
  return verdict == Verdict::offload ? ClaimVerdict::needs_ram : ClaimVerdict::agrees;
}

ClaimVerdict check_speed(const GuideClaim& claim, const Estimate& e) {
  if (e.verdict == Verdict::no_fit) return ClaimVerdict::does_not_fit;
  if (!e.speed || !e.speed->decode) return ClaimVerdict::agrees;
  const Rate& ours = *e.speed->decode;
  if (ours.ceiling_tok_s > 0 && *claim.low_tok_s > ours.ceiling_tok_s * kRounding)
    return ClaimVerdict::impossible;
  if (*claim.low_tok_s > ours.high * kRounding) return ClaimVerdict::too_fast;
  return *claim.high_tok_s * kRounding < ours.low ? ClaimVerdict::too_slow : ClaimVerdict::agrees;
}

}  // namespace

ClaimVerdict check_claim(const GuideClaim& claim, const Estimate& estimate) {
  if (claim.fits) return check_fit(*claim.fits, estimate.verdict);
  return claim.low_tok_s && claim.high_tok_s ? check_speed(claim, estimate) : ClaimVerdict::agrees;
}

std::vector<ClaimCheck> check_claims(const Answer& answer) {
  std::vector<ClaimCheck> checks;
  if (!as_guides_mean(answer.settings)) return checks;
  for (const GuideClaim& claim : answer.subject->claims) {
    const auto& quants = claim.quants;
    if (std::find(quants.begin(), quants.end(), answer.build->quant_id) == quants.end()) continue;
    checks.push_back({&claim, check_claim(claim, answer.estimate)});
  }
  return checks;
}

}  // namespace qwenfit
