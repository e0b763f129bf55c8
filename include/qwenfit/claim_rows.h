#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "qwenfit/runtime_rows.h"
#include "qwenfit/units.h"

/// Rows about figures of buying guides; see catalog_rows.h.
namespace qwenfit {

/// What a figure of a buying guide is about, and so how it is checked.
enum class ClaimKind : std::uint8_t {
  set_up,  ///< models on machines: a speed, or that they fit
  file_size,
  kv_cache,              ///< of every released model, between two contexts
  kv_against_qwen3,      ///< what it takes more than Qwen 3's
  memory_against_qwen3,  ///< percent more in all, `models` against `names`
  vision_size,
  max_context,
  context_on_device,
  spare,      ///< memory that is left free
  faster,     ///< percent by which `machines` are faster than `names`
  slower,     ///< the same the other way round
  two_cards,  ///< two hold more than one, and are no faster
  bandwidth,
  power_supply,
  price,
  budget_pick,
  load_time,  ///< of `size_gb` from the storages `names`
  ollama_tags,
  runtimes,
  runtime_quants,  ///< formats of the runtimes `names`
  published_quants,
  upgrade,  ///< what fits of Qwen 3 (`models`) and of Qwen 3.5 (`names`)
};
/// A figure of a buying guide.
struct ClaimRow {
  std::string_view id;
  std::string_view guide;  ///< in words, with its date
  ClaimKind kind = ClaimKind::set_up;
  std::string_view subject;         ///< in words
  std::optional<double> low, high;  ///< the figure, in `unit`; equal where it is no range
  std::string_view unit;
  std::optional<bool> fits;
  Names models, quants;
  Names machines;        ///< each as after `--gpu`: `2xrtx3090`; ids of CPUs too
  std::string_view ram;  ///< size, where the set-up has system RAM
  Names names;           ///< of a budget pick: the class of machine that is asked about, if not any
  std::optional<Tokens> context_low, context_high;
  std::optional<double> size_gb;
  std::optional<double> spare_gb;                       ///< said to be left free
  std::optional<double> price_low_usd, price_high_usd;  ///< of one of its devices
  std::string_view source, date, json, origin;
};

}  // namespace qwenfit
