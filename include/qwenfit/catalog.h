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
};

struct QuantRow {
  std::string_view id, name, format;
  std::optional<Mixture> mixture;  ///< none for formats by rule
  bool mixture_exact = false;
  std::optional<FormatRule> rule;
  std::optional<TensorType>
      embedding_type;  ///< of the token embedding, where known to differ from the mixture's
  std::uint32_t bits = 0, order = 0;
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
  std::string_view vendor, segment, architecture;
  Names aliases;
  bool unified = false;
  std::optional<Bytes> capacity, bandwidth_bytes_per_s;
  std::uint32_t multiprocessors = 0;  ///< 0 unknown
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
  std::string_view id, name, min_version, memory_model, note;
  Names formats;
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
