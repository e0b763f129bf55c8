#include "speed/fit/calibrate.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace qwenfit {
namespace {

constexpr int kRounds = 2;

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

std::vector<double> left_out_errors(const Evidence& e) {
  std::vector<std::size_t> all(e.observations.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::vector<double> start = calibrate(e, all).parameters;
  std::vector<double> errors(e.observations.size(), 0.0);
  for (const std::string& source : sources_of(e)) {
    const Calibration c = calibrate(e, rows_without(e, source), start);
    for (std::size_t i = 0; i < e.observations.size(); ++i) {
      if (e.observations[i].row->group != source) continue;
      errors[i] = e.equations[i].log_seconds - predicted_log_s(e.equations[i], c.parameters) -
                  c.offsets.of(e.observations[i].context);
    }
  }
  return errors;
}

std::string combination(const Observation& o) {
  return o.context.stack + (o.context.tensor_parallel ? "+tensor|" : "|") + o.context.chip + "|" +
         std::to_string(o.row->count) + "|" + o.shape + "|" + o.row->quant;
}

std::vector<SpeedBasis> left_out_levels(const Evidence& e) {
  using Sources = std::map<std::string, std::set<std::string>>;
  Sources combinations, chips, families, stacks;
  for (const Observation& o : e.observations) {
    const SpeedContext& c = o.context;
    if (!o.row->generic) combinations[combination(o)].insert(o.row->group);
    chips[c.stack + "|" + c.chip].insert(o.row->group);
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
    const bool whole = o.set_up != SetUp::offload && o.set_up != SetUp::cpu;
    levels.push_back(whole && others(combinations, combination(o)) ? SpeedBasis::measured
                     : others(chips, c.stack + "|" + c.chip)       ? SpeedBasis::device
                     : others(families, c.stack + "|" + c.family)  ? SpeedBasis::architecture
                     : others(stacks, c.stack)                     ? SpeedBasis::backend
                                                                   : SpeedBasis::ceiling);
  }
  return levels;
}

}  // namespace qwenfit
