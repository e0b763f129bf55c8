#include <algorithm>
#include <utility>

#include "memory/llama_rules.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/notes.h"
#include "placement/plan.h"
#include "placement/search.h"
#include "placement/served.h"
#include "placement/sliced.h"
#include "qwenfit/estimate.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Free memory below this share of usable, or below this many bytes, whichever is less, makes a fit tight.
constexpr Bytes kMarginDivisor = 20;
constexpr Bytes kMarginBytes = 512 * kMiB;

Verdict judge(const Scenario& s, const Estimate& e) {
  if (!within_limits(e.devices)) return Verdict::no_fit;
  if (!s.machine->devices.empty()) {
    const bool in_ram =
        e.guide_only ? e.devices.back().terms[Term::weights] > 0
                     : !lay_out(s.model->architecture, s.build->has_mtp_block, e.placement).full_offload();
    if (in_ram) return Verdict::offload;
  }
  return holds(e, Margin::comfortable) ? Verdict::fits : Verdict::tight;
}

/// Whether a context fits, and where nothing else could be done about it, what it leaves free.
struct Room {
  bool fits = false;
  std::optional<SignedBytes> free;
};

/// Finds the longest context that fits, in steps, between one that does and one that does not.
class ContextSearch {
 public:
  /// `bad` does not fit; nothing, so to say, does.
  explicit ContextSearch(Tokens bad) : bad_(bad) {}

  Tokens good() const { return good_; }
  bool done() const { return bad_ - good_ <= 1; }
  void take(Tokens steps, const Room& room) {
    (room.fits ? good_ : bad_) = steps;
    (room.fits ? free_at_good_ : free_at_bad_) = room.free;
  }
  /// Memory grows nearly in a line: where it crosses what there is. Now and then the middle, in case it
  /// bends.
  Tokens next() {
    const Tokens width = bad_ - good_;
    const bool line = free_at_good_ && free_at_bad_ && ++tries_ % 3 != 0;
    if (!line) return good_ + width / 2;
    const auto above = static_cast<double>(*free_at_good_), below = -static_cast<double>(*free_at_bad_);
    const auto part = static_cast<Tokens>(static_cast<double>(width) * (above / (above + below)));
    return good_ + std::clamp<Tokens>(part, 1, width - 1);
  }

 private:
  Tokens good_ = 0, bad_;
  std::optional<SignedBytes> free_at_good_, free_at_bad_;
  int tries_ = 0;
};

}  // namespace

bool host_is_checked(const Estimate& e) {
  return e.devices.back().capacity.has_value() || e.devices.front().kind == DeviceKind::unified;
}

Bytes fit_margin(Bytes usable) {
  return std::min(usable / kMarginDivisor, kMarginBytes);
}

std::optional<SignedBytes> DeviceMemory::free() const {
  if (!usable) return std::nullopt;
  const Bytes used = total();
  constexpr Bytes kMost = static_cast<Bytes>(INT64_MAX);
  if (*usable >= used) return static_cast<SignedBytes>(std::min(*usable - used, kMost));
  return -static_cast<SignedBytes>(std::min(used - *usable, kMost));
}

Estimate estimate(const Scenario& s, Explain explain) {
  Estimate e;
  e.guide_only = s.build->basis == TensorBasis::guide;
  if (is_served(s)) {
    e.placement = served_placement(s);
    evaluate_served(s, s.settings.context, explain, e);
  } else if (is_sliced(s)) {
    e.placement = sliced_placement(s);
    evaluate_sliced(s, s.settings.context, explain, e);
  } else {
    Plan found = plan(s, Reach::system_ram);
    const bool known = found.exact && explain == Explain::no;
    if (known) e = std::move(*found.exact);
    e.placement = std::move(found.placement);
    if (!known) evaluate(s, s.settings.context, e.placement, explain, e);
  }
  e.verdict = judge(s, e);
  if (has_speed(s, e)) e.speed = estimate_speed(s, e.placement, explain);
  add_notes(s, e);
  return e;
}

std::vector<std::size_t> idle_devices(const Estimate& e) {
  std::vector<std::size_t> idle;
  const bool first_computes = e.verdict == Verdict::offload;
  for (std::size_t row = first_computes ? 1 : 0; row + 1 < e.devices.size(); ++row) {
    if (e.devices[row].terms[Term::weights] == 0) idle.push_back(row);
  }
  if (!first_computes && idle.size() + 1 == e.devices.size()) idle.clear();
  return idle;
}

const DeviceMemory* display_device(const Estimate& e) {
  const auto host = e.devices.end() - 1;
  const auto found =
      std::find_if(e.devices.begin(), host, [](const DeviceMemory& d) { return d.terms[Term::display] > 0; });
  return found == host ? nullptr : &*found;
}

MaxContext max_context(const Scenario& s, const Estimate& answer) {
  const Tokens step = llama_rules::kCellPadding;
  const Tokens most = pad_to(s.model->max_context, step) / step;
  // What fits on the devices is asked how far it goes there; only an answer that needs RAM may use it.
  const bool on_devices = is_on_devices(answer.verdict);
  const Reach reach = on_devices ? Reach::devices : Reach::system_ram;
  Scenario trial = s;
  const auto room = [&](Tokens steps) {
    trial.settings.context = steps * step;
    if (const auto free = free_without_choice(trial, reach)) return Room{*free >= 0, free};
    return Room{can_hold(trial, reach), std::nullopt};
  };
  // What does not fit at the context in force fits at less, if at any.
  const bool too_much = answer.verdict == Verdict::no_fit;
  const Tokens asked = std::clamp<Tokens>(pad_to(s.settings.context, step) / step, 1, most);
  const Room first = room(too_much ? 1 : most);
  if (too_much && !first.fits) return {0, ContextLimit::memory};
  if (!too_much && first.fits) return {s.model->max_context, ContextLimit::model};
  ContextSearch search{too_much ? asked : most};
  if (first.free) {
    search.take(too_much ? 1 : most, first);
    if (!search.done()) search.take(asked, room(asked));
  }
  while (!search.done()) {
    const Tokens steps = search.next();
    search.take(steps, room(steps));
  }
  return {search.good() * step, ContextLimit::memory};
}

}  // namespace qwenfit
