#pragma once

#include <cstdint>

#include "qwenfit/runtime.h"
#include "qwenfit/units.h"

/// SGLang's static memory: weights, a pool of recurrent states and one of K and V.
/// Source: _handle_gpu_memory_settings and the KV cache configurator of sglang/srt.
namespace qwenfit {

/// States kept for so many requests (`--max-mamba-cache-size`), each with those of its drafts.
std::uint32_t state_slots(const PoolsRule& rule, std::uint32_t requests, bool drafting);

/// Bytes left out of the static part for activations and graphs of one of `ranks` devices.
Bytes left_out_bytes(const PoolsRule& rule, Bytes device, std::uint32_t ranks);

/// The static fraction in thousandths that leaves this out.
std::uint32_t static_thousandths(const PoolsRule& rule, Bytes device, std::uint32_t ranks);

}  // namespace qwenfit
