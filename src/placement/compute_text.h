#pragma once

#include "memory/compute_buffer.h"
#include "placement/recorder.h"
#include "qwenfit/model.h"

/// Explanations of graph buffers: the named parts with their bytes, which sum to the buffer.
namespace qwenfit {

inline constexpr const char* kComputeSource =
    "llama.cpp scheduler, snapshot of 2026-09-28; checked against its allocations";

/// The buffer of a device that holds everything, or of a CPU-only machine.
PartText buffer_text(const Architecture& a, const ComputeShape& s);
/// The buffer of a device under a placement with copies of weights, caches or inputs; `bytes` is its size.
PartText placed_text(const Architecture& a, const ComputeShape& s, Bytes bytes);
/// The host's buffer beside devices; `bytes` is its size.
PartText host_text(const Architecture& a, const ComputeShape& s, Bytes bytes);
/// What drafting adds to a buffer.
PartText growth_text(Bytes with, Bytes without);

}  // namespace qwenfit
