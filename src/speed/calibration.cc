#include "speed/calibration.h"

#include <algorithm>
#include <cmath>

#include "speed/arithmetic.h"
#include "speed/speculation.h"

namespace qwenfit {
namespace {

constexpr std::string_view kLlamaKernels = "llama.cpp";

const RuntimeRow* runtime_row(const Catalog& catalog, std::string_view id) {
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

/// Formats of weights whose kernels multiply at rates of their own.
std::string weight_class(const Build& build) {
  const std::string& id = build.quant_id;
  const auto has = [&](std::string_view part) { return id.find(part) != id.npos; };
  if (id == "bf16" || id == "f16" || id == "f32" || id == "mlx-bf16") return "f16";
  if (build.format == "gguf") return "gguf";
  if (has("fp8")) return "fp8";
  if (has("int8") || has("8bit")) return build.format == "mlx" ? "4bit" : "int8";
  return "4bit";
}

bool is_codebook(const Build& build) {
  return build.quant_id.find("iq") != std::string::npos;
}

/// Nearest rows of a device: of itself, of its architecture, of the back end, or none.
struct Nearness {
  SpeedBasis basis = SpeedBasis::backend;
  double factor = 1;
  std::uint32_t rows = 0, clusters = 0, sources = 0;
};

/// Everything rows of this device, of its chip on other back ends, of its architecture and of the back end
/// say of its times, multiplied; the nearest level with rows of its own is what an estimate rests on. `keys`
/// are the context's.
Nearness nearness(SpeedPhase phase, const SpeedContext& c, const std::vector<OffsetKey>& keys,
                  const Catalog& catalog) {
  Nearness near;
  near.basis = SpeedBasis::ceiling;
  for (const OffsetKey& key : keys) {
    const SpeedOffsetRow* row = catalog.speed_offset(phase, key.level, key.stack, key.key);
    if (row == nullptr) continue;
    near.factor *= row->factor;
    // Devices that take turns cannot be faster than one of them.
    if (phase == SpeedPhase::decode && key.key == "multi" && !c.tensor_parallel) {
      const SpeedOffsetRow* one = catalog.speed_offset(phase, key.level, key.stack, "gpu");
      if (one != nullptr && one->factor > row->factor) near.factor *= one->factor / row->factor;
    }
    if (key.decides) near = {key.level, near.factor, row->rows, row->clusters, row->sources};
  }
  return near;
}

SpeedSupport support(SpeedPhase phase, const Nearness& near, MachineKind kind, const Catalog& catalog) {
  SpeedSupport result;
  result.basis = near.basis;
  result.rows = near.rows;
  result.clusters = near.clusters;
  result.sources = near.sources;
  if (const SpeedIntervalRow* row = catalog.speed_interval(phase, near.basis, kind))
    result.half_width = row->half_width;
  return result;
}

void apply(SpeedPhase phase, double factor, TermFactors& factors) {
  for (std::size_t t = 0; t < kSpeedTermCount; ++t) {
    if (speed_phase(static_cast<SpeedTerm>(t)) == phase) factors[t] *= factor;
  }
}

/// The least near of all devices decides what an answer rests on.
const Nearness& farthest(const std::vector<Nearness>& all) {
  return *std::max_element(all.begin(), all.end(), [](const Nearness& a, const Nearness& b) {
    return a.basis != b.basis ? a.basis < b.basis : a.rows > b.rows;
  });
}

/// Rows of the one device that all are, of the very model and quant; none where there are none.
struct MeasuredRows {
  const MeasuredSpeedRow* decode = nullptr;
  const MeasuredSpeedRow* prefill = nullptr;
};

MeasuredRows rows_measured(const SpeedModel& m, const Machine& machine, const Settings& settings,
                           const Model& model, const Build& build, const Catalog& catalog) {
  const auto& devices = machine.devices;
  if (devices.empty() || std::any_of(devices.begin(), devices.end(),
                                     [&](const Device& d) { return d.id != devices.front().id; }))
    return {};
  const RuntimeRow* runtime = runtime_row(catalog, settings.runtime);
  const bool as_measured =
      settings.flash_attention && (runtime == nullptr || runtime->kernels == runtime->id);
  if (!as_measured) return {};
  const bool shared = devices.size() > 1 && settings.split_mode == SplitMode::tensor;
  const std::string stack = m.stack + (shared ? "+tensor" : "");
  const std::string chip = chip_key(devices.front().id);
  const std::string_view shape = shape_id(model.architecture, catalog);
  const auto row = [&](SpeedPhase phase) {
    return catalog.measured(phase, stack, chip, static_cast<std::uint32_t>(devices.size()), shape,
                            build.quant_id);
  };
  return {row(SpeedPhase::decode), row(SpeedPhase::prefill)};
}

void take_measured(const MeasuredSpeedRow* row, SpeedSupport& support, std::optional<MeasuredSpeed>& measured,
                   double& factor) {
  if (row == nullptr) return;
  support.basis = SpeedBasis::measured;
  support.half_width = row->half_width;
  support.rows = row->rows;
  support.sources = row->sources;
  support.clusters = row->sources;
  factor = row->factor;
  measured = MeasuredSpeed{row->rows,
                           row->sources,
                           row->low_tok_s,
                           row->high_tok_s,
                           row->least_depth,
                           row->most_depth,
                           {row->urls.begin(), row->urls.end()}};
}

void set_runtime(const Machine& machine, const Settings& settings, const Catalog& catalog, SpeedModel& m) {
  const RuntimeRow* runtime = runtime_row(catalog, settings.runtime);
  if (runtime != nullptr) m.prompt_pass = runtime->prompt_pass;
  constexpr std::string_view kUsualText = "mixed";
  for (const DraftRow& row : catalog.rows().drafts) {
    if (row.id != kUsualText) continue;
    m.draft_tokens = runtime != nullptr ? drafted_tokens(*runtime) : row.draft_tokens;
    m.draft_acceptance = settings.mtp_acceptance.value_or(row.acceptance);
  }
  const auto value = [&](std::string_view id) -> std::optional<double> {
    const SpeedParameterRow* row = catalog.speed_parameter(id);
    return row == nullptr ? std::nullopt : std::optional(row->value);
  };
  const auto verify = value("draft.verify"), metal = value("draft.metal"), fixed = value("draft.fixed_ms");
  if (verify && metal && fixed)
    m.drafting = DraftCosts{*verify, *metal, *fixed * kMillisecond, draft_balances(machine, catalog)};
  const bool given = settings.mtp_acceptance.has_value();
  m.mtp_half_width = value(given ? "draft.half_width" : "draft.half_width.usual").value_or(0);
  const auto power = value("users.fixed_power"), split = value("users.layer_split_power");
  if (power) m.batching = BatchCosts{*power, split.value_or(1)};
  const bool measured = settings.parallel <= value("users.most").value_or(0);
  m.users_half_width = value(measured ? "users.half_width" : "users.half_width.beyond").value_or(0);
}

void set_storage(const Settings& settings, const Catalog& catalog, SpeedModel& m) {
  for (const StorageRow& row : catalog.rows().storages) {
    if (row.id != settings.storage) continue;
    m.storage_bytes_per_s = static_cast<double>(row.bytes_per_s);
    m.storage_name = row.name;
  }
}

}  // namespace

std::optional<double> KnownParameters::value(const std::string& name) {
  const auto known = values_.find(name);
  if (known != values_.end()) return known->second;
  const SpeedParameterRow* row = catalog_.speed_parameter(parameter_id(name));
  return values_.emplace(name, row == nullptr ? std::nullopt : std::optional(row->value)).first->second;
}

double factor_of(SpeedTerm term, const SpeedContext& context, const ParameterValues& values) {
  double log_factor = 0;
  double sharing = 0;
  for (const Loading& l : loadings_of(term, context)) {
    const auto value = values(l.parameter);
    (l.sharing ? sharing : log_factor) += l.power * (value ? std::log(*value) : l.prior_mean);
  }
  return std::exp(log_factor + std::max(sharing, 0.0));
}

std::string stack_of(const Settings& settings, const Build& build, const Machine& machine,
                     const Catalog& catalog) {
  std::string backend(machine.devices.empty() ? backend_id(Backend::cpu)
                                              : backend_id(machine.devices.front().backend));
  if (build.format == "mlx") return "mlx";
  const RuntimeRow* runtime = runtime_row(catalog, settings.runtime);
  const std::string_view kernels = runtime == nullptr ? kLlamaKernels : runtime->kernels;
  if (kernels == kLlamaKernels) return backend;
  return kernels == "mlx" ? "mlx" : std::string(kernels) + "-" + backend;
}

std::string_view shape_id(const Architecture& a, const Catalog& catalog) {
  for (const ModelRow& row : catalog.rows().models) {
    if (row.status == ModelStatus::released && row.architecture == a) return row.id;
  }
  return "";
}

MachineKind machine_kind(const Machine& machine, bool in_ram) {
  if (in_ram || machine.devices.empty()) return MachineKind::host;
  return machine.devices.size() > 1 ? MachineKind::multi : MachineKind::gpu;
}

SpeedContext speed_context(const Machine& machine, std::size_t row, const Settings& settings,
                           const Model& model, const Build& build, const Catalog& catalog) {
  SpeedContext c;
  c.stack = stack_of(settings, build, machine, catalog);
  const RuntimeRow* runtime = runtime_row(catalog, settings.runtime);
  if (runtime != nullptr && runtime->kernels != runtime->id) c.engine = settings.runtime;
  c.moe = model.architecture.is_moe() || model.kind == ModelKind::moe;
  c.attention_only = model.architecture.full_attention_interval == 1;
  c.quantized_kv = !is_float(settings.kv_k) || !is_float(settings.kv_v);
  c.weight_class = weight_class(build);
  c.kind = machine.devices.empty() ? "host" : machine.devices.size() > 1 ? "multi" : "gpu";
  c.codebook = is_codebook(build);
  c.ram_bytes_per_s = machine.host.bandwidth_bytes_per_s;
  c.devices = static_cast<double>(std::max<std::size_t>(machine.devices.size(), 1));
  c.tensor_parallel = machine.devices.size() > 1 && settings.split_mode == SplitMode::tensor;
  if (row >= machine.devices.size()) return c;
  const Device& device = machine.devices[row];
  c.bandwidth_bytes_per_s = static_cast<double>(device.bandwidth_bytes_per_s.value_or(0));
  c.chip = chip_key(device.id);
  c.unified = device.kind == DeviceKind::unified;
  if (const DeviceRow* known = catalog.device_by_id(device.id)) {
    c.family = architecture_family(known->architecture);
    c.vendor = vendor_line(known->vendor, c.family);
    c.fp32_flops = known->fp32_tflops.value_or(0) * kTera;
    c.streaming_fraction = known->streaming_fraction.value_or(0);
  }
  return c;
}

namespace {

/// Factors and nearness of every device and of the host.
class Resolution {
 public:
  Resolution(const Machine& machine, const Settings& settings, const Model& model, const Build& build,
             KnownParameters& parameters)
      : catalog_(parameters.catalog()), parameters_(parameters) {
    const Catalog& catalog = catalog_;
    for (std::size_t row = 0; row < machine.devices.size(); ++row) {
      const bool same = row > 0 && machine.devices[row].id == machine.devices[row - 1].id;
      if (same) {
        m_.devices.push_back(m_.devices.back());
      } else {
        add_device(speed_context(machine, row, settings, model, build, catalog));
      }
    }
    add_host(speed_context(machine, machine.devices.size(), settings, model, build, catalog));
    set_support(SpeedPhase::decode, machine, m_.decode, m_.decode_beyond, m_.decode_in_ram);
    set_support(SpeedPhase::prefill, machine, m_.prefill, m_.prefill_beyond, m_.prefill_in_ram);
  }
  SpeedModel take() { return std::move(m_); }

 private:
  TermFactors factors(const SpeedContext& c) const {
    const ParameterValues values = [&](const std::string& name) { return parameters_.value(name); };
    TermFactors result{};
    for (std::size_t t = 0; t < kSpeedTermCount; ++t)
      result[t] = factor_of(static_cast<SpeedTerm>(t), c, values);
    return result;
  }

  void add_device(const SpeedContext& c) {
    m_.stack = c.stack;
    TermFactors all = factors(c);
    if (m_.devices.empty()) {
      first_ = c;
      first_factors_ = all;
    }
    const std::vector<OffsetKey> keys = offset_keys(c);
    for (const SpeedPhase phase : {SpeedPhase::decode, SpeedPhase::prefill}) {
      const Nearness near = nearness(phase, c, keys, catalog_);
      apply(phase, near.factor, all);
      (phase == SpeedPhase::decode ? decode_ : prefill_).push_back(near);
    }
    m_.devices.push_back(all);
  }

  /// What the devices do together, and the part in system RAM, goes with the first device's deviations.
  void add_host(const SpeedContext& host) {
    const bool alone = m_.devices.empty();
    if (alone) first_ = host;
    m_.stack = first_.stack;
    m_.host = alone ? factors(host) : first_factors_;
    SpeedContext in_ram = first_;
    in_ram.kind = "host";
    const std::vector<OffsetKey> keys = offset_keys(in_ram);
    const auto settle = [&](SpeedPhase phase, std::vector<Nearness>& near, double& in_ram_factor) {
      if (alone) near.push_back(nearness(phase, first_, offset_keys(first_), catalog_));
      apply(phase, near.front().factor, m_.host);
      in_ram_factor = nearness(phase, in_ram, keys, catalog_).factor / near.front().factor;
    };
    settle(SpeedPhase::decode, decode_, m_.decode_in_ram_factor);
    settle(SpeedPhase::prefill, prefill_, m_.prefill_in_ram_factor);
  }

  void set_support(SpeedPhase phase, const Machine& machine, SpeedSupport& on_devices, SpeedSupport& beyond,
                   SpeedSupport& in_ram) const {
    const Nearness& near = farthest(phase == SpeedPhase::decode ? decode_ : prefill_);
    on_devices = beyond = support(phase, near, machine_kind(machine, false), catalog_);
    in_ram = support(phase, near, MachineKind::host, catalog_);
  }

  const Catalog& catalog_;
  KnownParameters& parameters_;
  SpeedModel m_;
  SpeedContext first_;
  TermFactors first_factors_{};
  std::vector<Nearness> decode_, prefill_;
};

}  // namespace

std::string speed_class(const Build& build) {
  return build.format + "|" + weight_class(build) + (is_codebook(build) ? "|codebook" : "");
}

SpeedModel usual_speed(const Machine& machine, const Settings& settings, const Model& model,
                       const Build& build, KnownParameters& parameters) {
  const Catalog& catalog = parameters.catalog();
  SpeedModel m = Resolution(machine, settings, model, build, parameters).take();
  set_runtime(machine, settings, catalog, m);
  set_storage(settings, catalog, m);
  return m;
}

SpeedModel with_measured(SpeedModel m, const Machine& machine, const Settings& settings, const Model& model,
                         const Build& build, const Catalog& catalog) {
  const MeasuredRows rows = rows_measured(m, machine, settings, model, build, catalog);
  take_measured(rows.decode, m.decode, m.measured_decode, m.measured_decode_factor);
  take_measured(rows.prefill, m.prefill, m.measured_prefill, m.measured_prefill_factor);
  return m;
}

SpeedModel speed_model(const Machine& machine, const Settings& settings, const Model& model,
                       const Build& build, const Catalog& catalog) {
  KnownParameters parameters(catalog);
  return with_measured(usual_speed(machine, settings, model, build, parameters), machine, settings, model,
                       build, catalog);
}

}  // namespace qwenfit
