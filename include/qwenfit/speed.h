#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/units.h"

namespace qwenfit {

/// What an estimate of speed rests on, nearest first: rows of this very combination of device, model, quant
/// and back end; other rows of the device; rows of its architecture on the same back end; rows of the back
/// end; nothing but the specified bandwidth.
enum class SpeedBasis : std::uint8_t { measured, device, architecture, backend, ceiling, count };
std::string_view speed_basis_id(SpeedBasis basis);

enum class SpeedPhase : std::uint8_t { decode, prefill };
std::string_view speed_phase_id(SpeedPhase phase);

/// A speed in tokens per second with the interval that holds `coverage` of measured results.
struct Rate {
  double tok_s = 0;
  double low = 0;
  double high = 0;
  double coverage = 0;
  double ceiling_tok_s =
      0;  ///< what the specified bandwidth (prefill: arithmetic) allows; nothing exceeds it
  SpeedBasis basis = SpeedBasis::ceiling;
};

/// What a step's time is spent on. Each term is seconds at the specified figures times a calibrated factor.
enum class SpeedTerm : std::uint8_t {
  weights,        ///< weights on a device, read once per step
  state,          ///< recurrent state, read and written
  kv,             ///< KV cache up to the depth
  layers,         ///< fixed time per layer
  expert_layers,  ///< more fixed time per layer with routed experts
  request,        ///< fixed time per token of a server
  all_reduce,     ///< exchange between devices under tensor parallelism
  exchange,       ///< more of it over links slower than usual
  hop,            ///< hand-over between devices of a layer split
  host_weights,   ///< weights other than experts in system RAM
  host_experts,   ///< experts in system RAM
  host_layers,    ///< crossing to the CPU and back, per layer with a part there
  host_cache,     ///< caches of every layer in system RAM, copied to the device that computes the layer
  prompt_matmul,
  prompt_experts,  ///< partly filled tiles of expert matrices: the cost of few tokens per expert
  prompt_attention,
  prompt_cpu,       ///< matrices and attention of a machine without a GPU, against the bandwidth of its RAM
  prompt_weights,   ///< weights read once per ubatch
  prompt_copy,      ///< weights in system RAM, copied or read once per ubatch
  prompt_exchange,  ///< activations of devices that share each layer, over links slower than usual
  prompt_request,
  count
};
inline constexpr std::size_t kSpeedTermCount = static_cast<std::size_t>(SpeedTerm::count);
std::string_view speed_term_id(SpeedTerm term);
SpeedPhase speed_phase(SpeedTerm term);

/// One amount of time that was added: what `explain` prints.
struct SpeedPart {
  SpeedTerm term = SpeedTerm::weights;
  std::size_t row = 0;  ///< index into Machine::devices; their number for the host
  std::string label;
  std::string formula;
  std::string inputs;
  double specified_s = 0;  ///< seconds at the specified figures
  double factor = 1;       ///< calibrated
  double seconds() const { return specified_s * factor; }
};

/// Rows of a phase that an estimate rests on.
struct SpeedSupport {
  SpeedBasis basis = SpeedBasis::ceiling;
  double half_width = 0;  ///< of ln(tok/s): the interval is tok_s * exp(-+half_width)
  double coverage = 0.8;
  std::uint32_t rows = 0;
  std::uint32_t clusters = 0;  ///< (source, device, count, model) groups
  std::uint32_t sources = 0;
};

/// Speeds of a placement. None where a bandwidth is unknown or nothing is placed.
struct Speed {
  std::optional<Rate> decode;             ///< per stream, at Settings::depth
  std::optional<Rate> decode_at_context;  ///< per stream, with the whole context filled
  std::optional<Rate> decode_all_users;   ///< all slots busy, together; with more than one slot only
  std::optional<Rate> prefill;            ///< of Settings::prompt tokens on top of Settings::depth
  std::optional<double> ttft_s, ttft_low_s, ttft_high_s;  ///< until the first token of that prompt
  std::optional<double> load_s;                           ///< from storage to ready
  std::optional<double> mtp_gain;  ///< decode with drafting over decode without, when drafting
  SpeedSupport decode_rests_on, prefill_rests_on;
  std::vector<SpeedPart> parts;  ///< of `decode` and `prefill`; filled only when asked
};

/// What others measured on the same device(s), model, quant and back end.
struct MeasuredSpeed {
  std::uint32_t rows = 0;
  std::uint32_t sources = 0;
  double low_tok_s = 0;
  double high_tok_s = 0;
  Tokens least_depth = 0;  ///< decode: tokens in context; prefill: tokens of prompt
  Tokens most_depth = 0;
  std::vector<std::string_view> urls;
};

using TermFactors = std::array<double, kSpeedTermCount>;

/// What drafting a token costs beside reading the MTP block and the output.
struct DraftCosts {
  double verify = 0;  ///< share of the weights' time, at the usual balance and 4-bit weights
  double metal = 1;   ///< times that on Metal
  double fixed_s = 0;
  std::vector<double> balance;  ///< bandwidth per FP32 operation of each device, as a multiple of the usual
};

/// How a step grows with the sequences that share it.
struct BatchCosts {
  double fixed_power = 1;        ///< fixed times grow as sequences^this
  double layer_split_power = 1;  ///< the whole step, where devices take turns
};

/// The calibration, resolved for one build on one machine.
struct SpeedModel {
  std::string
      stack;  ///< back end, before it the runtime where that has kernels of its own: `cuda`, `vllm-cuda`
  std::vector<TermFactors> devices;
  TermFactors host{};
  SpeedSupport decode, prefill;                ///< with everything on the devices
  SpeedSupport decode_in_ram, prefill_in_ram;  ///< with a part in system RAM, and of machines without a GPU
  SpeedSupport decode_beyond, prefill_beyond;  ///< at depths that `measured` rows do not reach
  std::optional<MeasuredSpeed> measured_decode, measured_prefill;
  double measured_decode_factor = 1;  ///< of the time, where `measured_decode` speaks
  double measured_prefill_factor = 1;
  double decode_in_ram_factor = 1;  ///< of the time, with a part in system RAM
  double prefill_in_ram_factor = 1;
  bool own_measurement = false;  ///< calibrated with the person's own rows
  double users_half_width = 0;   ///< added with several users (root of squares)
  double mtp_half_width = 0;     ///< added with drafting
  double draft_acceptance = 0;   ///< share of drafted tokens that are accepted
  std::uint32_t draft_tokens = 0;
  std::optional<DraftCosts> drafting;  ///< none: no row says what drafting gains
  std::optional<BatchCosts> batching;  ///< none: no row says what sharing a step gains
  Tokens prompt_pass =
      0;  ///< tokens of a pass over a prompt where the runtime has its own; 0: Settings::ubatch
  double storage_bytes_per_s = 0;
  std::string storage_name;
};

}  // namespace qwenfit
