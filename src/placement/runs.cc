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

std::uint32_t full_attention_in(const Architecture& a, std::uint32_t first, std::uint32_t last) {
  return a.full_attention_in(std::min(first, a.layers), std::min(last, a.layers));
}

}  // namespace

Runs::Runs(const Scenario& s, const InRam& in_ram, RunOverheads& shared)
    : s_(s),
      in_ram_(in_ram),
      layers_(layer_count(s.model->architecture, s.build->has_mtp_block)),
      overheads_(shared.tables[in_ram.sort()]) {
  const Architecture& a = s.model->architecture;
  const Settings& set = s.settings;
  if (!in_ram.caches) {
    kv_ = kv_cache_bytes_per_layer(a, kv_cells(set.context), set.kv_k, set.kv_v);
    state_ = mul(recurrent_state_bytes_per_layer(a), set.parallel);
  }
  if (set.mtp)
    state_ = add(state_, mul(recurrent_state_bytes_per_layer(a), set.parallel, llama_rules::kDraftLength));
  const auto& devices = s.machine->devices;
  for (std::size_t row = 0; row < devices.size(); ++row) {
    std::size_t like = row;
    for (std::size_t other = 1; other < row && like == row; ++other) {
      if (same_overheads(devices[row], devices[other])) like = other;
    }
    like_.push_back(like);
  }
  if (overheads_.empty()) overheads_.resize(devices.size());
  evaluate(s, set.context, place(s, in_ram, std::vector<double>(devices.size(), 1.0)), Explain::no, scratch_,
           Effort::least);
  for (std::size_t row = 0; row < devices.size(); ++row) usable_.push_back(*scratch_.devices[row].usable);
  host_free_ = scratch_.devices.back().free();
  host_usable_ = scratch_.devices.back().usable;
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

Bytes Runs::overhead(std::size_t row, std::uint32_t first, std::uint32_t last) {
  if (!corrected_.empty()) {
    if (const auto& exact = corrected_[row][kind_of(first, last)]) return *exact;
  }
  std::optional<Bytes>& known = overheads_[like_[row]][kind_of(first, last)];
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

void Runs::correct(std::size_t row, std::uint32_t first, std::uint32_t last, Bytes exact) {
  if (corrected_.empty()) corrected_.resize(devices());
  const Bytes counted = by_layer(first, last);
  corrected_[row][kind_of(first, last)] = exact > counted ? exact - counted : 0;
}

Bytes Runs::bytes(std::size_t row, std::uint32_t first, std::uint32_t last) {
  return add(by_layer(first, last), overhead(row, first, last));
}

}  // namespace qwenfit
