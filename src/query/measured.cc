#include "query/measured.h"

#include <algorithm>
#include <cmath>

#include "query/measured_rows.h"
#include "speed/calibration.h"

namespace qwenfit {
namespace {

/// Deviations are of the logarithm of a time.
/// Of the same test on the same machine from one day to the next.
constexpr double kRunSd = 0.04;
/// Of one model and quant from what others of its kind (dense or mixture of experts) say of the machine, and
/// from what the other kind says.
constexpr double kOtherSd = 0.08;
constexpr double kOtherKindSd = 0.15;
/// One machine may always differ so much from others like it: clocks, cooling, power limits, drivers.
constexpr double kLeastPriorSd = 0.1;
/// Where no interval was fitted.
constexpr double kUnknownSd = 0.5;
/// Half the width of the 80 % interval of a normal distribution, in deviations.
constexpr double kDeviations80 = 1.2816;
constexpr double kLeastHalfWidth = 0.05;

double square(double value) {
  return value * value;
}

double prior_variance(const SpeedSupport& support) {
  return square(support.half_width > 0 ? std::max(support.half_width / kDeviations80, kLeastPriorSd)
                                       : kUnknownSd);
}

/// Of what grows with the depth beside the rest of the device.
constexpr double kDepthSd = 0.3;

/// The parts of a calibration that belong to one phase.
struct PhaseModel {
  SpeedSupport &on_devices, &in_ram, &beyond;
  std::optional<MeasuredSpeed>& measured;
};

PhaseModel phase_of(SpeedModel& m, SpeedPhase phase) {
  if (phase == SpeedPhase::decode) return {m.decode, m.decode_in_ram, m.decode_beyond, m.measured_decode};
  return {m.prefill, m.prefill_in_ram, m.prefill_beyond, m.measured_prefill};
}

/// The device as a whole is off by as much as its interval says, what grows with the depth by more.
Shift prior_of(const PhaseModel& part) {
  const double device = prior_variance(part.on_devices);
  Shift prior;
  const auto at = [&](ShiftGroup row, ShiftGroup column) -> double& {
    return prior.covariance[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
  };
  at(ShiftGroup::devices, ShiftGroup::devices) = device;
  at(ShiftGroup::devices, ShiftGroup::depth) = at(ShiftGroup::depth, ShiftGroup::devices) = device;
  at(ShiftGroup::depth, ShiftGroup::depth) = device + square(kDepthSd);
  at(ShiftGroup::ram, ShiftGroup::ram) = prior_variance(part.in_ram);
  return prior;
}

/// The build whose calibration is set.
struct Target {
  const Model& model;
  const Build& build;
  const Settings& settings;
  bool several_devices = false;
};

bool same_files(const BenchBuild& a, const BenchBuild& b) {
  return a.build.quant_id == b.build.quant_id && a.model.architecture == b.model.architecture;
}

/// The very combination: the model, the quant at about its size, the runtime and the way devices share it.
bool is_of(const OwnObservation& o, const Target& target) {
  const BenchBuild& file = *o.file;
  if (target.settings.runtime != file.settings.runtime || file.build.quant_id != target.build.quant_id ||
      file.model.architecture != target.model.architecture || target.build.weights == nullptr)
    return false;
  if (target.several_devices && o.split != target.settings.split_mode) return false;
  const double bytes = static_cast<double>(file.build.weights->tensor_bytes);
  return std::abs(bytes / static_cast<double>(target.build.weights->tensor_bytes) - 1) <= kSameQuantShare;
}

/// What a phase's rows say of one build.
class PhaseCalibration {
 public:
  PhaseCalibration(const std::vector<OwnObservation>& all, SpeedPhase phase, const Target& target)
      : phase_(phase) {
    for (const OwnObservation& o : all) {
      if (o.phase == phase) (is_of(o, target) ? own_ : others_).push_back(&o);
    }
    moe_ = target.model.kind == ModelKind::moe;
  }

  void apply(SpeedModel& model) {
    if (own_.empty() && others_.empty()) return;
    PhaseModel part = phase_of(model, phase_);
    Shift shift = most_likely(prior_of(part), times_of_others());
    if (!own_.empty()) shift = most_likely(prior_of_own(shift), times_of_own());
    set_supports(shift, part);
    if (count(own_, false) > 0) part.measured = summary();
    shift_terms(shift, model);
    model.own_measurement = true;
  }

 private:
  using Rows = std::vector<const OwnObservation*>;

  double other_sd(const OwnObservation& o) const {
    return (o.file->model.kind == ModelKind::moe) == moe_ ? kOtherSd : kOtherKindSd;
  }

  /// Rows of one model and quant deviate together: all of them weigh little more than one.
  std::vector<MeasuredTime> times_of_others() const {
    std::vector<MeasuredTime> times;
    for (const OwnObservation* o : others_) {
      const auto alike = std::count_if(others_.begin(), others_.end(), [&](const OwnObservation* other) {
        return same_files(*other->file, *o->file) && other->in_ram == o->in_ram;
      });
      times.push_back(o->time);
      times.back().variance = square(kRunSd) + static_cast<double>(alike) * square(other_sd(*o));
    }
    return times;
  }

  std::vector<MeasuredTime> times_of_own() const {
    std::vector<MeasuredTime> times;
    for (const OwnObservation* o : own_) {
      times.push_back(o->time);
      times.back().variance = square(kRunSd);
    }
    return times;
  }

  /// Other models and quants say where this one is within their deviation from it.
  Shift prior_of_own(Shift shift) const {
    for (std::size_t i = 0; i < kShiftGroups; ++i) {
      double& variance = shift.covariance[i][i];
      if (!others_.empty()) variance += square(kOtherSd);
      variance = std::max(variance, square(kLeastPriorSd));
    }
    return shift;
  }

  /// Mean shares of the rows with a part in system RAM or those without.
  GroupValues shares(const Shift& shift, bool in_ram) const {
    GroupValues sum{};
    double rows = 0;
    for (const Rows* list : {&own_, &others_}) {
      for (const OwnObservation* o : *list) {
        if (o->in_ram != in_ram) continue;
        const GroupValues of_row = shares_of(o->time, shift);
        for (std::size_t i = 0; i < kShiftGroups; ++i) sum[i] += of_row[i];
        ++rows;
      }
    }
    for (double& share : sum) share /= std::max(rows, 1.0);
    return sum;
  }

  static std::uint32_t count(const Rows& rows, bool in_ram) {
    return static_cast<std::uint32_t>(std::count_if(
        rows.begin(), rows.end(), [&](const OwnObservation* o) { return o->in_ram == in_ram; }));
  }

  /// Mean square of what the shift leaves of the own rows.
  double left_over(const Shift& shift, bool in_ram) const {
    double sum = 0;
    for (const OwnObservation* o : own_) {
      if (o->in_ram == in_ram) sum += square(residual(o->time, shift));
    }
    return sum / count(own_, in_ram);
  }

  /// Speeds of this build where its own rows do not reach.
  void rest_on_others(double variance, std::uint32_t rows, SpeedSupport& support) const {
    const double half_width = kDeviations80 * std::sqrt(variance + square(kOtherSd));
    support.half_width = support.half_width > 0 ? std::min(half_width, support.half_width) : half_width;
    support.half_width = std::max(support.half_width, kLeastHalfWidth);
    if (support.basis <= SpeedBasis::measured) return;
    support.basis = SpeedBasis::device;
    support.rows = rows;
    support.clusters = support.sources = 1;
  }

  void set_support(const Shift& shift, bool in_ram, SpeedSupport& support) const {
    const std::uint32_t own = count(own_, in_ram);
    const std::uint32_t all = own + count(others_, in_ram);
    if (all == 0) return;
    const double variance = variance_of(shift, shares(shift, in_ram));
    if (own == 0) return rest_on_others(variance, all, support);
    const double sd = std::sqrt(variance + left_over(shift, in_ram));
    support.basis = SpeedBasis::measured;
    support.half_width = std::max(kDeviations80 * sd, kLeastHalfWidth);
    support.rows = own;
    support.clusters = support.sources = 1;
  }

  void set_supports(const Shift& shift, PhaseModel& part) const {
    set_support(shift, false, part.on_devices);
    set_support(shift, true, part.in_ram);
    const bool in_ram = count(own_, false) + count(others_, false) == 0;
    const auto rows = static_cast<std::uint32_t>(own_.size() + others_.size());
    if (!in_ram) rest_on_others(variance_of(shift, shares(shift, false)), rows, part.beyond);
  }

  MeasuredSpeed summary() const {
    MeasuredSpeed m;
    for (const OwnObservation* o : own_) {
      if (o->in_ram) continue;
      const BenchRow& row = *o->row;
      const Tokens depth = phase_ == SpeedPhase::decode ? row.depth : row.prompt;
      const bool first = m.rows++ == 0;
      m.low_tok_s = first ? row.tok_s : std::min(m.low_tok_s, row.tok_s);
      m.high_tok_s = std::max(m.high_tok_s, row.tok_s);
      m.least_depth = first ? depth : std::min(m.least_depth, depth);
      m.most_depth = std::max(m.most_depth, depth);
    }
    m.sources = 1;
    return m;
  }

  void shift_terms(const Shift& shift, SpeedModel& model) const {
    for (std::size_t t = 0; t < kSpeedTermCount; ++t) {
      const auto term = static_cast<SpeedTerm>(t);
      if (speed_phase(term) != phase_) continue;
      const double factor = std::exp(shift.mean[static_cast<std::size_t>(shift_group(term))]);
      for (TermFactors& device : model.devices) device[t] *= factor;
      model.host[t] *= factor;
    }
  }

  SpeedPhase phase_;
  bool moe_ = false;
  Rows own_, others_;
};

/// llama.cpp's own kernels run it, so its benchmark speaks of it.
bool runs_on_llama(const Build& build, const Settings& settings, const Machine& machine,
                   const Catalog& catalog) {
  const Backend backend = machine.devices.empty() ? Backend::cpu : machine.devices.front().backend;
  return build.format == "gguf" && stack_of(settings, build, machine, catalog) == backend_id(backend);
}

/// A machine without a GPU has everything in system RAM: there is one support for it.
void unite_supports(SpeedModel& model) {
  model.decode = model.decode_in_ram;
  model.prefill = model.prefill_in_ram;
}

}  // namespace

Result<bool> apply_measurements(const OwnMeasurements& own, const Catalog& catalog, BuildCache& cache,
                                const Layouts& layouts, Question& question) {
  auto observed = observe_own(own, question, catalog, cache, layouts);
  if (!observed) return observed.error();
  const Machine& machine = question.machine;
  for (Question::Answerable& subject : question.models) {
    for (std::size_t i = 0; i < subject.builds.size(); ++i) {
      const Target target{subject.model, subject.builds[i], subject.settings[i], machine.devices.size() > 1};
      if (!runs_on_llama(target.build, target.settings, machine, catalog)) continue;
      for (const SpeedPhase phase : {SpeedPhase::decode, SpeedPhase::prefill})
        PhaseCalibration(observed->all, phase, target).apply(subject.speeds[i]);
      if (machine.devices.empty() && subject.speeds[i].own_measurement) unite_supports(subject.speeds[i]);
    }
  }
  question.measurements = std::move(observed->use);
  return true;
}

}  // namespace qwenfit
