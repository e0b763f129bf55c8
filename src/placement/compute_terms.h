#pragma once

#include "placement/layout.h"
#include "placement/recorder.h"
#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Least: where something lies in system RAM the buffers are those of the own layers alone: quick, and never
/// more than exact.
enum class Effort : bool { exact, least };

/// Graph buffers of every device and of the host, the output buffer, and what drafting adds to each (term
/// `mtp`).
void add_compute(const Scenario& scenario, Tokens cells, const Layout& layout, Effort effort, Recorder& out);

/// The same where every device holds a slice of every layer: llama.cpp allocates on each what the whole graph
/// takes on one. Source: ggml/src/ggml-backend-meta.cpp, ggml_backend_meta_buffer_type_alloc_buffer.
void add_sliced_compute(const Scenario& scenario, Tokens cells, Recorder& out);

/// The projector on the row `home`, a device or the host, and its graph buffers.
void add_vision(const Scenario& scenario, std::size_t home, Recorder& out);

}  // namespace qwenfit
