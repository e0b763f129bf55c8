#include "accuracy/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "speed/fit/intervals.h"

namespace qwenfit {
namespace {

constexpr double kPercent = 100;
/// Fewer clusters than this are told, not judged.
constexpr std::size_t kJudged = 8;

std::string line(const std::string& name, const Score& s, const Score& roofline, const Score& plain) {
  return fmt::format("{:<30}{:>5}{:>5}{:>7.1f} ({:.1f}-{:.1f}){:>6.0f}{:>6.0f}{:>7.1f}{:>10.1f}{:>8.1f}{}\n",
                     name, s.rows, s.clusters, kPercent * s.median, kPercent * s.median_low,
                     kPercent * s.median_high, kPercent * s.within_15, kPercent * s.within_25,
                     kPercent * s.bias, kPercent * roofline.median, kPercent * plain.median,
                     s.clusters < kJudged ? "  few" : "");
}

std::string device_class(const Observation& o) {
  if (o.row->count == 0) return "CPU";
  const DeviceRow* device = Catalog::builtin().device_by_id(o.row->device);
  if (device == nullptr) return "?";
  switch (device->device_class) {
    case DeviceClass::mac:
      return "Mac";
    case DeviceClass::apu:
      return "APU, unified";
    case DeviceClass::cpu:
      return "CPU";
    case DeviceClass::gpu:
      break;
  }
  return std::string(device->vendor) + " " + std::string(device->segment);
}

class Printer {
 public:
  Printer(std::ostream& out, const Validation& v)
      : out_(out), v_(v), plain_(plain_errors(v)), roofline_(roofline_errors(v)) {}

  void print(const std::string& name, const Chosen& chosen) {
    const auto& o = v_.evidence.observations;
    const Score s = score(o, v_.errors, chosen);
    if (s.clusters == 0) return;
    out_ << line("  " + name, s, score(o, roofline_, chosen), score(o, plain_, chosen));
  }
  template <typename Key>
  void print_by(const char* title, Key key) {
    out_ << title << "\n";
    std::map<std::string, std::vector<bool>> groups;
    const auto& all = v_.evidence.observations;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].row->generic) continue;
      auto& group = groups[key(all[i])];
      group.resize(all.size());
      group[i] = true;
    }
    for (const auto& [name, group] : groups) print(name, [&in = group](std::size_t i) { return in[i]; });
  }

 private:
  std::ostream& out_;
  const Validation& v_;
  std::vector<double> plain_, roofline_;
};

/// Rows of one series differ in depth alone.
using Series = std::tuple<std::string, std::string, std::uint32_t, std::string, std::string, std::string,
                          std::string, double, double>;

Series series_of(const Observation& o) {
  const Benchmark& b = *o.row;
  return {b.group + b.engine + b.tool,
          b.device,
          b.count,
          b.model,
          b.quant,
          o.context.stack,
          b.kv_k + b.split,
          b.cpu_moe.value_or(0),
          b.gpu_layers.value_or(0)};
}

}  // namespace

Validation validate(const std::vector<Benchmark>& rows, SpeedPhase phase) {
  Validation v;
  Unusable unusable;
  v.evidence = evidence(observe(rows, phase, Catalog::builtin(), unusable), phase);
  v.errors = left_out_errors(v.evidence);
  v.levels = left_out_levels(v.evidence);
  std::map<std::string, std::set<std::string>> sources;
  const auto device = [](const Observation& o) { return o.context.stack + "|" + o.context.chip; };
  for (const Observation& o : v.evidence.observations) sources[device(o)].insert(o.row->group);
  for (const Observation& o : v.evidence.observations)
    v.device_known.push_back(sources[device(o)].size() > 1);
  return v;
}

std::vector<double> plain_errors(const Validation& v) {
  std::vector<double> errors;
  for (const Observation& o : v.evidence.observations) {
    errors.push_back(o.floor_s > 0 ? std::log(o.seconds / o.floor_s) : 0);
  }
  return errors;
}

std::vector<double> roofline_errors(const Validation& v) {
  std::vector<double> errors = plain_errors(v);
  const double typical =
      quantile(weighted(v.evidence.observations, errors, [](std::size_t) { return true; }), 0.5);
  for (double& e : errors) e -= typical;
  return errors;
}

Score score_of(const Validation& v, const Chosen& chosen) {
  return score(v.evidence.observations, v.errors, chosen);
}

void print_accuracy(std::ostream& out, const Validation& v) {
  out << fmt::format(
             "\n{} of rows whose whole source was left out; each (source, device, count, model) weighs one\n",
             v.evidence.phase == SpeedPhase::decode ? "Decode speed" : "Prefill speed")
      << "                              rows  clu  median % (80 % int.)  <15 %  <25 %  bias  roofline  "
         "bytes/bw\n";
  Printer p(out, v);
  p.print("all", [](std::size_t) { return true; });
  p.print_by(" by set-up", [](const Observation& o) { return set_up_name(o.set_up); });
  out << " by what other sources measured\n";
  p.print("this device, any model", [&](std::size_t i) { return v.device_known[i]; });
  for (std::size_t level = 0; level < static_cast<std::size_t>(SpeedBasis::count); ++level) {
    p.print(std::string(speed_basis_id(static_cast<SpeedBasis>(level))),
            [&](std::size_t i) { return static_cast<std::size_t>(v.levels[i]) == level; });
  }
  p.print_by(" by kind of device", device_class);
  p.print_by(" by back end", [](const Observation& o) { return o.context.stack; });
  p.print_by(" by model", [](const Observation& o) { return o.row->model; });
}

std::vector<std::string> readme_lines(const Validation& decode, const Validation& prefill) {
  std::vector<std::string> lines;
  // Figures of the simple model that this one set out to beat, on nearly the same rows.
  const auto row = [&](const std::string& name, const char* before, const Chosen& chosen) {
    const Score s = score_of(decode, chosen);
    lines.push_back(fmt::format("| {} | {} | {:.1f} % ({:.1f} to {:.1f}) | {:.0f} % | {:.0f} % | {} |", name,
                                s.clusters, kPercent * s.median, kPercent * s.median_low,
                                kPercent * s.median_high, kPercent * s.within_15, kPercent * s.within_25,
                                before));
  };
  const auto& all = decode.evidence.observations;
  row("all", "10.9 % / 62 / 81", [](std::size_t) { return true; });
  for (const auto& [set_up, before] :
       {std::pair(SetUp::dense, "9.6 % / 67 / 83"), std::pair(SetUp::moe, "10.1 % / 66 / 85"),
        std::pair(SetUp::several, "13.5 % / 56 / 78"), std::pair(SetUp::offload, "16.5 % / 47 / 73")})
    row(set_up_name(set_up), before, [&, asked = set_up](std::size_t i) { return all[i].set_up == asked; });
  row("device with other rows", "9.6 % / 69 / 87", [&](std::size_t i) { return decode.device_known[i]; });
  const Slowdown s = slowdown(decode);
  lines.push_back(fmt::format(
      "The slowdown from a short context to 64k and more is predicted within {:.1f} %", kPercent * s.median));
  const Score all_prefill = score_of(prefill, [](std::size_t) { return true; });
  lines.push_back(
      fmt::format("Prefill is much less certain: median error {:.0f} %", kPercent * all_prefill.median));
  const Score all_decode = score_of(decode, [](std::size_t) { return true; });
  lines.push_back(fmt::format("of which {} give decode and {} prefill", all_decode.rows, all_prefill.rows));
  const Widths width = widths(decode.evidence, decode.errors, decode.levels);
  for (const auto& [level, text] :
       {std::pair(SpeedBasis::measured, "this device, model and quant"),
        std::pair(SpeedBasis::device, "this device, other models of the kind (dense or MoE)"),
        std::pair(SpeedBasis::architecture, "its architecture on the same back end"),
        std::pair(SpeedBasis::backend, "the back end alone")}) {
    const Covered c = covered(decode, level);
    lines.push_back(fmt::format("| `{}` | {} | {:.2f} | {:.0f} % |", speed_basis_id(level), text,
                                std::exp(width[static_cast<std::size_t>(level)][0].half_width),
                                kPercent * c.share));
  }
  return lines;
}

Covered covered(const Validation& v, SpeedBasis level) {
  return covered(v, [&](std::size_t i) { return v.levels[i] == level; });
}

Covered covered(const Validation& v, const Chosen& chosen) {
  const std::vector<bool> in = inside(v.evidence, v.errors, v.levels);
  std::vector<double> hits;
  for (const bool hit : in) hits.push_back(hit ? 1 : 0);
  Covered c;
  double weights = 0;
  for (const Weighted& w : weighted(v.evidence.observations, hits, chosen)) {
    c.share += w.value * w.weight;
    weights += w.weight;
  }
  c.share = weights > 0 ? c.share / weights : 0;
  c.clusters = static_cast<std::size_t>(std::lround(weights));
  return c;
}

void print_coverage(std::ostream& out, const Validation& v) {
  const Widths all = widths(v.evidence, v.errors, v.levels);
  out << " 80 % interval: half width of ln(speed) by machine (clusters), share of left-out rows inside\n";
  for (std::size_t level = 0; level < all.size(); ++level) {
    const Covered c = covered(v, static_cast<SpeedBasis>(level));
    const auto cell = [&](std::size_t kind) {
      return fmt::format("{:.2f} ({})", all[level][kind].half_width, all[level][kind].clusters);
    };
    out << fmt::format(
        "  {:<13} one GPU {:<11} several {:<11} RAM {:<11} inside {:>3.0f} % of {} clusters{}\n",
        speed_basis_id(static_cast<SpeedBasis>(level)), cell(0), cell(1), cell(2), kPercent * c.share,
        c.clusters, c.clusters < kJudged ? " (few)" : "");
  }
}

Slowdown slowdown(const Validation& v) {
  constexpr double kShort = 4200, kDeep = 60000;
  std::map<Series, std::vector<std::size_t>> series;
  const auto& all = v.evidence.observations;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].row->generic) series[series_of(all[i])].push_back(i);
  }
  Slowdown result;
  std::vector<double> errors;
  std::map<std::string, std::vector<double>> by_cluster;
  for (const auto& [name, rows] : series) {
    std::vector<double> shallow;
    for (const std::size_t i : rows) {
      if (all[i].depth <= kShort) shallow.push_back(v.errors[i]);
    }
    if (shallow.empty()) continue;
    const double base = median(shallow);
    bool deep = false;
    for (const std::size_t i : rows) {
      if (all[i].depth < kDeep) continue;
      errors.push_back(std::abs(std::expm1(base - v.errors[i])));
      by_cluster[all[i].cluster].push_back(errors.back());
      deep = true;
    }
    if (deep) ++result.series;
  }
  result.rows = errors.size();
  result.clusters = by_cluster.size();
  if (errors.empty()) return result;
  result.median = median(errors);
  std::vector<double> clusters;
  for (const auto& [name, values] : by_cluster) clusters.push_back(median(values));
  result.median_by_cluster = median(clusters);
  return result;
}

}  // namespace qwenfit
