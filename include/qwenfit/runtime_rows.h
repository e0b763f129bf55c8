#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/runtime.h"
#include "qwenfit/scenario.h"
#include "qwenfit/units.h"

/// Rows about runtimes and their options; see catalog_rows.h.
namespace qwenfit {

using Names = std::span<const std::string_view>;

/// A type of KV cache that a runtime takes from files of some formats, and what it calls it.
struct RuntimeKvType {
  TensorType type = TensorType::f16;
  std::string_view name;
  Names formats;
};
/// The context that a runtime takes by itself when the GPUs together have at least this much memory.
struct ContextTier {
  Bytes min_device = 0;
  Tokens context = 0;
};
/// What to know about a runtime, in one sentence.
struct Caveat {
  std::string_view text, source;
};
struct RuntimeRow {
  std::string_view id, name, min_version, recommended_version;
  Names formats;
  Names gguf_backends, safetensors_backends, mlx_backends;  ///< ids of the back ends it runs on, by format
  Tokens default_context = 0;                               ///< 0: by `context_tiers`, or as used
  std::span<const ContextTier> context_tiers;
  std::uint32_t default_slots = 0, default_batch = 0, default_ubatch = 0;  ///< 0: no fixed number
  std::uint32_t max_sequences = 0;                                         ///< 0: no limit
  std::uint32_t max_devices = 0;                                           ///< 0: no limit
  std::optional<double> one_device_share;  ///< of its memory: so far a single device is taken alone
  bool vision_with_all_layers = false;     ///< otherwise the vision part is in system RAM
  std::span<const RuntimeKvType> kv_types;
  bool kv_same = false;   ///< K and V have the same type
  Names tensor_parallel;  ///< ids of the back ends on which it divides every layer among devices
  bool layer_split = false, layer_offload = false, expert_offload = false;
  Names forced;  ///< options of a forced placement that it can follow
  bool mtp = false;
  VisionLoading vision = VisionLoading::optional;
  MemoryModel memory_model = MemoryModel::llama_cpp;
  std::optional<PagedRule> paged;
  std::optional<PoolsRule> pools;
  std::optional<GrowingRule> growing;  ///< of its engine for MLX files
  std::string_view kernels;            ///< runtime whose kernels do the work: its speed is that runtime's
  SplitMode split = SplitMode::layer;  ///< how several devices usually share a model
  Tokens prompt_pass = 0;              ///< tokens of one pass over a prompt; 0: --ubatch
  RuntimeHardware hardware;
  std::string_view note;
  std::span<const Caveat> caveats;
  std::string_view source, date, json, origin;
};

/// What follows an option: nothing, a whole number, a number, several with commas between them, one of a
/// list, or any text. Numbers keep to a range; words of `choices` are taken as well.
enum class OptionValue : std::uint8_t { flag, integer, number, numbers, choice, text };
/// An option, environment variable or setting of one of a runtime's programs.
struct RuntimeOptionRow {
  std::string_view runtime, program;
  Names names;  ///< every spelling; launch commands use the first
  OptionValue value = OptionValue::flag;
  std::optional<double> least, most;
  Names choices;
  std::optional<double> usual;  ///< what the program takes when the option is left out
  std::string_view version;     ///< of the runtime that was read
  std::string_view source, date, json, origin;
};

}  // namespace qwenfit
