#include "speed/fit/observation.h"

#include <algorithm>
#include <memory>

#include "placement/layout.h"
#include "query/settings.h"
#include "speed/calibration.h"

namespace qwenfit {
namespace {

/// Tokens in the context when a row does not say, and tokens generated: short tests of a few hundred tokens.
constexpr double kUsualDepth = 300, kUsualGenerated = 128, kMostGenerated = 2000;

SetUp set_up_of(const Benchmark& row, const Rebuilt& r) {
  if (row.count == 0) return SetUp::cpu;
  const bool in_ram = !lay_out(r.model.architecture, r.table->has_mtp_block, r.placement).full_offload();
  if (in_ram) return SetUp::offload;
  if (row.count > 1) return SetUp::several;
  return r.model.architecture.is_moe() ? SetUp::moe : SetUp::dense;
}

std::string host_name(const Benchmark& row, SetUp set_up) {
  if (set_up != SetUp::offload && set_up != SetUp::cpu) return "";
  return row.cpu_as_written.empty() ? row.group : row.cpu_as_written;
}

/// Runtimes and forks whose speed differs from that of the kernels they carry.
std::string engine_of(const Benchmark& row) {
  return row.engine == "ollama" || row.engine == "ik_llama.cpp" ? row.engine : "";
}

void set_context(const Benchmark& row, Observation& o) {
  o.context.server = row.tool != "bench";
  o.context.engine = engine_of(row);
  o.context.host = host_name(row, o.set_up);
  if (o.set_up == SetUp::offload || o.set_up == SetUp::cpu) o.context.kind = "host";
}

double read_bytes(const Work& work) {
  double bytes = 0;
  for (const SpecifiedTime& t : work) {
    const bool read = t.term == SpeedTerm::weights || t.term == SpeedTerm::state || t.term == SpeedTerm::kv ||
                      t.term == SpeedTerm::host_weights || t.term == SpeedTerm::host_experts;
    if (read) bytes += t.amount;
  }
  return bytes;
}

void set_decode(const Benchmark& row, const Rebuilt& r, Observation& o) {
  const double generated = std::min(row.generated.value_or(kUsualGenerated), kMostGenerated);
  o.depth = row.depth.value_or(kUsualDepth);
  const DecodeStep step{static_cast<Tokens>(o.depth + (generated > 0 ? generated : kUsualGenerated) / 2), 1,
                        1};
  o.work = decode_work(r.scenario(), r.placement, step);
  o.floor_s = decode_floor_s(o.work);
  o.seconds = 1 / *row.decode_tok_s;
}

void set_prefill(const Benchmark& row, const Rebuilt& r, const Catalog& catalog, Observation& o) {
  Tokens pass = static_cast<Tokens>(row.ubatch.value_or(r.settings.ubatch));
  for (const RuntimeRow& runtime : catalog.rows().runtimes) {
    if (runtime.id == row.runtime && runtime.prompt_pass > 0) pass = runtime.prompt_pass;
  }
  o.depth = row.prefill_depth.value_or(0);
  const Prompt prompt{static_cast<Tokens>(*row.prompt), static_cast<Tokens>(o.depth), pass};
  o.work = prefill_work(r.scenario(), r.placement, prompt);
  o.floor_s = prefill_floor_s(r.scenario(), o.work);
  o.seconds = *row.prompt / *row.prefill_tok_s;
}

/// A row of another model family: known by its bytes and layers alone.
std::optional<Observation> observe_generic(const Benchmark& row, const Catalog& catalog) {
  /// Share of such a file that a token reads: all but the input embedding.
  constexpr double kReadShare = 0.97;
  const DeviceRow* device = catalog.device_by_id(row.device);
  if (device == nullptr || !device->bandwidth_bytes_per_s || !row.layers || !row.tensor_bytes)
    return std::nullopt;
  Observation o;
  o.row = &row;
  SpeedContext& c = o.context;
  c.stack = row.backend;
  c.family = architecture_family(device->architecture);
  c.vendor = vendor_line(device->vendor, c.family);
  c.chip = chip_key(device->id);
  c.attention_only = true;
  c.unified = device->unified;
  c.server = false;
  c.bandwidth_bytes_per_s = static_cast<double>(*device->bandwidth_bytes_per_s);
  c.fp32_flops = device->fp32_tflops.value_or(0) * 1e12;
  c.streaming_fraction = device->streaming_fraction.value_or(0);
  const double bytes = *row.tensor_bytes * kReadShare;
  o.work = {{SpeedTerm::weights, 0, bytes / c.bandwidth_bytes_per_s, bytes, c.bandwidth_bytes_per_s},
            {SpeedTerm::layers, 0, *row.layers * 1e-6, *row.layers, 1e6}};
  o.seconds = 1 / *row.decode_tok_s;
  return o;
}

bool counts(const Benchmark& row, SpeedPhase phase) {
  const bool decode = phase == SpeedPhase::decode;
  if (row.generic && !decode) return false;
  return decode ? row.decode_tok_s && row.decode_left_out.empty()
                : row.prefill_tok_s && row.prompt && row.prefill_left_out.empty();
}

}  // namespace

std::string set_up_name(SetUp set_up) {
  static const std::array<std::string, 5> kNames = {"dense", "MoE", "several GPUs", "CPU offload",
                                                    "CPU only"};
  return kNames.at(static_cast<std::size_t>(set_up));
}

std::vector<Observation> observe(const std::vector<Benchmark>& rows, SpeedPhase phase, const Catalog& catalog,
                                 Unusable& unusable) {
  std::vector<Observation> all;
  for (const Benchmark& row : rows) {
    if (!counts(row, phase)) continue;
    std::string why;
    Observation o;
    if (row.generic) {
      auto generic = observe_generic(row, catalog);
      if (!generic) continue;
      o = std::move(*generic);
    } else {
      const auto r = rebuild(row, catalog, why);
      if (!r) {
        unusable[row.id] = why;
        continue;
      }
      o.row = &row;
      o.phase = phase;
      o.set_up = set_up_of(row, *r);
      const Scenario s = r->scenario();
      o.context = speed_context(r->machine, 0, r->settings, r->model, r->build, catalog);
      set_context(row, o);
      phase == SpeedPhase::decode ? set_decode(row, *r, o) : set_prefill(row, *r, catalog, o);
      o.bandwidth = row.count == 0 ? r->machine.host.bandwidth_bytes_per_s : o.context.bandwidth_bytes_per_s;
      o.bytes = read_bytes(o.work);
      o.shape = shape_id(r->model.architecture, catalog);
    }
    o.cluster = row.group + "|" + row.device + "|" + std::to_string(row.count) + "|" + row.model;
    all.push_back(std::move(o));
  }
  return all;
}

}  // namespace qwenfit
