#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/claim_rows.h"
#include "qwenfit/cost_rows.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/runtime.h"
#include "qwenfit/runtime_rows.h"
#include "qwenfit/scenario.h"
#include "qwenfit/speed.h"
#include "qwenfit/units.h"

/// Catalog rows mirror data/*.json field by field. Every view points into the binary or into the catalog that
/// parsed an overlay, and lives as long as the catalog. `json` is the whole row as written, for listings and
/// `explain`; `origin` is empty for built-in rows, else the overlay file the row came from; `source` is the
/// first source.
namespace qwenfit {

struct GuideFigure {
  std::string_view quant;
  Bytes bytes = 0;
  std::string_view guide;
  std::string_view claim;
};

struct ModelRow {
  std::string_view id, name, family;
  std::string_view repo;  ///< of the original, on Hugging Face; empty when unknown
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
  bool from_original = false;     ///< runtimes make it of the original model while they load that
  std::string_view convert_mode;  ///< with which a tool of its runtime makes it of the original; empty: none
};

struct QuantRow {
  std::string_view id, name, format;
  std::optional<Mixture> mixture;  ///< none for formats by rule
  bool mixture_exact = false;
  std::optional<std::uint32_t> file_type;  ///< `general.file_type` in files of it: llama.cpp's number
  std::optional<FormatRule> rule;
  std::optional<TensorType>
      embedding_type;  ///< of the token embedding, where known to differ from the mixture's
  std::uint32_t bits = 0, order = 0;
  std::optional<double> moe_dense_bits;  ///< of a MoE file's block tensors other than experts, where known
  bool offer = false, moe_only = false;
  bool named_only = false;  ///< left out of `all`: for models trained to be stored so
  std::string_view
      stands_in_for;  ///< id of an offered quant that this one replaces where it alone is published
  Names aliases;
  Names runtimes;  ///< that take it, the usual one first
  std::string_view source, date, json, origin;
};

struct BuildRow {
  std::string_view model, quant, publisher, repo, file;
  std::optional<Bytes> bytes;
  std::optional<double> shown_gb;
  bool has_mtp_block = false, bundles_vision = false;
  bool in_parts = false;  ///< several files, `file` being empty or the first of them
  std::string_view source, date, json, origin;
};

/// Where a format by rule is found when no publisher is named.
struct RepositoryRow {
  std::string_view model, quant, repo;
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
/// How a GPU is built: for a PCIe slot, or as a module for the board of a server.
enum class DeviceForm : std::uint8_t { card, module };

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
  std::optional<double> compute_capability;  ///< of NVIDIA devices
  std::string_view gfx_target;               ///< of AMD devices; empty: unknown
  std::optional<double> fp32_tflops, fp16_tflops, fp16_tensor_tflops, bf16_tensor_tflops, int8_tops;
  std::uint32_t pcie_gen = 0, pcie_lanes = 0;  ///< 0 unknown or none
  std::optional<double> psu_w;                 ///< supply recommended for a computer with one of it
  std::uint32_t slots = 0;                     ///< of a case that a card covers; 0 unknown or none
  std::uint32_t gpus_per_board = 1;  ///< each a device of this row: price, power and slots are the board's
  DeviceForm form = DeviceForm::card;
  std::optional<Bytes> nvlink_bytes_per_s;  ///< as specified, both ways together
  std::string_view nvlink_link;             ///< id of its LinkRow; empty: none, or none known
  Backend default_backend = Backend::generic;
  std::span<const ReportedTotal> reported;
  std::span<const DeviceLimit> limits;
  std::optional<double> tdp_w;  ///< rated power of the card or chip
  std::span<const PriceRange> prices;
  std::optional<double> price_low_usd, price_high_usd;  ///< of the range to count with: see counted_price
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
  std::string_view device_name;  ///< what llama.cpp calls its devices, before their number; empty: not known
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
  bool bridge = false;    ///< sold apart and joins two cards; otherwise part of the board or the machine
  std::string_view source, date, json, origin;
};
struct StorageRow {
  std::string_view id, name;
  Bytes bytes_per_s = 0;  ///< reading a large file in order
  Names aliases;
  std::string_view source, date, json, origin;
};
/// A figure that a power supply is reckoned with.
struct PowerRuleRow {
  std::string_view id;
  double value = 0;
  std::string_view unit;  ///< W or us; or `times` and `share`, of the rated power
  std::string_view about;
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

/// A published measurement of what quantizing costs: of the weights, or, with another cache type than f16, of
/// the KV cache on these weights.
struct QualityRow {
  std::string_view model, quant;
  std::string_view publisher;  ///< lower case; empty where not told
  std::string_view kv;         ///< type of both caches
  std::string_view metric;     ///< mean_kld, top1_agreement, perplexity, or a benchmark
  double value = 0;
  std::string_view unit;
  std::string_view protocol;  ///< values are compared within one alone
  std::string_view source, date, json, origin;
};
/// A protocol of QualityRow for one kind of model, and what its mean KL divergences are worth in the
/// reference protocol of that kind.
struct QualityProtocolRow {
  std::string_view id;
  ModelKind kind = ModelKind::dense;
  bool reference = false;
  std::optional<double> factor;  ///< none: shares no quant with the reference
  std::uint32_t pairs = 0;       ///< quants that both measured
  std::string_view source, date, json, origin;
};
/// Usual mean KL divergence of weights of so many bits or in a format, or of a KV cache of a type.
struct QualityLevelRow {
  ModelKind kind = ModelKind::dense;
  std::string_view of;            ///< weights, quant or kv
  std::string_view name;          ///< bits, the quant's id, or the cache's type
  std::optional<Tokens> context;  ///< of a cache: at this many tokens; none: at any
  double mean_kld = 0;
  std::uint32_t rows = 0;
  bool estimate = false;  ///< worked out from other figures, as the source says
  std::string_view source, date, json, origin;
};
/// How a mean KL divergence reads, from its threshold up to the next.
struct QualityWordsRow {
  std::string_view id;
  double least_kld = 0;
  std::string_view words;
  std::string_view source, date, json, origin;
};

/// A preference or a usual purchase that advice rests on.
struct AdviceRow {
  std::string_view id;
  std::optional<double> value;
  std::string_view unit;
  Names options;  ///< what to type, least first
  std::string_view source, date, json, origin;
};

/// Everything the program knows, by kind, each in its listing order.
struct CatalogRows {
  std::span<const ModelRow> models;
  std::span<const QuantRow> quants;
  std::span<const BuildRow> builds;
  std::span<const RepositoryRow> repositories;
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
  std::span<const RuntimeOptionRow> runtime_options;    ///< by runtime, program and first name
  std::span<const SpeedParameterRow> speed_parameters;  ///< by id
  std::span<const SpeedOffsetRow> speed_offsets;        ///< by phase, level, stack and key
  std::span<const SpeedIntervalRow> speed_intervals;    ///< by phase, level and machine
  std::span<const MeasuredSpeedRow> measured_speeds;    ///< by phase, stack, device, count, model and quant
  std::span<const LinkRow> links;
  std::span<const StorageRow> storages;
  std::span<const PowerRuleRow> power_rules;
  std::span<const SpeedWordsRow> speed_words;  ///< by phase, slowest first
  std::span<const DraftRow> drafts;
  std::span<const ClaimRow> claims;
  std::span<const QualityRow> quality;  ///< by model, quant, publisher
  std::span<const QualityProtocolRow> quality_protocols;
  std::span<const QualityLevelRow> quality_levels;
  std::span<const QualityWordsRow> quality_words;  ///< least loss first
  std::span<const PowerRow> power;
  std::span<const PowerShareRow> power_shares;
  std::span<const HostPowerRow> host_power;
  std::span<const AdviceRow> advice;
  std::string_view date;  ///< newest date of a built-in row
};

}  // namespace qwenfit
