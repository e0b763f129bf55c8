#pragma once

#include "query/instead.h"
#include "qwenfit/catalog.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// Fails when the runtime does not run on the machine's operating system or on one of its devices, whatever
/// the file.
Result<bool> check_hardware(const Question& question, const RuntimeRow& row, const Instead& instead,
                            const Catalog& catalog);

/// Fails when the runtime has no kernels for this quant on one of the machine's devices.
Result<bool> check_quant_hardware(const Question& question, const Model& model, const Build& build,
                                  const RuntimeRow& row, const Instead& instead, const Catalog& catalog);

}  // namespace qwenfit
