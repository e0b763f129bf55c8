#include "speed/fit/calibrate.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace qwenfit {
namespace {

constexpr int kRounds = 2;
/// Sources from which a combination's own deviation counts half.
constexpr double kHalfSources = 4;

std::set<std::string> sources_of(const Evidence& e) {
  std::set<std::string> sources;
  for (const Observation& o : e.observations) {
    if (!o.row->generic) sources.insert(o.row->group);
  }
  return sources;
}

std::vector<std::size_t> rows_without(const Evidence& e, const std::string& source) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < e.observations.size(); ++i) {
    if (e.observations[i].row->group != source) rows.push_back(i);
  }
  return rows;
}

/// Rows of dense models and of MoE ones make a device known apart.
std::string chip_and_kind(const SpeedContext& c) {
  return c.stack + "|" + c.chip + (c.moe ? "/moe" : "/dense");
}

}  // namespace

Evidence evidence(std::vector<Observation> observations, SpeedPhase phase) {
  Evidence e;
  e.phase = phase;
  e.observations = std::move(observations);
  e.equations = equations(e.observations, e.space);
  return e;
}

Calibration calibrate(const Evidence& e, const std::vector<std::size_t>& rows,
                      const std::vector<double>& start) {
  Calibration c;
  c.parameters = start;
  std::vector<double> taken_off(e.equations.size(), 0.0);
  std::vector<double> residuals(e.equations.size(), 0.0);
  for (int round = 0; round < kRounds; ++round) {
    c.parameters = fit(e.equations, rows, taken_off, e.space, c.parameters);
    for (const std::size_t i : rows)
      residuals[i] = e.equations[i].log_seconds - predicted_log_s(e.equations[i], c.parameters);
    c.offsets = Offsets(e.observations, rows, residuals, e.phase);
    for (const std::size_t i : rows) taken_off[i] = c.offsets.of(e.observations[i]);
  }
  return c;
}

Combinations combinations(const Evidence& e, const std::vector<std::size_t>& rows, const Calibration& c) {
  std::map<std::string, std::map<std::string, std::vector<double>>> residuals;
  for (const std::size_t i : rows) {
    const Observation& o = e.observations[i];
    if (!may_be_measured(o)) continue;
    const double residual =
        e.equations[i].log_seconds - predicted_log_s(e.equations[i], c.parameters) - c.offsets.of(o.context);
    residuals[combination(o)][o.row->group].push_back(residual);
  }
  Combinations result;
  for (const auto& [name, sources] : residuals) {
    const double n = static_cast<double>(sources.size());
    double sum = 0;
    for (const auto& [source, values] : sources) sum += median(values);
    result[name] = sum / (n + kHalfSources);
  }
  return result;
}

std::vector<double> left_out_errors(const Evidence& e) {
  std::vector<std::size_t> all(e.observations.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::vector<double> start = calibrate(e, all).parameters;
  std::vector<double> errors(e.observations.size(), 0.0);
  for (const std::string& source : sources_of(e)) {
    const std::vector<std::size_t> rest = rows_without(e, source);
    const Calibration c = calibrate(e, rest, start);
    const Combinations known = combinations(e, rest, c);
    for (std::size_t i = 0; i < e.observations.size(); ++i) {
      if (e.observations[i].row->group != source) continue;
      errors[i] = e.equations[i].log_seconds - predicted_log_s(e.equations[i], c.parameters) -
                  c.offsets.of(e.observations[i].context);
      const auto found = known.find(combination(e.observations[i]));
      if (found != known.end() && may_be_measured(e.observations[i])) errors[i] -= found->second;
    }
  }
  return errors;
}

bool may_be_measured(const Observation& o) {
  return !o.row->generic && o.set_up != SetUp::offload && o.set_up != SetUp::cpu && o.context.engine.empty();
}

std::string combination(const Observation& o) {
  return o.context.stack + (o.context.tensor_parallel ? "+tensor|" : "|") + o.context.chip + "|" +
         std::to_string(o.row->count) + "|" + o.shape + "|" + o.row->quant;
}

std::vector<SpeedBasis> left_out_levels(const Evidence& e) {
  using Sources = std::map<std::string, std::set<std::string>>;
  Sources known, chips, families, stacks;
  for (const Observation& o : e.observations) {
    const SpeedContext& c = o.context;
    if (may_be_measured(o)) known[combination(o)].insert(o.row->group);
    chips[chip_and_kind(c)].insert(o.row->group);
    families[c.stack + "|" + c.family].insert(o.row->group);
    stacks[c.stack].insert(o.row->group);
  }
  std::vector<SpeedBasis> levels;
  for (const Observation& o : e.observations) {
    const SpeedContext& c = o.context;
    const auto others = [&](const Sources& sources, const std::string& key) {
      const auto found = sources.find(key);
      return found != sources.end() && found->second.size() > found->second.count(o.row->group);
    };
    levels.push_back(may_be_measured(o) && others(known, combination(o)) ? SpeedBasis::measured
                     : others(chips, chip_and_kind(c))                   ? SpeedBasis::device
                     : others(families, c.stack + "|" + c.family)        ? SpeedBasis::architecture
                     : others(stacks, c.stack)                           ? SpeedBasis::backend
                                                                         : SpeedBasis::ceiling);
  }
  return levels;
}

}  // namespace qwenfit
