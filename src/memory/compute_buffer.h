#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "qwenfit/backend.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"
#include "qwenfit/weights.h"

/// llama.cpp's compute buffers: scratch memory for the activations of one micro-batch, reserved once at
/// start. A buffer is as large as the largest moment of its graph; the moments that can be the largest are
/// the phases below. All functions are pure and take no heap memory. Buffers grow with the context, and with
/// slots and micro-batches in powers of two (micro-batches from 32 tokens on); other slot counts round the
/// micro-batch up.
namespace qwenfit {

/// The settings a buffer depends on. One unified cache of `cells` cells (already padded) is shared by all
/// slots.
struct ComputeShape {
  ComputeRules rules = ComputeRules::cuda;
  Tokens cells = 0;
  std::uint32_t ubatch = 512;  ///< tokens of a micro-batch
  std::uint32_t slots = 1;     ///< sequences
  std::uint32_t logit_rows =
      1;  ///< tokens that get logits: slots x (1 + draft) in llama-server; 0 = all of a batch
  std::uint32_t draft_length = 0;  ///< tokens drafted by MTP, each with its copy of the recurrent state
  bool flash_attention = true;
  TensorType k = TensorType::f16;
  TensorType v = TensorType::f16;

  bool operator==(const ComputeShape&) const = default;
};

enum class Phase : std::uint8_t {
  linear_attention,        ///< first layer: the residual stream still lies next to the inputs
  later_linear_attention,  ///< MoE, later layers: the residual stream lies above the space of the experts'
                           ///< tensors
  full_attention,
  feed_forward,
  last_feed_forward,  ///< MoE, last layer: the freed mask splits the space of the experts' tensors
  logits,
  count  ///< number of phases, not a phase
};
inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::count);

/// What `explain` prints about a phase.
struct PhaseText {
  std::string_view name;
  std::string_view formula;
};
const PhaseText& phase_text(Phase phase);

struct ComputePhase {
  Phase kind = Phase::count;
  Bytes bytes = 0;  ///< 0 where the phase does not occur or cannot be the largest
};

struct ComputeBuffer {
  Bytes total = 0;
  Phase largest = Phase::feed_forward;
  Bytes base = 0;  ///< part of every phase but the logits: inputs, mask and one residual stream
  std::array<ComputePhase, kPhases> phases{};
};

/// The buffer of one device that holds everything; for `ComputeRules::cpu` the only buffer of a CPU-only
/// machine. Equal to llama.cpp's on CUDA, CPU and generic rules but for rare MoE shapes, where it is larger;
/// Metal reorders its graph and is met within a few per cent.
ComputeBuffer device_compute(const Architecture& a, const ComputeShape& s);

/// The host's graph buffer beside a device that holds everything: inputs, mask and two residual streams.
/// Exact.
Bytes host_compute(const Architecture& a, const ComputeShape& s);

/// A placement in which the host computes or stores part of the model, or several devices share the layers.
struct ComputePlacement {
  std::uint32_t devices = 1;
  std::uint32_t host_layers = 0;         ///< first layers whose weights and caches stay on the host
  std::uint32_t host_expert_layers = 0;  ///< first layers whose experts alone stay there (--n-cpu-moe)
  const std::vector<BlockTensors>* host = nullptr;  ///< the matrices of all layers
  bool repacks = false;        ///< the CPU back end repacks the host's weights: it alone can use them
  bool cache_on_host = false;  ///< weights on the device, caches on the host (--no-kv-offload)
  bool output_on_host = false;
  bool output_repacked = false;
  Bytes output_bytes = 0;  ///< of the output matrix
  bool least = false;      ///< for searches: without the copies of what lies on the host, which is quick

  bool operator==(const ComputePlacement& o) const {
    return devices == o.devices && host_layers == o.host_layers &&
           host_expert_layers == o.host_expert_layers && repacks == o.repacks &&
           cache_on_host == o.cache_on_host && output_on_host == o.output_on_host &&
           output_repacked == o.output_repacked && output_bytes == o.output_bytes && least == o.least;
  }
};

/// What one of the devices holds.
struct DeviceLayers {
  std::uint32_t index = 0;        ///< device 0 computes for the layers of the host
  std::uint32_t first_layer = 0;  ///< of its own
  std::uint32_t full_attention = 0;
  std::uint32_t linear_attention = 0;
  bool output = true;

  bool operator==(const DeviceLayers&) const = default;
};

/// The buffer of one device under a forced placement. With weights on the host, prompts of 32 tokens and more
/// are still computed on device 0 from copies of the weights, but for operations of repacked weights; with
/// several devices and nothing on the host, pipeline parallelism keeps four copies of the inputs. With
/// anything on the host the buffer is what ggml's allocator makes of the graph, simulated: equal to
/// llama.cpp's. There it can take a little less for a longer context, where tensors fit better into the space
/// of others.
Bytes placed_device_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                            const DeviceLayers& layers);

/// The host's graph buffer under a forced placement. `first`: what device 0 holds.
Bytes placed_host_compute(const Architecture& a, const ComputeShape& s, const ComputePlacement& p,
                          const DeviceLayers& first);

/// Graph buffers of the context that drafts with the MTP block, beside the main one.
struct DraftBuffers {
  Bytes device = 0;  ///< where the block lies
  Bytes host = 0;
};

/// `s`: the main context's settings. The draft keeps one full-attention layer and an F16 cache whatever the
/// main one is.
DraftBuffers draft_buffers(const Architecture& a, const ComputeShape& s);

}  // namespace qwenfit
