#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "qwenfit/catalog.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "speed/loadings.h"

namespace qwenfit {

/// The value of a calibrated parameter; none for one that no row informs.
using ParameterValues = std::function<std::optional<double>(const std::string&)>;

/// Values of the catalog's parameters, each looked up once: most calibrations ask for the same ones.
class KnownParameters {
 public:
  explicit KnownParameters(const Catalog& catalog) : catalog_(catalog) {}

  std::optional<double> value(const std::string& name);
  const Catalog& catalog() const { return catalog_; }

 private:
  const Catalog& catalog_;
  std::unordered_map<std::string, std::optional<double>> values_;
};

/// Product of the term's loadings; a parameter without a value counts as its prior's mean.
double factor_of(SpeedTerm term, const SpeedContext& context, const ParameterValues& values);

/// The kernels that run: `mlx` and `vllm-cuda` by their runtime, everything on llama.cpp by its back end.
std::string stack_of(const Settings& settings, const Build& build, const Machine& machine,
                     const Catalog& catalog);

/// The first model of the catalog with the same shape: successors of one shape run at the same speed.
std::string_view shape_id(const Architecture& architecture, const Catalog& catalog);

/// What the calibration tells apart, for device `row` (their number: the host).
SpeedContext speed_context(const Machine& machine, std::size_t row, const Settings& settings,
                           const Model& model, const Build& build, const Catalog& catalog);

/// Kind of machine whose errors are alike: one GPU, several, or with a part of the model on the CPU.
MachineKind machine_kind(const Machine& machine, bool in_ram);

/// What the calibration tells apart of builds: those of one class differ only in what was measured of them.
std::string speed_class(const Build& build);

/// The calibration for builds of this one's class on one machine.
SpeedModel usual_speed(const Machine& machine, const Settings& settings, const Model& model,
                       const Build& build, KnownParameters& parameters);

/// The same with what was measured of this very build.
SpeedModel with_measured(SpeedModel usual, const Machine& machine, const Settings& settings,
                         const Model& model, const Build& build, const Catalog& catalog);

/// The calibration for one build on one machine.
SpeedModel speed_model(const Machine& machine, const Settings& settings, const Model& model,
                       const Build& build, const Catalog& catalog);

}  // namespace qwenfit
