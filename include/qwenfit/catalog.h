#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/error.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "qwenfit/units.h"

/// Catalog rows mirror data/*.json field by field. Every view points into the binary or into the catalog that
/// parsed an overlay, and lives as long as the catalog. `json` is the whole row as written, for listings and
/// `explain`; `origin` is empty for built-in rows, else the overlay file the row came from; `source` is the
/// first source.
namespace qwenfit {

using Names = std::span<const std::string_view>;

struct GuideFigure {
  std::string_view quant;
  Bytes bytes = 0;
  std::string_view guide;
  std::string_view claim;
};

struct ModelRow {
  std::string_view id, name, family;
  ModelKind kind = ModelKind::dense;
  ModelStatus status = ModelStatus::released;
  std::uint32_t order = 0;
  Names aliases;
  Tokens max_context = 0;
  Architecture architecture;
  bool has_vision = false;
  VisionArchitecture vision;
  std::uint64_t total_params = 0, text_params = 0, active_params = 0;
  std::span<const GuideFigure> guide;
  std::string_view nearest_released;  ///< id, for guide_only
  std::string_view source, date, json, origin;
};

/// How a format by rule stores one kind of tensor: quantized as the rule says, as BF16, in 8 bits with the
/// rule's groups, or not at all.
enum class Storage : std::uint8_t { linear, bf16, int8, none };

/// How a format other than GGUF stores tensors: `linear_bits` per weight plus scale and zero per group of
/// `group` weights (of `block_rows` rows; 0 means each row has its own), and which tensors are stored so.
struct FormatRule {
  std::uint32_t linear_bits = 0, group = 0, scale_bits = 0, zero_bits = 0, block_rows = 0;
  Storage embedding = Storage::bf16, output = Storage::bf16, experts = Storage::linear,
          shared_expert = Storage::linear;
  Storage attention = Storage::linear, linear_attention = Storage::linear, linear_gates = Storage::bf16;
  Storage mtp = Storage::bf16, router = Storage::bf16;
  bool moe_experts_only = false;  ///< of a MoE model, routed experts alone are quantized
};

struct QuantRow {
  std::string_view id, name, format;
  std::optional<Mixture> mixture;  ///< none for formats by rule
  bool mixture_exact = false;
  std::optional<FormatRule> rule;
  std::optional<TensorType>
      embedding_type;  ///< of the token embedding, where known to differ from the mixture's
  std::uint32_t bits = 0, order = 0;
  std::optional<double> moe_dense_bits;  ///< of a MoE file's block tensors other than experts, where known
  bool offer = false, moe_only = false;
  Names aliases;
  std::string_view source, date, json, origin;
};

struct BuildRow {
  std::string_view model, quant, publisher, repo, file;
  std::optional<Bytes> bytes;
  std::optional<double> shown_gb;
  bool has_mtp_block = false, bundles_vision = false;
  std::string_view source, date, json, origin;
};

struct ProjectorRow {
  std::string_view model, publisher, type;
  Bytes bytes = 0;
  std::string_view source, date, json, origin;
};

struct HeaderRow {
  std::string_view id;  ///< model family
  Bytes bytes = 0;
  std::string_view source, date, json, origin;
};

enum class DeviceClass : std::uint8_t { gpu, mac, apu, cpu };

struct ReportedTotal {
  std::string_view os, via;
  Bytes bytes = 0;
  std::string_view source;
};
struct DeviceLimit {
  std::string_view os;  ///< linux, windows, macos-15, macos-26
  Bytes bytes = 0;
  bool measured = false;
  std::string_view source;
};

struct DeviceRow {
  std::string_view id, name;
  DeviceClass device_class = DeviceClass::gpu;
  std::string_view vendor, segment, architecture, chip;
  Names aliases;
  bool unified = false;
  std::string_view memory_type;
  std::optional<Bytes> capacity, bandwidth_bytes_per_s;
  std::uint32_t channels = 0;                ///< of memory; 0 unknown
  std::optional<double> streaming_fraction;  ///< of the specified bandwidth, as measured
  std::uint32_t multiprocessors = 0;         ///< 0 unknown
  std::optional<double> fp32_tflops, fp16_tflops, fp16_tensor_tflops, bf16_tensor_tflops, int8_tops;
  std::uint32_t pcie_gen = 0, pcie_lanes = 0;  ///< 0 unknown or none
  std::optional<Bytes> nvlink_bytes_per_s;
  Backend default_backend = Backend::generic;
  std::span<const ReportedTotal> reported;
  std::span<const DeviceLimit> limits;
  std::optional<double> price_low_usd, price_high_usd;  ///< of the newest dated range
  std::string_view price_date;
  std::string_view source, date, json, origin;
};

struct AmbiguousRow {
  std::string_view name;
  Names choices;
  std::string_view source, date, json, origin;
};
struct NeverExistedRow {
  std::string_view name;
  Names aliases;
  std::string_view why;
  Names nearest;
  std::string_view source, date, json, origin;
};
struct BackendRow {
  Backend id = Backend::generic;
  std::string_view name;
  ComputeRules compute_rules = ComputeRules::generic;
  Bytes weight_alignment = 1, row_padding = 0;
  Bytes context_base = 0, context_per_multiprocessor = 0, context_default = 0;
  std::string_view source, date, json, origin;
};
enum class ReserveKind : std::uint8_t { display, driver_gap, os, host_process };
struct ReserveRow {
  std::string_view id;
  ReserveKind kind = ReserveKind::display;
  std::string_view os, vendor;
  Bytes base = 0, per_gib = 0;
  std::string_view source, date, json, origin;
};
struct MetalLimitRow {
  Bytes capacity = 0;
  std::string_view os;
  Bytes bytes = 0;
  bool measured = false;
  std::string_view source, date, json, origin;
};
struct ApuLimitRow {
  std::string_view vendor, os, architecture;
  double fraction = 0;
  std::string_view source, date, json, origin;
};
struct RuntimeRow {
  std::string_view id, name, min_version, memory_model;
  std::string_view kernels;            ///< runtime whose kernels do the work: its speed is that runtime's
  SplitMode split = SplitMode::layer;  ///< how several devices usually share a model
  Tokens prompt_pass = 0;              ///< tokens of one pass over a prompt; 0: --ubatch
  std::string_view note;
  Names formats;
  std::string_view source, date, json, origin;
};

/// A fitted constant of the speed model: a factor, or a time in `unit`.
struct SpeedParameterRow {
  std::string_view id;  ///< the term and what it is fitted for: "weights|cuda"
  double value = 0;
  std::string_view unit;
  std::string_view source, date, json, origin;
};
/// What measured times of one device or architecture are of the times the parameters give.
struct SpeedOffsetRow {
  SpeedPhase phase = SpeedPhase::decode;
  SpeedBasis level = SpeedBasis::device;  ///< device, architecture or backend
  std::string_view stack, key;
  double factor = 1;
  std::uint32_t rows = 0, clusters = 0, sources = 0;
  std::string_view source, date, json, origin;
};
/// Machines whose errors differ: one GPU, several, or a part of the model on the CPU.
enum class MachineKind : std::uint8_t { gpu, multi, host };
struct SpeedIntervalRow {
  SpeedPhase phase = SpeedPhase::decode;
  SpeedBasis level = SpeedBasis::ceiling;
  MachineKind machine = MachineKind::gpu;
  double half_width = 0;  ///< of ln(tok/s)
  double coverage = 0;
  std::uint32_t clusters = 0;
  std::string_view source, date, json, origin;
};
/// Benchmark rows of one combination, summed up.
struct MeasuredSpeedRow {
  SpeedPhase phase = SpeedPhase::decode;
  std::string_view stack, device;  ///< the device's chip
  std::uint32_t count = 0;
  std::string_view model, quant;
  std::uint32_t rows = 0, sources = 0;
  double low_tok_s = 0, high_tok_s = 0;
  Tokens least_depth = 0, most_depth = 0;  ///< decode: tokens in context; prefill: tokens of prompt
  double factor = 1;                       ///< measured times of what the parameters give
  double half_width = 0;                   ///< of ln(tok/s)
  Names urls;
  std::string_view source, date, json, origin;
};
/// A link between the host and a device, or between devices.
struct LinkRow {
  std::string_view id, name;
  Bytes bytes_per_s = 0;  ///< one direction, as copies reach it
  std::string_view source, date, json, origin;
};
struct StorageRow {
  std::string_view id, name;
  Bytes bytes_per_s = 0;  ///< reading a large file in order
  Names aliases;
  std::string_view source, date, json, origin;
};
/// What a speed of `least_tok_s` and more feels like, up to the next row of the phase.
struct SpeedWordsRow {
  std::string_view id;
  SpeedPhase phase = SpeedPhase::decode;
  double least_tok_s = 0;
  std::string_view words;
  std::string_view source, date, json, origin;
};
/// Speculative decoding with the model's own MTP block, by kind of text.
struct DraftRow {
  std::string_view id;
  double acceptance = 0;  ///< share of drafted tokens that are accepted
  std::uint32_t draft_tokens = 0;
  Names aliases;
  std::string_view source, date, json, origin;
};

/// Everything the program knows, by kind, each in its listing order.
struct CatalogRows {
  std::span<const ModelRow> models;
  std::span<const QuantRow> quants;
  std::span<const BuildRow> builds;
  std::span<const ProjectorRow> projectors;
  std::span<const HeaderRow> headers;
  std::span<const DeviceRow> devices;
  std::span<const AmbiguousRow> ambiguous;
  std::span<const NeverExistedRow> never_existed;
  std::span<const BackendRow> backends;
  std::span<const ReserveRow> reserves;
  std::span<const MetalLimitRow> metal_limits;
  std::span<const ApuLimitRow> apu_limits;
  std::span<const RuntimeRow> runtimes;
  std::span<const SpeedParameterRow> speed_parameters;  ///< by id
  std::span<const SpeedOffsetRow> speed_offsets;        ///< by phase, level, stack and key
  std::span<const SpeedIntervalRow> speed_intervals;    ///< by phase, level and machine
  std::span<const MeasuredSpeedRow> measured_speeds;    ///< by phase, stack, device, count, model and quant
  std::span<const LinkRow> links;
  std::span<const StorageRow> storages;
  std::span<const SpeedWordsRow> speed_words;  ///< by phase, slowest first
  std::span<const DraftRow> drafts;
  std::string_view date;  ///< newest date of a built-in row
};

/// The compiled-in rows, with the rows of overlays in place of those with the same id or added after them.
class Catalog {
 public:
  /// The compiled-in rows alone.
  static const Catalog& builtin();
  /// Built-in rows plus overlays: files, or folders whose *.json files are taken in name order.
  /// Fails with `bad_file`: file, JSON pointer, what was expected.
  static Result<Catalog> with_overlays(const std::vector<std::string>& paths);

  Catalog(Catalog&&) noexcept;
  Catalog& operator=(Catalog&&) noexcept;
  ~Catalog();

  const CatalogRows& rows() const { return rows_; }
  /// Files that were overlaid, in order.
  const std::vector<std::string>& overlays() const { return overlays_; }

  /// A model by id or alias; a bare size names Qwen 3.5. Error: unknown_model with the nearest three.
  Result<const ModelRow*> model(std::string_view name) const;
  /// A GPU, Mac or APU by id or alias. Error: unknown_gpu, ambiguous_name with the choices, never_existed.
  Result<const DeviceRow*> gpu(std::string_view name) const;
  /// A CPU by id or alias, the same errors (unknown_cpu).
  Result<const DeviceRow*> cpu(std::string_view name) const;
  /// A quant by id or alias, without `@publisher`. Error: unknown_quant.
  Result<const QuantRow*> quant(std::string_view name) const;

  const ModelRow* model_by_id(std::string_view id) const;
  const QuantRow* quant_by_id(std::string_view id) const;
  const DeviceRow* device_by_id(std::string_view id) const;
  /// Every published build of one quant of one model.
  std::vector<const BuildRow*> builds_of(std::string_view model_id, std::string_view quant_id) const;
  const BackendRow& backend(Backend id) const;

  /// Calibration; nullptr where nothing was fitted.
  const SpeedParameterRow* speed_parameter(std::string_view id) const;
  const SpeedOffsetRow* speed_offset(SpeedPhase phase, SpeedBasis level, std::string_view stack,
                                     std::string_view key) const;
  const SpeedIntervalRow* speed_interval(SpeedPhase phase, SpeedBasis level, MachineKind machine) const;
  const MeasuredSpeedRow* measured(SpeedPhase phase, std::string_view stack, std::string_view device,
                                   std::uint32_t count, std::string_view model, std::string_view quant) const;

 private:
  struct Storage;
  Catalog();
  std::unique_ptr<Storage> storage_;  ///< rows and text of overlays
  CatalogRows rows_;
  std::vector<std::string> overlays_;
};

/// Findings of `catalog check`: every fault of one overlay file, each with its JSON pointer; empty when it is
/// good.
std::vector<Error> check_overlay(const std::string& path);

/// At most `count` names nearest to `typed`, best first (edit distance on normalised names).
std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string_view>& names,
                                       std::size_t count = 3);

}  // namespace qwenfit
