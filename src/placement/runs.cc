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

std::uint32_t full_attention_in(const Architecture& a, std::uint32_t first, std::uint32_t last) {
  return a.full_attention_in(std::min(first, a.layers), std::min(last, a.layers));
}

}  // namespace

Runs::Runs(const Scenario& s, const InRam& in_ram, RunOverheads& shared, bool guesses)
    : s_(s),
      in_ram_(in_ram),
      layers_(layer_count(s.model->architecture, s.build->has_mtp_block)),
      like_(shared.like),
      known_(shared.by_sort[in_ram.sort()]),
      guesses_(guesses) {
  const Architecture& a = s.model->architecture;
  const Settings& set = s.settings;
  if (!in_ram.caches) {
    kv_ = kv_cache_bytes_per_layer(a, kv_cells(set.context), set.kv_k, set.kv_v);
    state_ = mul(recurrent_state_bytes_per_layer(a), set.parallel);
  }
  if (set.mtp)
    state_ = add(state_, mul(recurrent_state_bytes_per_layer(a), set.parallel, llama_rules::kDraftLength));
  const auto& devices = s.machine->devices;
  if (shared.like.empty()) shared.like = like_devices(devices);
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

const DeviceMemory& Runs::host() {
  if (!host_) {
    evaluate(s_, s_.settings.context, place(s_, in_ram_, std::vector<double>(devices(), 1.0)), Explain::no,
             scratch_, Effort::least);
    host_ = scratch_.devices.back();
  }
  return *host_;
}

std::size_t Runs::kind_of(std::uint32_t first, std::uint32_t last) const {
  const Architecture& a = s_.model->architecture;
  const std::uint32_t full = full_attention_in(a, first, last);
  const std::uint32_t blocks = std::min(last, a.layers) - std::min(first, a.layers);
  const bool output = last == layers_ && first < last;
  const bool mtp = first < last && last > a.layers && first + 1 < layers_ && layers_ > a.layers + 1;
  return (full > 0 ? 1U : 0U) + (blocks > full ? 2U : 0U) + (output ? 4U : 0U) + (mtp ? 8U : 0U);
}

Bytes Runs::by_layer(std::uint32_t first, std::uint32_t last) const {
  const Architecture& a = s_.model->architecture;
  const WeightTable& w = *s_.build->weights;
  const std::uint32_t end = std::min(last, a.layers);
  const std::uint32_t from = std::min(first, end);
  const std::uint32_t experts = std::clamp(in_ram_.expert_layers, from, end);
  const std::uint32_t full = full_attention_in(a, first, last);
  Bytes bytes = w.device_before.dense[end] - w.device_before.dense[from];
  bytes = add(bytes, w.device_before.experts[end] - w.device_before.experts[experts]);
  return add(bytes, add(mul(full, kv_), mul(end - from - full, state_)));
}

/// On the first device, how many layers of others have experts in system RAM, for they are computed there;
/// on the others, whether none, some or all of the run has.
std::size_t Runs::neighbours_of(std::size_t row, std::uint32_t first, std::uint32_t last) const {
  constexpr std::uint32_t kManyOthers = 3, kManyWhole = 1;
  const std::uint32_t experts = in_ram_.expert_layers;
  if (row > 0) return experts <= first ? 0 : experts < last ? 1 : 2;
  const std::uint32_t others = experts > last ? std::min(experts - last, kManyOthers) : 0;
  const std::uint32_t own = experts > first ? 1 : 0;
  const std::uint32_t sort = others > 0 ? others + 1 : own;
  return sort + 5 * std::min(in_ram_.layers, kManyWhole);
}

Bytes Runs::overhead(std::size_t row, std::uint32_t first, std::uint32_t last) {
  const std::size_t kind = kind_of(first, last);
  if (!corrected_.empty()) {
    if (const auto& exact = corrected_[row][kind]) return *exact;
  }
  if (guesses_) {
    if (const auto& seen = known_.seen[like_[row]][neighbours_of(row, first, last)][kind]) {
      guessed_ = true;
      return *seen;
    }
  }
  std::optional<Bytes>& known = known_.least[like_[row]][kind];
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
}

std::optional<SignedBytes> Runs::host_free() {
  const std::optional<SignedBytes> most = host().free();
  if (!most || !guesses_) return most;
  const auto& seen = known_.of_host[neighbours_of(0, first_layer(), first_layer())];
  guessed_ |= seen.has_value();
  return *most - static_cast<SignedBytes>(seen.value_or(0));
}

Bytes Runs::bytes(std::size_t row, std::uint32_t first, std::uint32_t last) {
  return add(by_layer(first, last), overhead(row, first, last));
}

}  // namespace qwenfit
