// Every run of the real llama.cpp in tests/data/oracle_memory.csv against the estimate for the same set-up.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include "fmt/format.h"
#include "model/weight_table.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "qwenfit/estimate.h"
#include "support/csv.h"
#include "support/models.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

/// Why a row cannot be asked of the tool, or empty.
std::string left_out(const CsvRow& row) {
  if (row.at("draft_context") == "1") return "the draft's own context";
  if (row.at("kv_unified") == "0" && row.at("slots") != "1") return "split caches";
  if (row.at("logit_rows") == "0") return "whole-batch logits";
  const bool pipelined = row.at("gpu_layers") == "999" && row.at("cpu_moe_layers").empty();
  if (row.at("set") == "H" && pipelined)
    return "llama.cpp's own estimate, known to be too high; set R has what is really allocated";
  if (row.at("kv_k") == "iq4_nl" && row.at("backend") == "cuda")
    return "a KV type that moves attention to the CPU (the answer says so)";
  return "";
}

Backend backend_of(const std::string& name) {
  if (name == "cuda") return Backend::cuda;
  if (name == "metal") return Backend::metal;
  return name == "cpu" ? Backend::cpu : Backend::generic;
}

/// A scenario built from an oracle row, with everything it points to.
struct Run {
  Model model;
  Build build;
  Machine machine;
  WeightTable weights;
  Scenario scenario;
};

std::unique_ptr<Run> run_of(const CsvRow& row) {
  auto run = std::make_unique<Run>();
  const ModelRow& model = model_row(row.at("model"));
  run->model.architecture = model.architecture;
  run->model.max_context = model.max_context;

  const BackendRow& backend = Catalog::builtin().backend(backend_of(row.at("backend")));
  const BackendRow& cpu = Catalog::builtin().backend(Backend::cpu);
  for (unsigned long long i = 0; i < number(row.at("devices")); ++i) {
    Device d;
    d.kind = backend.id == Backend::metal ? DeviceKind::unified : DeviceKind::gpu;
    d.backend = backend.id;
    d.rules = backend.compute_rules;
    d.capacity = d.reported = d.limit = Bytes{1} << 50;
    run->machine.devices.push_back(d);
  }

  std::string ftype = row.at("ftype");
  const auto plus = ftype.find("+imatrix");
  const bool imatrix = plus != std::string::npos;
  if (imatrix) ftype.erase(plus);
  std::transform(ftype.begin(), ftype.end(), ftype.begin(), [](unsigned char c) { return std::tolower(c); });
  const Layouts layouts{{backend.weight_alignment, backend.row_padding},
                        {cpu.weight_alignment, cpu.row_padding}};
  run->build.has_mtp_block = row.at("file_has_mtp") == "1";
  run->build.format = "gguf";
  run->weights = computed_weights(model.architecture, *mixture_from_id(ftype), run->build.has_mtp_block,
                                  layouts, imatrix);
  run->build.weights = &run->weights;

  Settings& s = run->scenario.settings;
  s.context = number(row.at("context"));
  s.parallel = static_cast<std::uint32_t>(number(row.at("slots")));
  s.ubatch = static_cast<std::uint32_t>(number(row.at("ubatch")));
  s.kv_k = *tensor_type_from_id(row.at("kv_k"));
  s.kv_v = *tensor_type_from_id(row.at("kv_v"));
  s.flash_attention = row.at("flash_attn") != "off";
  s.mtp = row.at("mtp_on") == "1";
  if (!row.at("gpu_layers").empty())
    s.forced.gpu_layers = static_cast<std::uint32_t>(number(row.at("gpu_layers")));
  if (!row.at("cpu_moe_layers").empty())
    s.forced.cpu_moe_layers = static_cast<std::uint32_t>(number(row.at("cpu_moe_layers")));
  if (!row.at("tensor_split").empty()) {
    for (const std::string& share : split(row.at("tensor_split"), ','))
      s.forced.tensor_split.push_back(std::stod(share));
  }
  run->scenario.model = &run->model;
  run->scenario.build = &run->build;
  run->scenario.machine = &run->machine;
  return run;
}

/// The estimate for the set-up of a row. The caches alone in RAM are nothing to force: that placement is
/// evaluated as it is.
Estimate answer(const CsvRow& row, const Run& run) {
  if (row.at("kv_offload") != "0") return estimate(run.scenario, Explain::yes);
  Estimate e;
  e.placement.gpu_layers = layer_count(run.model.architecture, run.build.has_mtp_block);
  e.placement.tensor_split = {1.0};
  e.placement.cache_in_ram = true;
  evaluate(run.scenario, run.scenario.settings.context, e.placement, Explain::yes, e);
  return e;
}

/// Bytes of one side of a row as llama.cpp allocated them.
struct Side {
  Bytes weights = 0, kv = 0, state = 0, compute = 0;
  Bytes total() const { return weights + kv + state + compute; }
};

std::vector<Side> expected(const CsvRow& row) {
  const auto devices = static_cast<std::size_t>(number(row.at("devices")));
  std::vector<Side> sides(devices + 1);
  const auto at = [&](const char* column, std::size_t i) {
    const auto fields = split(row.at(column), ';');
    return i < fields.size() ? number(fields[i]) : 0;
  };
  for (std::size_t i = 0; i < devices; ++i) {
    sides[i] = {at("w_dev", i), at("kv_dev", i), at("rs_dev", i), at("compute_dev", i)};
  }
  // The CSV rounds the output buffer to 0.01 MiB; it is 4 bytes per logit and slot.
  const Bytes output = Bytes{4} * model_row(row.at("model")).architecture.vocab * number(row.at("slots"));
  sides[devices] = {number(row.at("w_host")) + number(row.at("w_repack")), number(row.at("kv_host")),
                    number(row.at("rs_host")), number(row.at("compute_host")) + output};
  return sides;
}

/// The estimate by side, drafting's share put back where the oracle counts it and the draft's own context
/// left out.
std::vector<Side> estimated(const Estimate& e) {
  std::vector<Side> sides(e.devices.size());
  for (const Part& part : e.parts) {
    Side& side = sides[part.row];
    const auto starts = [&](const char* prefix) { return part.label.rfind(prefix, 0) == 0; };
    switch (part.term) {
      case Term::weights:
        side.weights += part.bytes;
        break;
      case Term::kv_cache:
        side.kv += part.bytes;
        break;
      case Term::recurrent_state:
        side.state += part.bytes;
        break;
      case Term::compute:
        side.compute += part.bytes;
        break;
      case Term::mtp:
        if (starts("draft context")) break;
        (starts("weights") ? side.weights : starts("recurrent") ? side.state : side.compute) += part.bytes;
        break;
      default:
        break;
    }
  }
  return sides;
}

struct Errors {
  std::vector<double> total, compute;
  std::size_t exact = 0;
  void add(Bytes ours, Bytes theirs, Bytes ours_compute, Bytes theirs_compute) {
    total.push_back(std::abs(static_cast<double>(ours) - static_cast<double>(theirs)) /
                    static_cast<double>(std::max<Bytes>(theirs, 1)));
    compute.push_back(std::abs(static_cast<double>(ours_compute) - static_cast<double>(theirs_compute)) /
                      static_cast<double>(std::max<Bytes>(theirs_compute, 1)));
    if (ours_compute == theirs_compute) ++exact;
  }
};

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

bool forced_or_several(const CsvRow& row) {
  const bool partial = !row.at("gpu_layers").empty() && row.at("gpu_layers") != "999";
  return partial || !row.at("cpu_moe_layers").empty() || number(row.at("devices")) > 1 ||
         row.at("kv_offload") == "0";
}

/// Compute buffers of forced placements that are within 5 % or 32 MiB of llama.cpp's.
struct Near {
  std::size_t rows = 0, device = 0, host = 0, exact = 0;
  std::vector<std::string> missed;

  static bool is_near(Bytes ours, Bytes theirs) {
    constexpr double kShare = 0.05;
    const double difference = std::abs(static_cast<double>(ours) - static_cast<double>(theirs));
    return difference <= std::max(kShare * static_cast<double>(theirs), static_cast<double>(32 * kMiB));
  }

  void add(const CsvRow& row, const std::vector<Side>& ours, const std::vector<Side>& theirs) {
    bool devices = true;
    bool same = true;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (i + 1 < ours.size()) devices = devices && is_near(ours[i].compute, theirs[i].compute);
      same = same && ours[i].compute == theirs[i].compute;
    }
    const bool on_host = is_near(ours.back().compute, theirs.back().compute);
    ++rows;
    device += devices ? 1U : 0U;
    host += on_host ? 1U : 0U;
    exact += same ? 1U : 0U;
    if (devices && on_host) return;
    std::string line;
    for (const char* column :
         {"model", "ftype", "gpu_layers", "cpu_moe_layers", "context", "ubatch", "slots", "kv_k", "kv_v"}) {
      line += fmt::format("{} {} ", column, row.at(column));
    }
    for (std::size_t i = 0; i < ours.size(); ++i) {
      line += fmt::format("| {:.1f} for {:.1f} MiB ", static_cast<double>(ours[i].compute) / kMiB,
                          static_cast<double>(theirs[i].compute) / kMiB);
    }
    missed.push_back(line);
  }
};

void print_near(const std::map<std::string, Near>& table) {
  std::cout << fmt::format("{:<28} {:>6} {:>8} {:>8} {:>8}\n", "compute within 5 % or 32 MiB", "rows",
                           "device", "host", "exact");
  for (const auto& [name, near] : table) {
    std::cout << fmt::format("{:<28} {:>6} {:>8} {:>8} {:>8}\n", name, near.rows, near.device, near.host,
                             near.exact);
    for (const std::string& line : near.missed) std::cout << "  " << line << '\n';
  }
}

/// Our estimates beside llama.cpp's own reports, grouped.
struct Comparison {
  std::map<std::string, std::size_t> reasons;
  std::map<std::string, Errors> by_set, by_class;
  std::map<std::string, Near> near;
  std::size_t inexact = 0;

  void add(const CsvRow& row) {
    if (const std::string reason = left_out(row); !reason.empty()) {
      ++reasons[reason];
      return;
    }
    const auto run = run_of(row);
    const std::vector<Side> ours = estimated(answer(row, *run));
    const std::vector<Side> theirs = expected(row);
    REQUIRE(ours.size() == theirs.size());
    const std::string backend = row.at("backend");
    const bool forced = forced_or_several(row);
    if (forced) near[row.at("set") + " " + backend].add(row, ours, theirs);
    const std::string set = fmt::format("{} {}{}", row.at("set"), backend, forced ? " forced" : "");
    const std::string name = forced               ? "partial or several " + backend
                             : backend == "metal" ? "metal"
                                                  : "cuda, generic, cpu";
    for (std::size_t i = 0; i < ours.size(); ++i) {
      compare_exact(row, i, ours[i], theirs[i]);
      const bool host = i + 1 == ours.size();
      if (host && backend != "cpu") continue;
      for (Errors* errors : {&by_set[set], &by_class[name]})
        errors->add(ours[i].total(), theirs[i].total(), ours[i].compute, theirs[i].compute);
    }
  }

  void print() const {
    std::cout << fmt::format("{:<28} {:>6} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7}\n", "device total, error in %",
                             "rows", "median", "p95", "worst", "comp p95", "comp max", "exact");
    for (const auto* table : {&by_set, &by_class}) {
      for (const auto& [name, errors] : *table) {
        std::cout << fmt::format(
            "{:<28} {:>6} {:>8.4f} {:>8.3f} {:>8.3f} {:>9.2f} {:>9.2f} {:>6.1f}%\n", name,
            errors.total.size(), 100 * quantile(errors.total, 0.5), 100 * quantile(errors.total, 0.95),
            100 * quantile(errors.total, 1), 100 * quantile(errors.compute, 0.95),
            100 * quantile(errors.compute, 1),
            100.0 * static_cast<double>(errors.exact) / static_cast<double>(errors.total.size()));
      }
    }
    print_near(near);
    for (const auto& [reason, count] : reasons)
      std::cout << fmt::format("left out: {:>5} rows, {}\n", count, reason);
  }

 private:
  void compare_exact(const CsvRow& row, std::size_t i, const Side& ours, const Side& theirs) {
    if (ours.weights == theirs.weights && ours.kv == theirs.kv && ours.state == theirs.state) return;
    constexpr std::size_t kShown = 10;
    if (++inexact > kShown) return;
    std::string line;
    for (const auto& [key, value] : row) line += key + "=" + value + " ";
    UNSCOPED_INFO(fmt::format("row {}: weights {} {} kv {} {} state {} {} | {}", i, ours.weights,
                              theirs.weights, ours.kv, theirs.kv, ours.state, theirs.state, line));
  }
};

}  // namespace

TEST_CASE("the estimate agrees with the real llama.cpp") {
  Comparison all;
  const std::vector<CsvRow> rows = read_csv(QWENFIT_TEST_DATA "/oracle_memory.csv");
  const std::size_t every = std::min<std::size_t>(sample_stride(), 5);
  for (std::size_t i = 0; i < rows.size(); i += every) all.add(rows[i]);
  all.print();

  CHECK(all.inexact == 0);
  auto& of = all.by_class;
  CHECK(quantile(of["cuda, generic, cpu"].total, 0.95) <= 0.005);
  CHECK(quantile(of["cuda, generic, cpu"].total, 1) <= 0.025);
  CHECK(quantile(of["metal"].total, 0.95) <= 0.015);
  CHECK(quantile(of["metal"].total, 1) <= 0.065);
  CHECK(quantile(of["partial or several cuda"].total, 0.95) <= 0.0001);
  CHECK(quantile(of["partial or several cuda"].total, 1) <= 0.002);
  CHECK(quantile(of["partial or several metal"].total, 1) <= 0.001);
  for (const auto& [name, errors] : all.near) {
    INFO(name);
    CHECK(errors.device == errors.rows);
    CHECK(errors.host == errors.rows);
  }
}
