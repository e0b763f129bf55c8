#pragma once

#include "qwenfit/estimate.h"
#include "qwenfit/scenario.h"

/// Runtimes with memory rules of their own: the whole model on the devices, which divide every layer.
namespace qwenfit {

/// True when the scenario's runtime has its own rules, and they can be applied: tensors and a device are
/// known.
bool is_served(const Scenario& scenario);

/// All layers, in equal shares.
Placement served_placement(const Scenario& scenario);

/// Fills `estimate.devices` (and `parts`), `concurrency` and `memory_fraction`; leaves the verdict alone.
/// Every device takes the same, so that unequal ones are limited by the smallest.
void evaluate_served(const Scenario& scenario, Tokens context, Explain explain, Estimate& estimate);

/// True when the scenario's context fits every device.
bool served_holds(const Scenario& scenario);

}  // namespace qwenfit
