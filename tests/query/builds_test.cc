#include <algorithm>
#include <string>

#include "catch.h"
#include "query/support.h"

using namespace qwenfit;

namespace {

const Catalog& catalog() {
  return Catalog::builtin();
}

Question asked(const Query& query) {
  auto question = resolve(query, catalog());
  INFO((question ? "" : question.error().message));
  REQUIRE(question);
  return std::move(*question);
}

Build one_build(const std::string& model, const std::string& quant, const std::string& gpu = "rtx3090") {
  Query query = query_for(gpu, model, quant);
  const Question question = asked(query);
  REQUIRE(question.models.size() == 1);
  REQUIRE(question.models.front().builds.size() == 1);
  Build build = question.models.front().builds.front();
  build.weights = nullptr;  // the table goes with the question
  return build;
}

Error fault(const Query& query) {
  const auto question = resolve(query, catalog());
  REQUIRE_FALSE(question);
  return question.error();
}

}  // namespace

TEST_CASE("the usual order of publishers") {
  const Build build = one_build("27b", "q4_k_m");
  CHECK(build.publisher == "unsloth");
  CHECK(build.basis == TensorBasis::scaled);
  CHECK(build.file_bytes == Bytes{16740812704});
  CHECK_FALSE(build.has_mtp_block);
  CHECK_FALSE(build.repo.empty());
  CHECK(one_build("27b", "Q4_K_M@Bartowski").publisher == "bartowski");
  CHECK(one_build("27b", "bf16").basis == TensorBasis::published);
  CHECK(one_build("27b", "iq3_m").publisher == "llama.cpp");
}

TEST_CASE("a scaled build's tensors sum to the file less its header") {
  const Question question = asked(query_for("rtx3090", "27b", "q4_k_m"));
  const Build& build = question.models.front().builds.front();
  REQUIRE(build.weights);
  CHECK(build.weights->tensor_bytes < *build.file_bytes);
  CHECK(build.weights->tensor_bytes > *build.file_bytes - 32 * kMiB);
}

TEST_CASE("computed builds carry the MTP block") {
  const Build build = one_build("27b", "q4_k_m@llama.cpp");
  CHECK(build.basis == TensorBasis::computed);
  CHECK(build.publisher == "llama.cpp");
  CHECK(build.has_mtp_block);
  CHECK(build.file_bytes);
}

TEST_CASE("a size shown in GB gives no bytes") {
  const Build build = one_build("27b", "iq4_xs@mradermacher");
  CHECK(build.publisher == "mradermacher");
  CHECK_FALSE(build.file_bytes);
  CHECK(build.basis == TensorBasis::computed);
}

TEST_CASE("formats by rule") {
  const Build build = one_build("27b", "fp8");
  CHECK(build.publisher.empty());
  CHECK_FALSE(build.runtime.empty());
  CHECK(build.format == "safetensors");
  CHECK(build.basis == TensorBasis::computed);
  const Error error = fault(query_for("rtx3090", "27b", "fp8@unsloth"));
  CHECK(error.code == ErrorCode::unknown_quant);
}

TEST_CASE("lists keep the catalog's order and name every build once") {
  const Question question =
      asked(query_for("rtx3090", "27b", "q4_k_m,q8_0,q4_k_m@unsloth,Q4-K-M,q4_k_m@bartowski"));
  const auto& builds = question.models.front().builds;
  REQUIRE(builds.size() == 3);
  CHECK(builds[0].quant_id == "q8_0");
  CHECK(builds[1].quant_id + "@" + builds[1].publisher == "q4_k_m@unsloth");
  CHECK(builds[2].quant_id + "@" + builds[2].publisher == "q4_k_m@bartowski");
}

TEST_CASE("without a quant those worth a line are answered, with all every one") {
  const Question usual = asked(query_for("rtx3090", "27b"));
  const auto& builds = usual.models.front().builds;
  CHECK(builds.size() >= 10);
  CHECK(builds.size() <= 16);
  CHECK_FALSE(usual.all_quants);
  for (const Build& build : builds) {
    CHECK(build.format == "gguf");
    CHECK(build.quant_id != "mxfp4_moe");
    REQUIRE(build.weights);
    CHECK(build.weights->tensor_bytes > 0);
  }
  const Question all = asked(query_for("rtx3090", "27b", "all"));
  CHECK(all.all_quants);
  CHECK(all.models.front().builds.size() > builds.size() + 20);
  const Question moe = asked(query_for("rtx3090", "35b-a3b"));
  const auto& moe_builds = moe.models.front().builds;
  CHECK(std::any_of(moe_builds.begin(), moe_builds.end(),
                    [](const Build& b) { return b.quant_id == "mxfp4_moe"; }));
}

TEST_CASE("every quant of every released model has a table") {
  for (const ModelRow& row : catalog().rows().models) {
    if (row.status != ModelStatus::released) continue;
    const Question question = asked(query_for("rtx3090", std::string(row.id), "all"));
    for (const Build& build : question.models.front().builds) {
      INFO(row.id << " " << build.quant_id << "@" << build.publisher);
      REQUIRE(build.weights);
      CHECK(build.weights->device.size() == row.architecture.layers);
      CHECK(build.weights->tensor_bytes > row.text_params / 8);
      CHECK(build.weights->tensor_bytes < row.text_params * 5);
    }
  }
}

TEST_CASE("an unknown build names who has one") {
  const Error error = fault(query_for("rtx3090", "27b", "q4_k_m@nobody"));
  CHECK(error.code == ErrorCode::unknown_quant);
  CHECK(error.where == "--quant");
  CHECK(error.message.find("unsloth") != std::string::npos);
  CHECK(std::find(error.did_you_mean.begin(), error.did_you_mean.end(), "q4_k_m@unsloth") !=
        error.did_you_mean.end());
  CHECK(fault(query_for("rtx3090", "27b", "ud-q4_k_xl@llama.cpp")).code == ErrorCode::unknown_quant);
  CHECK(fault(query_for("rtx3090", "27b", "ud-q6_k_s")).code == ErrorCode::unknown_quant);
  // llama-quantize writes it for dense models too, though nobody would want it: Q8_0 by another name.
  CHECK(asked(query_for("rtx3090", "27b", "mxfp4_moe")).models.front().builds.front().publisher ==
        "llama.cpp");
  const Build repository = asked(query_for("rtx3090", "27b", "fp8@qwen")).models.front().builds.front();
  CHECK(repository.publisher == "qwen");
  CHECK(fault(query_for("rtx3090", "27b", "q4_k_m@")).code == ErrorCode::usage);
  CHECK(fault(query_for("rtx3090", "27b", "q9_k")).code == ErrorCode::unknown_quant);
  CHECK(fault(query_for("rtx3090", "27b", "q4_k_m,")).code == ErrorCode::usage);
}

TEST_CASE("drafting takes a build with the MTP block") {
  Query query = query_for("rtx3090", "27b", "q4_k_m");
  query.mtp = true;
  const Question question = asked(query);
  CHECK(question.models.front().builds.front().has_mtp_block);
  CHECK(question.models.front().builds.front().publisher == "llama.cpp");
  query.quant = {"q4_k_m@unsloth"};
  const Error error = fault(query);
  CHECK(error.code == ErrorCode::bad_combination);
  CHECK(error.where == "--mtp");
  CHECK(error.message.find("llama.cpp") != std::string::npos);
  query.quant.clear();
  const Question every = asked(query);
  for (const Build& build : every.models.front().builds) CHECK(build.has_mtp_block);
}

TEST_CASE("sizes of the guides") {
  const Build given = one_build("14b", "q4_k_m");
  CHECK(given.basis == TensorBasis::guide);
  CHECK(given.guide_weights == 8200000000);
  CHECK(given.publisher == "compute-market-2026-04");
  const Build estimated = one_build("7b", "q4_k_m");
  CHECK(estimated.publisher.empty());
  CHECK(estimated.guide_weights > 3500000000);
  CHECK(estimated.guide_weights < 6000000000);
  const Question question = asked(query_for("rtx3090", "14b"));
  CHECK(question.models.front().builds.size() == 3);
  CHECK(question.models.front().model.status == ModelStatus::guide_only);
  CHECK_FALSE(question.models.front().model.nearest_released.empty());
  const Error error = fault(query_for("rtx3090", "7b", "q4_k_m@unsloth"));
  CHECK(error.message.find("never released") != std::string::npos);
}

TEST_CASE("models in lists, and all of them") {
  CHECK(asked(query_for("rtx3090", "27b,9b,27b")).models.size() == 2);
  const Question every = asked(query_for("rtx3090", "all"));
  CHECK(every.models.size() == 8);
  Query bare = query_for("rtx3090", "");
  bare.model.clear();
  CHECK(asked(bare).models.size() == 8);
  // Of all models, those without the quant drop out; a model that was named does not.
  CHECK(asked(query_for("rtx3090", "all", "ud-q6_k_s")).models.size() < 8);
  CHECK(fault(query_for("rtx3090", "27b,35b-a3b", "ud-q6_k_s")).code == ErrorCode::unknown_quant);
  CHECK(fault(query_for("rtx3090", "27b,")).code == ErrorCode::usage);
  CHECK(fault(query_for("rtx3090", "a3b")).code == ErrorCode::unknown_model);
}

TEST_CASE("a runtime that was named decides about formats") {
  Query query = query_for("rtx3090", "27b");
  query.runtime = "vllm";
  const Question formats = asked(query);
  // The original files, which are BF16, are listed with the GGUF ones.
  for (const Build& build : formats.models.front().builds)
    CHECK((build.format == "safetensors" || build.quant_id == "bf16"));
  query.quant = {"q4_k_m"};
  CHECK(fault(query).code == ErrorCode::bad_combination);
  query.quant = {"bf16"};
  CHECK(asked(query).settings.runtime == "vllm");
}

TEST_CASE("questions outlive their resolver, and answers repeat") {
  std::vector<Question> questions;
  {
    Resolver resolver(catalog());
    for (int i = 0; i < 2; ++i) questions.push_back(std::move(*resolver(query_for("rtx3090", "27b"))));
  }
  const auto& first = questions[0].models.front().builds;
  const auto& second = questions[1].models.front().builds;
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].weights == second[i].weights);
    CHECK(first[i].weights->tensor_bytes > 0);
  }
}

TEST_CASE("an MLX quant that no repository has is made of the original") {
  const std::string mac = "m3-max-128gb";
  const Build made = one_build("qwen3-32b", "mlx-5bit", mac);
  REQUIRE(made.conversion);
  CHECK(made.obtainable);
  CHECK(made.conversion->bits == 5);
  CHECK(made.conversion->group == 64);
  CHECK(made.conversion->mode == "affine");
  const Build floats = one_build("9b", "mlx-mxfp8", mac);
  REQUIRE(floats.conversion);
  CHECK(floats.conversion->bits == 8);
  CHECK(floats.conversion->group == 32);
  CHECK(floats.conversion->mode == "mxfp8");
  for (const char* quant : {"mlx-4bit", "mlx-5bit", "mlx-6bit", "mlx-8bit", "mlx-mxfp8"}) {
    INFO(quant);
    CHECK_FALSE(one_build("27b", quant, mac).conversion);
    CHECK(one_build("27b", quant, mac).obtainable);
  }
  CHECK_FALSE(one_build("qwen3-32b", "mlx-optiq-4bit", mac).obtainable);
  CHECK_FALSE(one_build("qwen3-1.7b", "awq-int4").obtainable);
  CHECK(one_build("qwen3-32b", "awq-int4").obtainable);
}

TEST_CASE("types for models trained to be stored so are answered by name alone") {
  const auto has = [](const Question& question, const std::string& id) {
    const auto& builds = question.models.front().builds;
    return std::any_of(builds.begin(), builds.end(), [&](const Build& b) { return b.quant_id == id; });
  };
  const Question all = asked(query_for("rtx3060-12gb", "27b", "all"));
  CHECK(has(all, "iq2_xs"));
  CHECK_FALSE(has(all, "tq2_0"));
  CHECK_FALSE(has(all, "tq1_0"));
  CHECK(has(asked(query_for("rtx3060-12gb", "27b", "all,tq2_0")), "tq2_0"));
}

TEST_CASE("a variant takes the place of an offered quant of which it alone is published") {
  const auto offered = [](const std::string& model, bool mtp = false) {
    Query query = query_for("8xh100-sxm-80gb", model);
    query.mtp = mtp;
    std::vector<std::string> ids;
    const Question question = asked(query);
    for (const Build& build : question.models.front().builds) ids.push_back(build.quant_id);
    return ids;
  };
  const auto has = [](const std::vector<std::string>& ids, const char* id) {
    return std::count(ids.begin(), ids.end(), id) == 1;
  };
  const auto large = offered("397b-a17b");
  CHECK(has(large, "ud-iq4_xs"));
  CHECK_FALSE(has(large, "iq4_xs"));
  const auto dense = offered("27b");
  CHECK(has(dense, "iq4_xs"));
  CHECK_FALSE(has(dense, "ud-iq4_xs"));
  // None of its files has the block that drafts.
  const auto drafting = offered("397b-a17b", true);
  CHECK(has(drafting, "iq4_xs"));
  CHECK_FALSE(has(drafting, "ud-iq4_xs"));
}

TEST_CASE("a file in several parts is known as such, with the names of the parts or without") {
  CHECK(one_build("397b-a17b", "q8_0@unsloth").in_parts);
  CHECK(one_build("397b-a17b", "q8_0@bartowski").in_parts);
  CHECK(one_build("qwen3-235b-a22b", "q4_k_m@qwen").in_parts);
  CHECK_FALSE(one_build("27b", "q8_0@unsloth").in_parts);
}
