#include "placement/runs.h"

#include <algorithm>

#include "memory/kv_cache.h"
#include "memory/llama_rules.h"
#include "memory/recurrent_state.h"
#include "placement/evaluate.h"
#include "placement/layout.h"

namespace qwenfit {
namespace {

bool same_overheads(const Device& a, const Device& b) {
  return a.rules == b.rules && a.runtime == b.runtime && a.display == b.display;
}

std::vector<std::size_t> like_devices(const std::vector<Device>& devices) {
  std::vector<std::size_t> like;
  for (std::size_t row = 0; row < devices.size(); ++row) {
    like.push_back(row);
    for (std::size_t other = 1; other < row && like[row] == row; ++other) {
      if (same_overheads(devices[row], devices[other])) like[row] = other;
    }
  }
  return like;
}

/// Index of the kind of a layer: full attention, linear attention, output, MTP block.
std::size_t kind_of_layer(const Architecture& a, std::uint32_t layers, std::uint32_t layer) {
  if (layer < a.layers) return a.is_full_attention(layer) ? 0 : 1;
  return layer + 1 == layers ? 2 : 3;
}

/// Dense weights, cache and state of the layers before each.
std::vector<Bytes> sums_before(const Scenario& s, std::uint32_t layers, bool caches_in_ram) {
  const Architecture& a = s.model->architecture;
  const Settings& set = s.settings;
  const std::vector<Bytes>& weights = s.build->weights->device_before.dense;
  const Bytes per_state = mul(recurrent_state_bytes_per_layer(a), set.parallel);
  const Bytes kv = caches_in_ram ? 0 : kv_cache_bytes_per_layer(a, kv_cells(set.context), set.kv_k, set.kv_v);
  Bytes state = caches_in_ram ? 0 : per_state;
  if (set.mtp) state = add(state, mul(per_state, llama_rules::kDraftLength));
  std::vector<Bytes> before;
  before.reserve(layers + 1);
  for (std::uint32_t layer = 0; layer <= layers; ++layer) {
    const std::uint32_t end = std::min(layer, a.layers);
    const std::uint32_t full = a.full_attention_in(0, end);
    before.push_back(add(weights[end], add(mul(full, kv), mul(end - full, state))));
  }
  return before;
}

std::vector<std::array<std::uint32_t, KnownRuns::kLayerKinds>> next_of_kinds(const Architecture& a,
                                                                             std::uint32_t layers) {
  std::vector<std::array<std::uint32_t, KnownRuns::kLayerKinds>> next(layers + 1);
  next.back().fill(layers);
  for (std::uint32_t layer = layers; layer-- > 0;) {
    next[layer] = next[layer + 1];
    next[layer][kind_of_layer(a, layers, layer)] = layer;
  }
  return next;
}

}  // namespace

Runs::Runs(const Scenario& s, const InRam& in_ram, KnownRuns& shared, bool guesses)
    : s_(s),
      in_ram_(in_ram),
      layers_(layer_count(s.model->architecture, s.build->has_mtp_block)),
      like_(shared.like),
      known_(shared.by_sort[in_ram.sort()]),
      guesses_(guesses) {
  const auto& devices = s.machine->devices;
  if (shared.like.empty()) shared.like = like_devices(devices);
  if (shared.next.empty()) shared.next = next_of_kinds(s.model->architecture, layers_);
  std::vector<Bytes>& before = shared.before[in_ram.caches ? 1 : 0];
  if (before.empty()) before = sums_before(s, layers_, in_ram.caches);
  before_ = before;
  next_ = shared.next;
  experts_ = s.build->weights->device_before.experts;
  forget();
  known_.least.resize(devices.size());
  known_.seen.resize(devices.size());
  for (const Device& d : devices) usable_.push_back(d.limit);
  // What unified memory gives the device depends on what is beside it.
  if (std::any_of(devices.begin(), devices.end(),
                  [](const Device& d) { return d.kind == DeviceKind::unified; })) {
    host();
    for (std::size_t row = 0; row < devices.size(); ++row) usable_[row] = *scratch_.devices[row].usable;
  }
}

void Runs::forget() {
  overheads_.assign(s_.machine->devices.size() * KnownRuns::kNeighbours * KnownRuns::kKinds, kUnknown);
}

const DeviceMemory& Runs::host() {
  if (!host_) {
    // With all on one device the host copies nothing for others.
    std::vector<double> counts(devices(), 0.0);
    counts.front() = 1;
    evaluate(s_, s_.settings.context, place(s_, in_ram_, std::move(counts)), Explain::no, scratch_,
             Effort::least);
    host_ = scratch_.devices.back();
  }
  return *host_;
}

Bytes Runs::overhead(std::size_t row, std::uint32_t first, std::uint32_t last, Likeness like) {
  if (!corrected_.empty()) {
    if (const auto& exact = corrected_[row][like.kind]) return *exact;
  }
  if (guesses_) {
    if (const auto& seen = known_.seen[like_[row]][like.neighbours][like.kind]) {
      guessed_ = true;
      return *seen;
    }
  }
  std::optional<Bytes>& known = known_.least[like_[row]][like.kind];
  if (known) return *known;
  std::vector<double> counts(devices(), 0.0);
  counts.front() += first - in_ram_.layers;
  counts[row] += last - first;
  counts.back() += layers_ - last;
  if (in_ram_.layers == layers_) counts.front() = 1;
  evaluate(s_, s_.settings.context, place(s_, in_ram_, std::move(counts)), Explain::no, scratch_,
           Effort::least);
  const Bytes counted = by_layer(first, last);
  const Bytes all = scratch_.devices[row].total();
  known = all > counted ? all - counted : 0;
  return *known;
}

void Runs::correct(const std::vector<double>& counts, const Estimate& exact) {
  if (corrected_.empty()) corrected_.resize(devices());
  std::uint32_t first = first_layer();
  for (std::size_t row = 0; row < devices(); ++row) {
    const std::uint32_t last = std::min(first + static_cast<std::uint32_t>(counts[row]), layers_);
    const Bytes counted = by_layer(first, last);
    const Bytes all = exact.devices[row].total();
    const std::size_t kind = kind_of(first, last);
    corrected_[row][kind] = all > counted ? all - counted : 0;
    known_.seen[like_[row]][neighbours_of(row, first, last)][kind] = corrected_[row][kind];
    first = last;
  }
  const Bytes on_host = exact.devices.back().total();
  const Bytes least = host().total();
  known_.of_host[neighbours_of(0, first_layer(), first_layer())] = on_host > least ? on_host - least : 0;
  forget();
}

std::optional<SignedBytes> Runs::host_free() {
  const std::optional<SignedBytes> most = host().free();
  if (!most || !guesses_) return most;
  const auto& seen = known_.of_host[neighbours_of(0, first_layer(), first_layer())];
  guessed_ |= seen.has_value();
  return *most - static_cast<SignedBytes>(seen.value_or(0));
}

}  // namespace qwenfit
