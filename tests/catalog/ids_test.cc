#include "catalog/ids.h"

#include <set>

#include "catch.h"
#include "qwenfit/error.h"

using namespace qwenfit;

template <typename Enum>
void round_trip() {
  std::set<std::string_view> seen;
  for (const auto id : ids_of(Enum{})) {
    CHECK(seen.insert(id).second);
    const auto value = enum_from_id<Enum>(id);
    REQUIRE(value);
    CHECK(ids_of(Enum{})[static_cast<std::size_t>(*value)] == id);
  }
  CHECK_FALSE(enum_from_id<Enum>("no such id"));
}

TEST_CASE("every enum value has one id and is found by it") {
  round_trip<ModelKind>();
  round_trip<ModelStatus>();
  round_trip<DeviceClass>();
  round_trip<ReserveKind>();
  round_trip<Backend>();
  round_trip<ComputeRules>();
  round_trip<Os>();
  round_trip<SplitMode>();
  round_trip<TensorType>();
  round_trip<Mixture>();
  round_trip<SpeedBasis>();
  round_trip<SpeedPhase>();
  round_trip<MachineKind>();
}

TEST_CASE("ids are spelt as in documents") {
  CHECK(os_id(Os::linux_os) == "linux");
  CHECK(os_id(Os::macos) == "macos");
  CHECK(backend_id(Backend::cuda) == "cuda");
  CHECK(backend_id(Backend::generic) == "generic");
  CHECK(split_mode_id(SplitMode::tensor) == "tensor");
  CHECK(tensor_basis_id(TensorBasis::scaled) == "scaled");
  CHECK(tensor_basis_id(TensorBasis::file) == "file");
  CHECK(term_id(Term::weights) == "weights");
  CHECK(term_id(Term::recurrent_state) == "recurrent_state");
  CHECK(term_id(Term::display) == "display");
  CHECK(verdict_id(Verdict::no_fit) == "no_fit");
  CHECK(speed_basis_id(SpeedBasis::measured) == "measured");
  CHECK(speed_basis_id(SpeedBasis::architecture) == "architecture");
  CHECK(speed_basis_id(SpeedBasis::ceiling) == "ceiling");
  CHECK(speed_phase_id(SpeedPhase::decode) == "decode");
  CHECK(speed_phase_id(SpeedPhase::prefill) == "prefill");
  CHECK(machine_kind_id(MachineKind::gpu) == "gpu");
  CHECK(machine_kind_id(MachineKind::host) == "host");
  CHECK(tensor_type_from_id("iq4_xs") == TensorType::iq4_xs);
  CHECK(tensor_type_from_id("mxfp4") == TensorType::mxfp4);
  CHECK(mixture_from_id("tq2_0") == Mixture::tq2_0);
  CHECK(mixture_from_id("q4_k_m") == Mixture::q4_k_m);
  CHECK(mixture_from_id("iq1_s") == Mixture::iq1_s);
  CHECK(mixture_id(Mixture::mxfp4_moe) == "mxfp4_moe");
  CHECK_FALSE(tensor_type_from_id("Q4_K"));
}

TEST_CASE("bad files exit with 3, everything else that fails with 2") {
  CHECK(exit_code_of(ErrorCode::bad_file) == 3);
  for (const auto code : {ErrorCode::usage, ErrorCode::unknown_model, ErrorCode::unknown_gpu,
                          ErrorCode::unknown_cpu, ErrorCode::unknown_quant, ErrorCode::unknown_option_value,
                          ErrorCode::ambiguous_name, ErrorCode::never_existed, ErrorCode::bad_combination}) {
    CHECK(exit_code_of(code) == 2);
  }
  CHECK(error_code_id(ErrorCode::unknown_model) == "unknown_model");
  CHECK(error_code_id(ErrorCode::bad_file) == "bad_file");
}

TEST_CASE("tensor types have the sizes of ggml") {
  CHECK(tensor_type(TensorType::q4_k).id == "q4_k");
  CHECK(row_bytes(TensorType::q4_k, 512) == 288);
  CHECK(row_bytes(TensorType::q8_0, 64) == 68);
  CHECK(row_bytes(TensorType::f16, 10) == 20);
  for (const auto id : ids_of(TensorType{})) {
    const TensorTypeRow& row = tensor_type(*tensor_type_from_id(id));
    CHECK(row.id == id);
    CHECK(row.bytes > 0);
  }
}
