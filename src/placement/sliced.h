#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

/// llama.cpp's split by tensor: every device holds a slice of every layer, and nothing lies in system RAM but
/// the token embedding.
namespace qwenfit {

/// True when the scenario's llama.cpp divides tensors among several devices.
bool is_sliced(const Scenario& scenario);

/// All layers; the shares that were forced, else equal ones.
Placement sliced_placement(const Scenario& scenario);

/// What the devices come to together, of a rate of each: in every layer the one that takes longest for its
/// slice sets the pace.
double sliced_rate(const Scenario& scenario, double (*rate)(const Device&));

/// Fills `estimate.devices` (and `parts`) for this context; leaves the verdict alone.
void evaluate_sliced(const Scenario& scenario, Tokens context, Explain explain, Estimate& estimate);

/// True when the scenario's context fits every device.
bool sliced_holds(const Scenario& scenario);

}  // namespace qwenfit
