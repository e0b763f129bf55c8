#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advise/sweep.h"
#include "qwenfit/query.h"
#include "report/grid.h"

/// What several printers read off an answer. Nothing here computes memory.
namespace qwenfit {

/// Equal devices in a row: `2x NVIDIA GeForce RTX 3090`.
struct DeviceGroup {
  const Device* device = nullptr;
  std::size_t count = 0;
};
std::vector<DeviceGroup> device_groups(const Machine& machine);

/// Answers of one model: a range of the sweep.
struct ModelAnswers {
  const Answer* begin = nullptr;
  const Answer* end = nullptr;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};
std::vector<ModelAnswers> by_model(const std::vector<Answer>& answers);
/// The one to recommend of a model's answers; null when nothing fits.
const Answer* best_of(const ModelAnswers& group);
/// Of answers of which none fits: the one that is short by least.
const Answer* nearest_of(const ModelAnswers& group);

/// The accelerator with least free memory; the host on a machine without accelerators.
const DeviceMemory& fullest(const Estimate& estimate);
/// The device or host that is short by most; null when nothing is short.
const DeviceMemory* shortest(const Estimate& estimate);
const DeviceMemory& host_of(const Estimate& estimate);

/// Name of a device of the estimate, `system RAM` for the host.
std::string place_name(const Machine& machine, const DeviceMemory& memory);
/// The same with `on` or `in`.
std::string at_place(const Machine& machine, const DeviceMemory& memory);
/// `cuda`, `metal`, ...: of the first device, `cpu` without one.
std::string_view backend_of(const Machine& machine);
/// System RAM takes a part of an answer but nobody said how much there is (unified memory is counted as one
/// pool).
bool ram_unchecked(const Question& question, const Answer& answer);
/// The largest context for a screen; `?` where it is unknown or rests on RAM that was not checked.
std::string max_context_cell(const Question& question, const Answer& answer);
/// `fits`, `tight`, `offload 24 MoE`, `offload 12 layers`, `no fit`, `no fit (RAM)`.
std::string verdict_words(const Answer& answer);
Paint verdict_paint(Verdict verdict);
/// The share of each device, at most 1, that `--tensor-split` and llama.cpp turn into the same layers again.
std::vector<double> device_shares(const Answer& answer);
std::string_view os_words(Os os);
/// The term in words; on the host `runtime` is the process and `display` what the system keeps.
std::string_view term_words(Term term, DeviceKind kind);

}  // namespace qwenfit
