#include "catalog/ids.h"

#include <array>

namespace qwenfit {
namespace {

using std::string_view;

constexpr std::array<string_view, 2> kModelKinds = {"dense", "moe"};
constexpr std::array<string_view, 2> kModelStatuses = {"released", "guide_only"};
constexpr std::array<string_view, 4> kDeviceClasses = {"gpu", "mac", "apu", "cpu"};
constexpr std::array<string_view, 4> kReserveKinds = {"display", "driver_gap", "os", "host_process"};
constexpr std::array<string_view, 22> kClaimKinds = {"set_up",
                                                     "file_size",
                                                     "kv_cache",
                                                     "kv_against_qwen3",
                                                     "memory_against_qwen3",
                                                     "vision_size",
                                                     "max_context",
                                                     "context_on_device",
                                                     "spare",
                                                     "faster",
                                                     "slower",
                                                     "two_cards",
                                                     "bandwidth",
                                                     "power_supply",
                                                     "price",
                                                     "budget_pick",
                                                     "load_time",
                                                     "ollama_tags",
                                                     "runtimes",
                                                     "runtime_quants",
                                                     "published_quants",
                                                     "upgrade"};
constexpr std::array<string_view, 7> kBackends = {"cuda", "metal", "vulkan", "rocm",
                                                  "sycl", "cpu",   "generic"};
constexpr std::array<string_view, 4> kComputeRules = {"cuda", "metal", "cpu", "generic"};
constexpr std::array<string_view, 4> kStorages = {"linear", "bf16", "int8", "none"};
constexpr std::array<string_view, 3> kOses = {"linux", "windows", "macos"};
constexpr std::array<string_view, 2> kSplitModes = {"layer", "tensor"};
constexpr std::array<string_view, 4> kMemoryModels = {"llama.cpp", "paged", "pools", "growing"};
constexpr std::array<string_view, 3> kVisionLoadings = {"optional", "bundled", "none"};
constexpr std::array<string_view, 5> kTensorBases = {"computed", "published", "scaled", "guide", "file"};
constexpr std::array<string_view, 4> kVerdicts = {"fits", "tight", "offload", "no_fit"};
constexpr std::array<string_view, kTermCount> kTerms = {"weights", "kv_cache", "recurrent_state", "compute",
                                                        "vision",  "mtp",      "runtime",         "display"};
constexpr std::array<string_view, static_cast<std::size_t>(TensorType::count)> kTensorTypes = {
    "f32",     "f16",   "bf16",   "q4_0",   "q4_1",  "q5_0",  "q5_1",    "q8_0",   "q2_k",
    "q3_k",    "q4_k",  "q5_k",   "q6_k",   "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s",
    "iq3_xxs", "iq3_s", "iq4_nl", "iq4_xs", "tq1_0", "tq2_0", "mxfp4",   "fp8"};
constexpr std::array<string_view, static_cast<std::size_t>(SpeedBasis::count)> kSpeedBases = {
    "measured", "device", "architecture", "backend", "ceiling"};
constexpr std::array<string_view, static_cast<std::size_t>(QualityBasis::count)> kQualityBases = {
    "measured", "same_quant", "other_kind", "bits"};
constexpr std::array<string_view, 2> kSpeedPhases = {"decode", "prefill"};
constexpr std::array<string_view, 6> kOptionValues = {"flag",    "integer", "number",
                                                      "numbers", "choice",  "text"};
constexpr std::array<string_view, 2> kDeviceForms = {"card", "module"};
constexpr std::array<string_view, 5> kPriceConditions = {"used", "new", "either", "list", "range_of_models"};
constexpr std::array<string_view, 4> kPowerStates = {"decode", "idle", "load", "transient"};
constexpr std::array<string_view, 2> kPowerScopes = {"card", "machine"};
constexpr std::array<string_view, 3> kPowerReadings = {"average", "peak", "stated"};
constexpr std::array<string_view, 3> kMachineKinds = {"gpu", "multi", "host"};

struct CodeRow {
  string_view id;
  int exit_code;
};
/// The only table from kinds of failure to exit codes, in the order of ErrorCode.
constexpr std::array<CodeRow, static_cast<std::size_t>(ErrorCode::bad_file) + 1> kErrorCodes = {{
    {"usage", 2},
    {"unknown_model", 2},
    {"unknown_gpu", 2},
    {"unknown_cpu", 2},
    {"unknown_quant", 2},
    {"unknown_option_value", 2},
    {"ambiguous_name", 2},
    {"never_existed", 2},
    {"bad_combination", 2},
    {"bad_file", 3},
}};

template <typename Enum, std::size_t N>
string_view id_in(const std::array<string_view, N>& ids, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? ids[index] : string_view("unknown");
}

}  // namespace

std::span<const string_view> ids_of(ModelKind) {
  return kModelKinds;
}
std::span<const string_view> ids_of(ModelStatus) {
  return kModelStatuses;
}
std::span<const string_view> ids_of(DeviceClass) {
  return kDeviceClasses;
}
std::span<const string_view> ids_of(ClaimKind) {
  return kClaimKinds;
}
std::span<const string_view> ids_of(ReserveKind) {
  return kReserveKinds;
}
std::span<const string_view> ids_of(Backend) {
  return kBackends;
}
std::span<const string_view> ids_of(ComputeRules) {
  return kComputeRules;
}
std::span<const string_view> ids_of(Os) {
  return kOses;
}
std::span<const string_view> ids_of(SplitMode) {
  return kSplitModes;
}
std::span<const string_view> ids_of(MemoryModel) {
  return kMemoryModels;
}
std::span<const string_view> ids_of(VisionLoading) {
  return kVisionLoadings;
}
std::span<const string_view> ids_of(Storage) {
  return kStorages;
}
std::span<const string_view> ids_of(TensorType) {
  return kTensorTypes;
}

std::span<const string_view> ids_of(OptionValue) {
  return kOptionValues;
}
std::span<const string_view> ids_of(SpeedBasis) {
  return kSpeedBases;
}
std::span<const string_view> ids_of(SpeedPhase) {
  return kSpeedPhases;
}
std::span<const string_view> ids_of(MachineKind) {
  return kMachineKinds;
}

std::span<const string_view> ids_of(DeviceForm) {
  return kDeviceForms;
}
std::span<const string_view> ids_of(PriceCondition) {
  return kPriceConditions;
}
std::span<const string_view> ids_of(PowerState) {
  return kPowerStates;
}
std::span<const string_view> ids_of(PowerScope) {
  return kPowerScopes;
}
std::span<const string_view> ids_of(PowerReading) {
  return kPowerReadings;
}

string_view os_id(Os os) {
  return id_in(kOses, os);
}
string_view backend_id(Backend backend) {
  return id_in(kBackends, backend);
}
string_view split_mode_id(SplitMode mode) {
  return id_in(kSplitModes, mode);
}
string_view tensor_basis_id(TensorBasis basis) {
  return id_in(kTensorBases, basis);
}
string_view term_id(Term term) {
  return id_in(kTerms, term);
}
string_view verdict_id(Verdict verdict) {
  return id_in(kVerdicts, verdict);
}
string_view quality_basis_id(QualityBasis basis) {
  return id_in(kQualityBases, basis);
}
string_view speed_basis_id(SpeedBasis basis) {
  return id_in(kSpeedBases, basis);
}
string_view speed_phase_id(SpeedPhase phase) {
  return id_in(kSpeedPhases, phase);
}
string_view machine_kind_id(MachineKind kind) {
  return id_in(kMachineKinds, kind);
}
string_view price_condition_id(PriceCondition condition) {
  return id_in(kPriceConditions, condition);
}
string_view error_code_id(ErrorCode code) {
  return kErrorCodes[static_cast<std::size_t>(code)].id;
}
int exit_code_of(ErrorCode code) {
  return kErrorCodes[static_cast<std::size_t>(code)].exit_code;
}

std::optional<TensorType> tensor_type_from_id(string_view id) {
  return enum_from_id<TensorType>(id);
}

}  // namespace qwenfit
