#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/backend.h"
#include "qwenfit/model.h"
#include "qwenfit/quality.h"
#include "qwenfit/quant.h"
#include "qwenfit/speed.h"
#include "qwenfit/units.h"
#include "qwenfit/weights.h"

namespace qwenfit {

enum class DeviceKind : std::uint8_t { gpu, unified, host };
enum class Os : std::uint8_t { linux_os, windows, macos };
enum class SplitMode : std::uint8_t { layer, tensor };
std::string_view os_id(Os os);
std::string_view split_mode_id(SplitMode mode);

/// How well a number of a machine is known.
enum class FactBasis : std::uint8_t { measured, estimated, given };

/// One accelerator with every number the sum needs, resolved from the catalog or given by the person.
struct Device {
  std::string id;  ///< catalog id or `custom`
  std::string name;
  std::uint32_t named = 0;  ///< place among the devices as the person named them
  DeviceKind kind = DeviceKind::gpu;
  Backend backend = Backend::cuda;
  std::string_view backend_name;  ///< what llama.cpp calls devices of the back end, before their number
  ComputeRules rules = ComputeRules::cuda;
  Bytes capacity = 0;  ///< nominal memory; of the whole pool for unified memory
  Bytes reported = 0;  ///< total as the driver states it
  Bytes limit = 0;  ///< what the device may allocate: the reported total, Metal's working set, an APU's GTT
  FactBasis reported_basis = FactBasis::measured;
  FactBasis limit_basis = FactBasis::measured;
  std::string reported_source;  ///< where `reported` and `limit` come from, for `explain`
  std::string limit_source;
  Bytes runtime = 0;           ///< driver and runtime context of the process
  std::string runtime_inputs;  ///< numbers behind `runtime`, for `explain`
  std::string runtime_source;
  Bytes display = 0;  ///< desktop reserve; non-zero on the device that was named first only
  std::string display_source;
  std::optional<Bytes> bandwidth_bytes_per_s;  ///< of the memory, as specified
  std::optional<double> tflops;                ///< half precision, when the person gave it
  std::optional<double>
      matmul_flops;                  ///< what prefill is measured against: see `matmul_flops()` in src/speed
  std::optional<double> peak_flops;  ///< the highest specified dense rate: the ceiling of prefill
  std::optional<double> host_link_bytes_per_s;  ///< PCIe to the host; none for unified memory
  std::optional<double> own_link_bytes_per_s;   ///< of the card's own slot at full width
  std::optional<double>
      peer_link_bytes_per_s;  ///< to every other device, each way; none: over the host's links
  std::string links;          ///< words for links that the person gave; empty: the device's own slot
};

struct Host {
  std::string cpu_id;  ///< empty when not given
  std::string cpu_name;
  std::optional<Bytes> capacity;  ///< system RAM; none when not given or part of a unified pool
  Bytes os_reserve = 0;
  std::string os_reserve_source;
  double bandwidth_bytes_per_s = 0;  ///< of system RAM; the usual desktop's when not given
  bool bandwidth_assumed = true;
};

struct Machine {
  std::string name;
  Os os = Os::linux_os;
  bool headless = false;
  std::vector<Device> devices;  ///< in the runtime's order; empty: CPU only
  std::uint32_t left_out =
      0;  ///< devices beyond those that the runtime takes: the slowest, not among `devices`
  Host host;
};

struct RuntimeRules;

/// Placement options that the person forced; none means the planner chooses.
struct ForcedPlacement {
  std::optional<std::uint32_t> gpu_layers;
  std::optional<std::uint32_t> cpu_moe_layers;
  std::vector<double> tensor_split;
};

struct Settings {
  std::string runtime = "llama.cpp";
  Tokens context = 0;  ///< as asked; padded inside
  Tokens depth = 0;
  Tokens prompt = 0;
  std::uint32_t parallel = 1;  ///< slots sharing one unified cache
  TensorType kv_k = TensorType::f16;
  TensorType kv_v = TensorType::f16;
  std::uint32_t ubatch = 512;
  bool flash_attention = true;
  SplitMode split_mode = SplitMode::layer;
  bool vision = false;
  bool mtp = false;
  std::optional<double> mtp_acceptance;  ///< share of drafted tokens accepted; none: the usual
  std::string storage;                   ///< catalog id; empty: the usual
  ForcedPlacement forced;
};

/// Where the bytes of the tensors come from.
enum class TensorBasis : std::uint8_t { computed, published, scaled, guide, file };
std::string_view tensor_basis_id(TensorBasis basis);

struct Model {
  std::string id;
  std::string name;
  std::string repo;    ///< of the original weights; empty when unknown
  std::string folder;  ///< where they lie on this computer; empty when they are not known to
  ModelKind kind = ModelKind::dense;
  ModelStatus status = ModelStatus::released;
  Architecture architecture;
  std::optional<VisionArchitecture> vision;
  Tokens max_context = 0;
  std::string nearest_released;      ///< name of the nearest released model, for guide_only
  std::uint32_t layers_assumed = 0;  ///< for guide_only: of the nearest released model
  double parameters_assumed = 0;     ///< for guide_only: as its name says
  double active_share_assumed = 1;   ///< for guide_only: of the parameters, what a token reads
  std::string source;
};

/// What a tool that makes a build of the original model is told.
struct Conversion {
  std::uint32_t bits = 0;
  std::uint32_t group = 0;  ///< weights that share a scale
  std::string mode;         ///< what the tool calls the kind of quantization
};

struct TypedTensor;

/// One file (or repository) of a model, and the bytes of its tensors by layer.
struct Build {
  std::string quant_id;
  std::string quant_name;
  std::string publisher;
  std::string format;      ///< gguf, safetensors or mlx
  std::uint32_t bits = 0;  ///< nominal bits per weight
  std::optional<Bytes> file_bytes;
  TensorBasis basis = TensorBasis::computed;
  bool has_mtp_block = false;
  std::string runtime;             ///< the usual runtime of a format that llama.cpp does not take; else empty
  std::optional<Mixture> mixture;  ///< whose rule gives (or, scaled, approximates) the tensor types
  std::string repo;
  bool from_original = false;  ///< no repository has it: the runtime makes it of the original while loading
  std::optional<Conversion> conversion;  ///< no repository has it: a person makes it of the original
  bool obtainable = true;                ///< somebody publishes it, or it is made of the original
  std::string file;
  bool in_parts = false;       ///< several files, `file` being empty or the first of them
  bool quant_nearest = false;  ///< of a file that is of no known quant: the one that it comes nearest to
  std::string source;
  Bytes guide_weights = 0;               ///< for TensorBasis::guide
  std::optional<WeightQuality> quality;  ///< none where nothing is known
  /// Of a file whose own table was read, every tensor with its type; else none.
  std::shared_ptr<const std::vector<TypedTensor>> tensors;
  const WeightTable* weights = nullptr;  ///< not for TensorBasis::guide; outlives the scenario
};

/// The projector that `vision` loads.
struct Projector {
  Bytes weights = 0;
  std::string source;
};

/// A question with every name resolved. Pointers must outlive the call.
struct Scenario {
  const Model* model = nullptr;
  const Build* build = nullptr;
  const Machine* machine = nullptr;
  Projector projector;
  Settings settings;
  const SpeedModel* speed =
      nullptr;  ///< calibration for this build on this machine; none: no speed is answered
  const RuntimeRules* runtime = nullptr;  ///< memory rules of a runtime of its own; none: llama.cpp's
};

}  // namespace qwenfit
