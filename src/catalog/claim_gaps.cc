#include "catalog/claim_gaps.h"

namespace qwenfit {
namespace {

/// What the check of a claim's kind reads of its row.
enum ClaimNeed : unsigned {
  kNeedsModels = 1,
  kNeedsQuants = 2,
  kNeedsMachines = 4,
  kNeedsNames = 8,
  kNeedsFigure = 16,
  kNeedsContext = 32,
  kNeedsSize = 64,
  kNeedsPrice = 128,
  kNeedsBuild = kNeedsModels | kNeedsQuants,
  kNeedsSetUp = kNeedsBuild | kNeedsMachines
};

unsigned needs_of(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::set_up:
    case ClaimKind::two_cards:
      return kNeedsSetUp;
    case ClaimKind::file_size:
      return kNeedsBuild | kNeedsFigure;
    case ClaimKind::kv_cache:
      return kNeedsContext | kNeedsFigure;
    case ClaimKind::kv_against_qwen3:
      return kNeedsModels | kNeedsNames | kNeedsContext | kNeedsFigure;
    case ClaimKind::memory_against_qwen3:
      return kNeedsBuild | kNeedsNames | kNeedsFigure;
    case ClaimKind::vision_size:
    case ClaimKind::max_context:
      return kNeedsFigure;
    case ClaimKind::context_on_device:
    case ClaimKind::spare:
      return kNeedsSetUp | kNeedsFigure;
    case ClaimKind::faster:
    case ClaimKind::slower:
      return kNeedsSetUp | kNeedsNames | kNeedsFigure;
    case ClaimKind::bandwidth:
    case ClaimKind::power_supply:
      return kNeedsMachines | kNeedsFigure;
    case ClaimKind::price:
      return kNeedsMachines | kNeedsPrice;
    case ClaimKind::budget_pick:
      return kNeedsModels | kNeedsMachines;
    case ClaimKind::load_time:
      return kNeedsNames | kNeedsSize | kNeedsFigure;
    case ClaimKind::ollama_tags:
    case ClaimKind::runtimes:
      return kNeedsNames;
    case ClaimKind::runtime_quants:
      return kNeedsNames | kNeedsQuants;
    case ClaimKind::published_quants:
      return kNeedsBuild;
    case ClaimKind::upgrade:
      return kNeedsSetUp | kNeedsNames;
  }
  return 0;
}

}  // namespace

std::vector<ClaimGap> claim_gaps(const ClaimRow& row) {
  const unsigned needs = needs_of(row.kind);
  std::vector<ClaimGap> gaps;
  const auto need = [&](ClaimNeed what, bool there, std::string_view pointer, std::string_view words) {
    if ((needs & what) != 0 && !there) gaps.push_back({pointer, words});
  };
  need(kNeedsModels, !row.models.empty(), "/models", "a model");
  need(kNeedsQuants, !row.quants.empty(), "/quants", "a quant");
  need(kNeedsMachines, !row.machines.empty(), "/machines", "a machine");
  need(kNeedsNames, !row.names.empty(), "/names", "a name");
  need(kNeedsFigure, row.low.has_value(), "/low", "a figure");
  need(kNeedsContext, row.context_low && row.context_high, "/context_low", "context_low and context_high");
  need(kNeedsSize, row.size_gb.has_value(), "/size_gb", "the size of a file");
  need(kNeedsPrice, row.price_low_usd.has_value(), "/price_low_usd", "a price");
  return gaps;
}

}  // namespace qwenfit
