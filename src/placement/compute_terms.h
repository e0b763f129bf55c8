#pragma once

#include "placement/layout.h"
#include "placement/recorder.h"
#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// Graph buffers of every device and of the host, the output buffer, and what drafting adds to each (term
/// `mtp`).
void add_compute(const Scenario& scenario, Tokens cells, const Layout& layout, Recorder& out);

/// The projector on the first device (else the host) and its graph buffers.
void add_vision(const Scenario& scenario, Recorder& out);

}  // namespace qwenfit
