#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// What memory is taken for. The order is the order of every table and document.
enum class Term : std::uint8_t {
  weights,
  kv_cache,
  recurrent_state,
  compute,
  vision,
  mtp,
  runtime,
  display,
  count
};
inline constexpr std::size_t kTermCount = static_cast<std::size_t>(Term::count);
std::string_view term_id(Term term);

/// Bytes per term. The total is always the sum of the terms: there is no other way to get one.
class TermBytes {
 public:
  constexpr Bytes operator[](Term term) const { return bytes_[static_cast<std::size_t>(term)]; }
  constexpr void add_to(Term term, Bytes bytes) {
    auto& slot = bytes_[static_cast<std::size_t>(term)];
    slot = add(slot, bytes);
  }
  constexpr Bytes total() const {
    Bytes sum = 0;
    for (const Bytes b : bytes_) sum = add(sum, b);
    return sum;
  }

 private:
  std::array<Bytes, kTermCount> bytes_{};
};

/// `fits` keeps a margin on every device; `tight` fits with less; `offload` fits only with weights or cache
/// in system RAM; `no_fit` some device is short.
enum class Verdict : std::uint8_t { fits, tight, offload, no_fit };
std::string_view verdict_id(Verdict verdict);
/// With nothing in system RAM.
constexpr bool is_on_devices(Verdict verdict) {
  return verdict == Verdict::fits || verdict == Verdict::tight;
}

/// One device (or the host, always the last) and what it holds.
struct DeviceMemory {
  std::size_t device = 0;  ///< index into Machine::devices; unused for the host
  DeviceKind kind = DeviceKind::gpu;
  std::optional<Bytes> capacity;  ///< nominal; none for a host without --ram
  std::optional<Bytes> reported;  ///< as the driver says
  std::optional<Bytes> usable;    ///< what all terms together may take
  TermBytes terms;
  bool in_use = true;  ///< false: a device without a layer, which is kept from the runtime

  Bytes total() const { return terms.total(); }
  /// Usable less total; negative is the deficit; none where usable is unknown.
  std::optional<SignedBytes> free() const;
};

struct Placement {
  std::uint32_t gpu_layers =
      0;  ///< as llama.cpp counts: blocks, the file's MTP block and the output included
  std::uint32_t cpu_moe_layers = 0;  ///< layers whose experts stay in system RAM
  std::vector<double> tensor_split;  ///< share of the layers per device, on any scale; empty without a GPU
  bool cache_in_ram = false;         ///< KV cache and recurrent state of every layer stay in system RAM
};

enum class ContextLimit : std::uint8_t { memory, model };

/// The largest context that fits; 0 tokens when not even the smallest does.
struct MaxContext {
  Tokens tokens = 0;
  ContextLimit limited_by = ContextLimit::memory;
};

/// Things a person should know about an answer; printers have the words.
enum class Note : std::uint8_t {
  guide_only,
  scaled_weights,
  rounded_size,
  runtime_estimated,  ///< some of a runtime's own rules are bounds
  reported_estimated,
  limit_estimated,
  repacked,
  server_caches,
  shared_limit,
  compute_approximate,
  host_unknown,
  pipeline_copies,
  tensor_split,
  kv_falls_to_cpu,
  op_offload,
  no_offload,               ///< the runtime keeps everything on the devices
  no_sliced_offload,        ///< so does a split by tensor
  slots_apart,              ///< every slot has a context of its own
  speed_unknown,            ///< no bandwidth is known
  ram_speed_assumed,        ///< the bandwidth of system RAM was not given
  mtp_may_slow,             ///< drafting costs more than it gains here
  speed_from_architecture,  ///< no rows of this device
  users_widen,              ///< few rows with several users exist
  prefill_unknown,          ///< the arithmetic of a device is not known
  spills_to_shared,         ///< Windows moves what does not fit to system RAM
  display_on_card,
  context_checkpoints,
  server_defaults,
  page_cache,
  file_above_ram,
  pcie_lanes,        ///< more cards than most boards have wide slots
  cache_in_ram,      ///< slower as the context fills
  margin_given_up,   ///< for speed, or because nothing else fits
  too_many_devices,  ///< more than the runtime takes
  idle_device,       ///< a device that holds nothing
  device_order,      ///< devices are not in the order in which they were named
  count
};

/// One figure that was added to a term, with where it came from: what `explain` prints.
struct Part {
  std::size_t row = 0;  ///< index into Estimate::devices
  Term term = Term::weights;
  std::string label;    ///< what it is
  std::string formula;  ///< in symbols
  std::string inputs;   ///< the numbers put in
  std::string source;   ///< where formula or number come from
  Bytes bytes = 0;
};

struct Estimate {
  Verdict verdict = Verdict::no_fit;
  bool guide_only = false;            ///< only `weights` is known, every other term is unknown
  std::vector<DeviceMemory> devices;  ///< one per device, then the host
  Placement placement;
  std::vector<Note> notes;
  Bytes slot_state = 0;     ///< recurrent state of one slot: what a context checkpoint copies
  std::vector<Part> parts;  ///< filled only when asked; parts of a term sum to the term
  /// Requests of the whole context that the cache in the runtime's pool has room for, started for the slots
  /// asked for, and the fraction of the memory that it is given; none for runtimes without a pool.
  std::optional<double> concurrency;
  std::optional<double> memory_fraction;
  std::optional<Speed> speed;  ///< none for `no_fit`, unless a placement was forced
};

/// Bytes that must stay free on a device for a comfortable fit: 5 % of usable or 512 MiB, whichever is less.
Bytes fit_margin(Bytes usable);

enum class Explain : bool { no, yes };

/// True when what lies in system RAM was checked: its size is known, or it is part of a device's pool.
bool host_is_checked(const Estimate& estimate);

/// Devices without a layer, by index, beside others that have some. The first one computes for the layers in
/// system RAM.
std::vector<std::size_t> idle_devices(const Estimate& estimate);

/// The device that a desktop takes memory of, or nullptr.
const DeviceMemory* display_device(const Estimate& estimate);

/// What the scenario takes and whether it fits. Pure: no I/O, no clock, no globals.
Estimate estimate(const Scenario& scenario, Explain explain = Explain::no);

/// The largest context, a multiple of the cache padding and at most the model's, that still fits: on the
/// devices alone where `answer` fits there, else with system RAM. The next step does not fit, unless the
/// model is the limit.
MaxContext max_context(const Scenario& scenario, const Estimate& answer);

}  // namespace qwenfit
