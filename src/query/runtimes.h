#pragma once

#include <memory>
#include <string_view>

#include "query/instead.h"
#include "qwenfit/catalog.h"
#include "qwenfit/query.h"
#include "qwenfit/runtime.h"

namespace qwenfit {

/// The row of this runtime, or nullptr.
const RuntimeRow* find_runtime(std::string_view id, const Catalog& catalog);

/// Fails when the runtime that was named cannot do what the query asks for, whatever the model's file; says
/// what to type instead where `trial` finds something.
Result<bool> check_runtime(const Query& query, const Question& question, const Catalog& catalog,
                           const Trial& trial);

/// Fails when the runtime of `settings` cannot run this build as asked on the question's machine.
Result<bool> check_build(const Query& query, const Question& question, const Settings& settings,
                         const Model& model, const Build& build, const Catalog& catalog, const Trial& trial);

/// True when the runtime loads the vision part of this build whether asked for or not.
bool always_loads_vision(const Settings& settings, const Model& model, const Build& build,
                         const Catalog& catalog);

/// Memory rules of the runtime for this build; nullptr for llama.cpp.
std::shared_ptr<const RuntimeRules> rules_of(const Machine& machine, const Settings& settings,
                                             const Build& build, const Catalog& catalog);

}  // namespace qwenfit
