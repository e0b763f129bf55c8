#pragma once

#include "report/fixture.h"

namespace qwenfit {

/// `single_gpu`, each build that fits with a speed that rests on rows of the device.
Case speed_of_device();
/// `single_gpu` with rows of the very combination of its best build.
Case speed_measured();
/// A Mac without rows of its own.
Case speed_of_architecture();
/// `offload` for four users, nothing known but specified figures.
Case speed_of_users();
/// System RAM alone, drafting with MTP at a depth, and prefill unknown.
Case speed_with_mtp();
/// One row per model, the largest context of each.
Case speed_of_models();
/// Numbers that are not, absurd sizes, control characters.
Case speed_hostile();
/// `single_gpu`'s best build with parts of decode and prefill that sum to its rates.
Case speed_explained();

std::vector<std::pair<std::string, Case>> speed_cases();

}  // namespace qwenfit
