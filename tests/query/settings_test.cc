#include <functional>
#include <string>

#include "catch.h"
#include "query/support.h"

using namespace qwenfit;

namespace {

Result<Question> with(const std::function<void(Query&)>& change, const std::string& model = "27b") {
  Query query = query_for("rtx3090", model, "q4_k_m");
  change(query);
  return resolve(query, Catalog::builtin());
}

}  // namespace

TEST_CASE("defaults") {
  const auto question = with([](Query&) {});
  REQUIRE(question);
  const Settings& s = question->settings;
  CHECK(s.runtime == "llama.cpp");
  CHECK(s.context == 8192);
  CHECK(s.depth == 0);
  CHECK(s.prompt == 4096);
  CHECK(s.parallel == 1);
  CHECK(s.kv_k == TensorType::f16);
  CHECK(s.kv_v == TensorType::f16);
  CHECK(s.ubatch == 512);
  CHECK(s.flash_attention);
  CHECK(s.split_mode == SplitMode::layer);
  CHECK_FALSE(s.forced.gpu_layers);
}

TEST_CASE("context") {
  CHECK(with([](Query& q) { q.ctx = "32k"; })->settings.context == 32768);
  CHECK(with([](Query& q) { q.ctx = "262144"; })->settings.context == 262144);
  const auto most = with([](Query& q) { q.ctx = "MAX"; });
  REQUIRE(most);
  CHECK(most->context_is_max);
  const auto above = with([](Query& q) { q.ctx = "262145"; });
  REQUIRE_FALSE(above);
  CHECK(above.error().message.find("262144") != std::string::npos);
  CHECK(above.error().message.find("Qwen3.5-27B") != std::string::npos);
  // Of several models the one with the smallest maximum is named.
  const auto mixed = with([](Query& q) { q.ctx = "100k"; }, "27b,qwen3-8b");
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().message.find("40960") != std::string::npos);
}

TEST_CASE("cache types") {
  const auto both = with([](Query& q) { q.kv = "Q8_0"; });
  REQUIRE(both);
  CHECK(both->settings.kv_k == TensorType::q8_0);
  CHECK(both->settings.kv_v == TensorType::q8_0);
  const auto apart = with([](Query& q) {
    q.kv = "q8_0";
    q.kv_v = "f16";
  });
  REQUIRE(apart);
  CHECK(apart->settings.kv_k == TensorType::q8_0);
  CHECK(apart->settings.kv_v == TensorType::f16);
  const auto keys = with([](Query& q) {
    q.kv_k = "q8_0";
    q.flash_attn = "off";
  });
  REQUIRE(keys);
  CHECK_FALSE(keys->settings.flash_attention);
  for (const char* type : {"q4_k", "i8", "", "f8"}) {
    if (*type == '\0') continue;
    INFO(type);
    const auto bad = with([&](Query& q) { q.kv = type; });
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::unknown_option_value);
  }
  const auto quantized = with([](Query& q) {
    q.kv = "q8_0";
    q.flash_attn = "off";
  });
  REQUIRE_FALSE(quantized);
  CHECK(quantized.error().code == ErrorCode::bad_combination);
}

TEST_CASE("forced placement") {
  const auto forced = with([](Query& q) {
    q.gpu_layers = "20";
    q.tensor_split = "1";
    q.split_mode = "tensor";
  });
  REQUIRE(forced);
  CHECK(forced->settings.forced.gpu_layers == 20u);
  CHECK(forced->settings.forced.tensor_split == std::vector<double>{1.0});
  CHECK(forced->settings.split_mode == SplitMode::tensor);
  CHECK(with([](Query& q) { q.cpu_moe = "999"; }, "35b-a3b")->settings.forced.cpu_moe_layers == 999u);
}

TEST_CASE("a split by tensor has everything on the devices, said or not") {
  const auto sliced = [](const char* gpu_layers, const char* cpu_moe) {
    Query query = query_for("2xrtx3090", "35b-a3b", "q4_k_m");
    query.split_mode = "tensor";
    query.gpu_layers = gpu_layers;
    query.cpu_moe = cpu_moe;
    return resolve(query, Catalog::builtin());
  };
  for (const char* all : {"all", "99", "41"}) {
    const auto question = sliced(all, "0");
    REQUIRE(question);
    CHECK_FALSE(question->settings.forced.gpu_layers);
    CHECK_FALSE(question->settings.forced.cpu_moe_layers);
  }
  CHECK_FALSE(sliced("40", ""));
  CHECK_FALSE(sliced("", "1"));
}

TEST_CASE("settings that cannot be") {
  struct Case {
    std::function<void(Query&)> change;
    const char* model;
    ErrorCode code;
    const char* where;
  };
  const Case cases[] = {
      {[](Query& q) { q.depth = "8193"; }, "27b", ErrorCode::bad_combination, "--depth"},
      {[](Query& q) {
         q.depth = "300k";
         q.ctx = "max";
       },
       "27b", ErrorCode::bad_combination, "--depth"},
      {[](Query& q) { q.prompt = "0"; }, "27b", ErrorCode::usage, "--prompt"},
      {[](Query& q) { q.prompt = "300k"; }, "27b", ErrorCode::usage, "--prompt"},
      {[](Query& q) { q.parallel = "0"; }, "27b", ErrorCode::usage, "--parallel"},
      {[](Query& q) { q.parallel = "1025"; }, "27b", ErrorCode::usage, "--parallel"},
      {[](Query& q) { q.ubatch = "65537"; }, "27b", ErrorCode::usage, "--ubatch"},
      {[](Query& q) { q.flash_attn = "maybe"; }, "27b", ErrorCode::unknown_option_value, "--flash-attn"},
      {[](Query& q) { q.split_mode = "row"; }, "27b", ErrorCode::unknown_option_value, "--split-mode"},
      {[](Query& q) { q.runtime = "llama"; }, "27b", ErrorCode::unknown_option_value, "--runtime"},
      {[](Query& q) { q.tensor_split = "1,1"; }, "27b", ErrorCode::bad_combination, "--tensor-split"},
      {[](Query& q) { q.tensor_split = "0"; }, "27b", ErrorCode::usage, "--tensor-split"},
      {[](Query& q) { q.cpu_moe = "4"; }, "27b", ErrorCode::bad_combination, "--cpu-moe"},
      {[](Query& q) { q.gpu_layers = "-1"; }, "27b", ErrorCode::usage, "--gpu-layers"},
      {[](Query& q) {
         q.gpu = {"none"};
         q.ram = "64GB";
         q.gpu_layers = "4";
       },
       "27b", ErrorCode::bad_combination, "--gpu-layers"},
      {[](Query& q) {
         q.gpu = {"none"};
         q.ram = "64GB";
         q.cpu_moe = "4";
       },
       "35b-a3b", ErrorCode::bad_combination, "--cpu-moe"},
      {[](Query& q) { q.vision = true; }, "qwen3-8b", ErrorCode::bad_combination, "--vision"},
      {[](Query& q) { q.mtp = true; }, "qwen3-8b", ErrorCode::bad_combination, "--mtp"},
      {[](Query& q) { q.vision = true; }, "14b", ErrorCode::bad_combination, "--vision"},
  };
  for (const Case& c : cases) {
    INFO(c.where << " " << c.model);
    const auto question = with(c.change, c.model);
    REQUIRE_FALSE(question);
    CHECK(question.error().code == c.code);
    CHECK(question.error().where == c.where);
  }
}

TEST_CASE("vision brings the projector") {
  const auto question = with([](Query& q) { q.vision = true; });
  REQUIRE(question);
  CHECK(question->settings.vision);
  CHECK(question->models.front().projector.weights > 500 * kMiB);
}
