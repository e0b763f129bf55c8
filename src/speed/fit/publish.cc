#include "speed/fit/publish.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <nlohmann/json.hpp>

#include "catalog/ids.h"
#include "speed/fit/score.h"

namespace qwenfit {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr double kQuantile80 = 1.2816;  ///< half width of 80 % of a normal distribution, in its sd
constexpr std::size_t kMostLinks = 8;

/// Four significant digits.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

/// Rows as a data file: one a line.
std::string document(const char* kind, const std::vector<OrderedJson>& rows) {
  std::string text = std::string("{\"schema\":\"qwenfit.data.") + kind + "/1\",\"rows\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) text += (i == 0 ? "\n" : ",\n") + rows[i].dump();
  return text + "\n]}\n";
}

std::string newest(const Evidence& e) {
  std::string date;
  for (const Observation& o : e.observations) {
    if (o.row->date.size() == 10) date = std::max(date, o.row->date);
  }
  return date;
}

void finish(OrderedJson& row, const std::string& source, const std::string& date) {
  row["source"] = OrderedJson::array({source});
  row["date"] = date;
}

/// Numbers of rows, clusters and sources that a key was fitted to.
struct Support {
  std::size_t rows = 0;
  std::set<std::string> clusters, sources;
  void add(const Observation& o) {
    ++rows;
    clusters.insert(o.cluster);
    sources.insert(o.row->group);
  }
  std::string words() const {
    return "fitted to data/benchmarks: " + std::to_string(rows) + " rows of " +
           std::to_string(sources.size()) + (sources.size() == 1 ? " source" : " sources");
  }
};

std::string unit_of(const std::string& name) {
  const std::string head = name.substr(0, name.find('|'));
  if (head.ends_with("_us") || head.find("_us.") != head.npos)
    return head.find("_us.") != head.npos ? "factor" : "us";
  if (head.ends_with("_ms") || head.find("_ms.") != head.npos) return "ms";
  const bool power = head.ends_with(".streaming") || head.ends_with(".balance") || head.ends_with(".rate") ||
                     head.ends_with("_split");
  return power ? "e to the power" : "factor";
}

void add_parameters(const Published& p, std::vector<OrderedJson>& rows) {
  std::map<std::string, Support> support;
  for (std::size_t i = 0; i < p.evidence->equations.size(); ++i) {
    std::set<std::size_t> used;
    for (const auto& term : p.evidence->equations[i].terms) {
      for (const auto& loading : term.loadings) used.insert(loading.first);
    }
    for (const std::size_t index : used)
      support[p.evidence->space.name(index)].add(p.evidence->observations[i]);
  }
  for (std::size_t i = 0; i < p.evidence->space.size(); ++i) {
    const std::string& name = p.evidence->space.name(i);
    // Deviations of single hosts are taken out of the rest, and belong to nobody else.
    if (name.starts_with("ram|")) continue;
    OrderedJson row;
    row["id"] = parameter_id(name);
    row["value"] = rounded(std::exp(p.calibration.parameters[i]));
    row["unit"] = unit_of(name);
    finish(row, support[name].words(), newest(*p.evidence));
    rows.push_back(std::move(row));
  }
}

void add_offsets(const Published& p, std::vector<OrderedJson>& rows) {
  std::map<OffsetId, Support> support;
  for (const Observation& o : p.evidence->observations) {
    for (const OffsetKey& key : offset_keys(o.context)) support[{key.level, key.stack, key.key}].add(o);
  }
  for (const auto& [id, value] : p.calibration.offsets.values()) {
    const Support& s = support[id];
    OrderedJson row;
    row["phase"] = speed_phase_id(p.evidence->phase);
    row["level"] = speed_basis_id(std::get<0>(id));
    row["stack"] = std::get<1>(id);
    row["key"] = std::get<2>(id);
    row["factor"] = rounded(std::exp(value));
    row["rows"] = s.rows;
    row["clusters"] = s.clusters.size();
    row["sources"] = s.sources.size();
    finish(row, s.words(), newest(*p.evidence));
    rows.push_back(std::move(row));
  }
}

void add_intervals(const Published& p, std::vector<OrderedJson>& rows) {
  for (std::size_t level = 0; level < p.widths.size(); ++level) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      const Width& width = p.widths[level][kind];
      OrderedJson row;
      row["phase"] = speed_phase_id(p.evidence->phase);
      row["level"] = speed_basis_id(static_cast<SpeedBasis>(level));
      row["machine"] = machine_kind_id(static_cast<MachineKind>(kind));
      row["half_width"] = rounded(width.half_width);
      row["coverage"] = 0.8;
      row["clusters"] = width.clusters;
      finish(row, "errors of rows whose whole source was left out of the fit", newest(*p.evidence));
      rows.push_back(std::move(row));
    }
  }
}

/// One combination: what its sources' deviations from the calibration are.
struct Combination {
  const Observation* first = nullptr;
  std::map<std::string, std::vector<double>> residuals;  ///< by source
  std::vector<double> tok_s, depth;
  std::set<std::string> urls;
  std::size_t rows = 0;

  void add(const Observation& o, double residual) {
    if (first == nullptr) first = &o;
    residuals[o.row->group].push_back(residual);
    const bool decode = o.phase == SpeedPhase::decode;
    tok_s.push_back(decode ? *o.row->decode_tok_s : *o.row->prefill_tok_s);
    depth.push_back(decode ? o.depth : *o.row->prompt);
    urls.insert(o.row->url);
    ++rows;
  }
};

OrderedJson combination_row(const Combination& c, double deviation, const Published& p) {
  std::vector<double> by_source;
  for (const auto& [source, values] : c.residuals) by_source.push_back(median(values));
  const double n = static_cast<double>(by_source.size());
  double mean = 0, square = 0;
  for (const double r : by_source) mean += r / n;
  for (const double r : by_source) square += (r - mean) * (r - mean);
  const double between = n > 1 ? kQuantile80 * std::sqrt(square / (n - 1)) : 0;
  // The interval also holds its share of the very rows.
  std::vector<Weighted> own;
  for (const auto& [source, values] : c.residuals) {
    for (const double r : values)
      own.push_back({std::abs(r - deviation), 1.0 / static_cast<double>(values.size())});
  }
  const double spread = std::max(between, quantile(std::move(own), 0.8));
  const Observation& o = *c.first;
  const auto kind = static_cast<std::size_t>(kind_of(o));
  const double level = p.widths[static_cast<std::size_t>(SpeedBasis::measured)][kind].half_width;
  const auto [low, high] = std::minmax_element(c.tok_s.begin(), c.tok_s.end());
  const auto [least, most] = std::minmax_element(c.depth.begin(), c.depth.end());
  OrderedJson row;
  row["phase"] = speed_phase_id(o.phase);
  row["stack"] = o.context.stack + (o.context.tensor_parallel ? "+tensor" : "");
  row["device"] = o.context.chip;
  row["count"] = o.row->count;
  row["model"] = o.shape;
  row["quant"] = o.row->quant;
  row["rows"] = c.rows;
  row["sources"] = by_source.size();
  row["low_tok_s"] = rounded(*low);
  row["high_tok_s"] = rounded(*high);
  row["least_depth"] = static_cast<Tokens>(*least);
  row["most_depth"] = static_cast<Tokens>(*most);
  row["factor"] = rounded(std::exp(deviation));
  row["half_width"] = rounded(std::max(level, spread));
  row["urls"] = OrderedJson::array();
  for (const std::string& url : c.urls) {
    if (row["urls"].size() < kMostLinks) row["urls"].push_back(url);
  }
  return row;
}

void add_measured(const Published& p, std::vector<OrderedJson>& rows) {
  std::map<std::string, Combination> found;
  for (std::size_t i = 0; i < p.evidence->observations.size(); ++i) {
    const Observation& o = p.evidence->observations[i];
    if (!may_be_measured(o)) continue;
    const Equation& equation = p.evidence->equations[i];
    const double residual = equation.log_seconds - predicted_log_s(equation, p.calibration.parameters) -
                            p.calibration.offsets.of(o.context);
    found[combination(o)].add(o, residual);
  }
  std::vector<std::size_t> all(p.evidence->observations.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Combinations deviations = combinations(*p.evidence, all, p.calibration);
  for (const auto& [name, c] : found) {
    OrderedJson row = combination_row(c, deviations.at(name), p);
    finish(row, "rows of data/benchmarks of this combination", newest(*p.evidence));
    rows.push_back(std::move(row));
  }
}

}  // namespace

CalibrationFiles publish(const Published& decode, const Published& prefill,
                         const std::vector<FittedParameter>& others) {
  std::vector<OrderedJson> parameters, offsets, intervals, measured;
  for (const Published* p : {&decode, &prefill}) {
    add_parameters(*p, parameters);
    add_offsets(*p, offsets);
    add_intervals(*p, intervals);
    add_measured(*p, measured);
  }
  for (const FittedParameter& f : others) {
    OrderedJson row;
    row["id"] = f.id;
    row["value"] = rounded(f.value);
    row["unit"] = f.unit;
    finish(row,
           "fitted to data/benchmarks: " + std::to_string(f.rows) + " rows of " + std::to_string(f.sources) +
               (f.sources == 1 ? " source" : " sources"),
           newest(*decode.evidence));
    parameters.push_back(std::move(row));
  }
  std::sort(parameters.begin(), parameters.end(),
            [](const OrderedJson& a, const OrderedJson& b) { return a["id"] < b["id"]; });
  return {document("speed_parameters", parameters), document("speed_offsets", offsets),
          document("speed_intervals", intervals), document("measured_speeds", measured)};
}

}  // namespace qwenfit
