#include "placement/costs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "placement/layout.h"
#include "speed/batching.h"
#include "speed/speed.h"
#include "speed/work.h"

namespace qwenfit {
namespace {

bool same_costs(const Scenario& s, std::size_t a, std::size_t b) {
  const auto& devices = s.machine->devices;
  return devices[a].bandwidth_bytes_per_s == devices[b].bandwidth_bytes_per_s &&
         s.speed->devices[a] == s.speed->devices[b];
}

}  // namespace

Placement place(const Scenario& s, const InRam& in_ram, std::vector<double> counts) {
  Placement placement;
  placement.gpu_layers = layer_count(s.model->architecture, s.build->has_mtp_block) - in_ram.layers;
  placement.cpu_moe_layers = in_ram.expert_layers;
  placement.tensor_split = std::move(counts);
  placement.cache_in_ram = in_ram.caches;
  return placement;
}

double DecodeCosts::unit(SpeedTerm term, std::size_t row) const {
  const double growth = is_fixed(term) ? growth_ : 1;
  return term_factor(*s_.speed, term, row) * growth / decode_per_s(s_, term, row);
}

DecodeCosts::Before DecodeCosts::sums_of(std::size_t row) const {
  const Architecture& a = s_.model->architecture;
  const double per_byte = known_ ? unit(SpeedTerm::weights, row) : 0;
  Before before;
  before.rest.push_back(0);
  before.experts.push_back(0);
  for (std::uint32_t layer = 0; layer < layers_; ++layer) {
    double rest = 0;
    double experts = 0;
    if (known_ && layer < a.layers) {
      Held held = held_blocks(s_, layer, layer + 1, layer, !caches_in_ram_);
      experts = held.experts * amounts_.touched * per_byte;
      held.experts = 0;
      amounts_.of_device(held, [&](SpeedTerm term, double amount) { rest += amount * unit(term, row); });
    } else if (layer + 1 == layers_) {
      rest = static_cast<double>(s_.build->weights->output_read) * per_byte;
    }
    before.rest.push_back(before.rest.back() + rest);
    before.experts.push_back(before.experts.back() + experts);
  }
  return before;
}

DecodeCosts::DecodeCosts(const Scenario& s, bool caches_in_ram)
    : s_(s),
      caches_in_ram_(caches_in_ram),
      amounts_(step_amounts(s, {s.settings.depth, s.settings.parallel, 1})),
      known_(speed_is_known(s)),
      layers_(layer_count(s.model->architecture, s.build->has_mtp_block)) {
  const std::size_t devices = s.machine->devices.size();
  if (known_) {
    growth_ = fixed_growth(*s.speed, s.settings.parallel);
    if (!tensor_parallel(s)) hop_s_ = unit(SpeedTerm::hop, devices);
    Held all_terms;
    all_terms.caches_apart = true;
    amounts_.of_host(all_terms, 0, [&](SpeedTerm term, double) {
      host_unit_[static_cast<std::size_t>(term)] = unit(term, devices);
    });
  }
  std::vector<std::size_t> first_of_kind;
  for (std::size_t row = 0; row < devices; ++row) {
    const auto same = std::find_if(first_of_kind.begin(), first_of_kind.end(),
                                   [&](std::size_t other) { return !known_ || same_costs(s, row, other); });
    kind_.push_back(static_cast<std::size_t>(same - first_of_kind.begin()));
    if (same != first_of_kind.end()) continue;
    first_of_kind.push_back(row);
    before_.push_back(sums_of(row));
  }
  fastest_ = before_.front();
  for (std::uint32_t layer = 0; layer < layers_; ++layer) {
    double rest = HUGE_VAL;
    double experts = HUGE_VAL;
    for (const Before& b : before_) {
      rest = std::min(rest, b.rest[layer + 1] - b.rest[layer]);
      experts = std::min(experts, b.experts[layer + 1] - b.experts[layer]);
    }
    fastest_.rest[layer + 1] = fastest_.rest[layer] + rest;
    fastest_.experts[layer + 1] = fastest_.experts[layer] + experts;
  }
}

double DecodeCosts::least(std::uint32_t first, std::uint32_t expert_layers) const {
  return run(fastest_, first, layers_, expert_layers);
}

double DecodeCosts::beside(const InRam& in_ram) const {
  const Architecture& a = s_.model->architecture;
  Layout layout;
  layout.host_blocks = std::min(in_ram.layers, a.layers);
  layout.cpu_moe_layers = in_ram.expert_layers;
  layout.output_on_host = in_ram.layers == layers_;
  layout.cache_in_ram = in_ram.caches;
  const Held held = held_by_host(s_, layout);
  if (!known_) return amounts_.weights(held) + amounts_.state(held) + amounts_.kv(held);
  double seconds = 0;
  amounts_.of_host(held, blocks_in_ram(s_, layout), [&](SpeedTerm term, double amount) {
    seconds += amount * host_unit_[static_cast<std::size_t>(term)];
  });
  return seconds;
}

double DecodeCosts::of(const Placement& placement) const {
  const Layout layout = lay_out(s_.model->architecture, s_.build->has_mtp_block, placement);
  const std::uint32_t in_ram = layers_ - std::min(placement.gpu_layers, layers_);
  double seconds = beside({in_ram, layout.cpu_moe_layers, placement.cache_in_ram});
  std::uint32_t busy = 0;
  for (std::size_t row = 0; row < layout.spans.size(); ++row) {
    const DeviceSpan& span = layout.spans[row];
    seconds += on_device(row, span.first, span.last, layout.cpu_moe_layers);
    if (span.output) seconds += on_device(row, layers_ - 1, layers_, 0);
    if (span.first < span.last || span.output) ++busy;
  }
  return busy > 1 ? seconds + (busy - 1) * hop_s_ : seconds;
}

double DecodeCosts::bound(const InRam& in_ram) const {
  return beside(in_ram) + least(in_ram.layers, in_ram.expert_layers);
}

}  // namespace qwenfit
