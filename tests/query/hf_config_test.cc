// Models from a config.json.

#include "query/hf_config.h"

#include "catch.h"
#include "model/weight_table.h"
#include "query/opened_file.h"
#include "query/support.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

constexpr std::string_view kDense35 =
    R"({"architectures":["Qwen3_5ForConditionalGeneration"],"model_type":"qwen3_5",
"text_config":{"model_type":"qwen3_5_text","hidden_size":5120,"num_hidden_layers":64,"intermediate_size":17408,
"num_attention_heads":24,"num_key_value_heads":4,"head_dim":256,"vocab_size":248320,"max_position_embeddings":262144,
"attn_output_gate":true,"full_attention_interval":4,"linear_conv_kernel_dim":4,"linear_key_head_dim":128,
"linear_value_head_dim":128,"linear_num_key_heads":16,"linear_num_value_heads":48,"mtp_num_hidden_layers":1},
"tie_word_embeddings":false,"vision_config":{"depth":27,"hidden_size":1152,"intermediate_size":4304,"num_heads":16,
"patch_size":16,"spatial_merge_size":2,"num_position_embeddings":2304,"out_hidden_size":5120}})";

constexpr std::string_view kMoe3 = R"({"model_type":"qwen3_moe","hidden_size":2048,"num_hidden_layers":48,
"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"vocab_size":151936,"max_position_embeddings":40960,
"num_experts":128,"num_experts_per_tok":8,"moe_intermediate_size":768,"decoder_sparse_step":1,"mlp_only_layers":[],
"tie_word_embeddings":false})";

std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  REQUIRE(at != std::string::npos);
  return out.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a config.json has the architecture of the model it is of") {
  const auto dense = parse_hf_config("config.json", std::string(kDense35));
  INFO((dense ? "" : dense.error().message));
  REQUIRE(dense);
  CHECK(dense->architecture == model_row("27b").architecture);
  CHECK(dense->max_context == 262144);
  CHECK(dense->vision->positions == 2304);
  const auto moe = parse_hf_config("config.json", std::string(kMoe3));
  REQUIRE(moe);
  CHECK(moe->architecture == model_row("qwen3-30b-a3b").architecture);
  CHECK_FALSE(moe->vision);
}

TEST_CASE("a fine-tune's config.json is answered like the model it is of, at computed sizes") {
  const FileFolder folder;
  std::filesystem::create_directory(folder.path("my-tune"));
  const std::string path = folder.write("my-tune/config.json", std::string(kDense35));
  Query query = query_for("rtx3090", path, "q4_k_m");
  const auto own = resolve(query, built_in());
  INFO((own ? "" : own.error().message));
  REQUIRE(own);
  const Build& build = own->models.front().builds.front();
  const Bytes computed =
      computed_weights(model_row("27b").architecture, Mixture::q4_k_m, true, kUnpadded).tensor_bytes;
  CHECK(build.weights->tensor_bytes == computed);
  CHECK(build.basis == TensorBasis::computed);
  CHECK(own->models.front().model.name == "my-tune");
  CHECK(own->models.front().model.id == "my-tune-config.json");
  // So it is by the name of a file.
  for (const char* name : {"dir.gguf", "dir.json", "dir.safetensors"}) {
    std::filesystem::create_directory(folder.path(name));
    folder.write(std::string(name) + "/config.json", std::string(kDense35));
    query.model = {folder.path(name)};
    const auto named = resolve(query, built_in());
    INFO(name);
    REQUIRE(named);
    CHECK(named->models.front().model.folder == folder.path(name));
  }
  // The folder that holds it is the model.
  query.model = {folder.path("my-tune")};
  const auto by_folder = resolve(query, built_in());
  REQUIRE(by_folder);
  CHECK(by_folder->models.front().model.id == "my-tune-config.json");
  CHECK(by_folder->models.front().model.folder == folder.path("my-tune"));
  query.quant.clear();
  const auto all = resolve(query, built_in());
  REQUIRE(all);
  CHECK(all->models.front().builds.size() > 3);
}

TEST_CASE("layers up to the limit are worked out, those of the MTP block among them") {
  const auto config = [](int layers) {
    return parse_hf_config("config.json", changed(kDense35, "\"num_hidden_layers\":64",
                                                  "\"num_hidden_layers\":" + std::to_string(layers)));
  };
  REQUIRE(config(508));
  CHECK(config(508)->architecture.layers == 508);
  REQUIRE_FALSE(config(512));
  CHECK(has(config(512).error().message, "states 513 layers, and none of more than 512"));
  const FileFolder folder;
  const auto said = [&](std::uint32_t layers) {
    ModelRow tall = model_row("9b");
    tall.architecture.layers = layers;
    GgufWriter out;
    put_metadata(out, tall, true, 3);
    put_tensors(out, tall, Mixture::q4_k_m, true, 0, ConvertedTensors(tall.architecture, true).take().size());
    out.write(folder.path("tall.gguf"));
    ModelFiles files(built_in());
    const auto file = files.open(folder.path("tall.gguf"));
    return file ? std::string() : file.error().message;
  };
  CHECK(said(508).empty());
  CHECK(has(said(512), "has 513 layers, and none of more than 512"));
}

TEST_CASE("a config.json that cannot be told is refused at the place") {
  const auto said = [](const std::string& text) {
    const auto config = parse_hf_config("config.json", text);
    REQUIRE_FALSE(config);
    CHECK(config.error().code == ErrorCode::bad_file);
    return config.error().message;
  };
  CHECK(has(said("{"), "config.json"));
  CHECK(has(said("[]"), "which is an object"));
  CHECK(has(said("{}"), "no \"model_type\""));
  CHECK(has(said(changed(kMoe3, "qwen3_moe", "gemma3")), "qwen3_5_moe_text; a GGUF file"));
  CHECK(has(said(changed(kMoe3, "\"hidden_size\":2048,", "")),
            "/hidden_size: expected a whole number, and it is missing"));
  CHECK(has(said(changed(kMoe3, "2048", "-1")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "\"wide\"")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "2048.5")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "4000000000")), "states 4000000000"));
  CHECK(has(said(changed(kMoe3, "\"num_hidden_layers\":48", "\"num_hidden_layers\":513")),
            "states 513 layers, and none of more than 512 is worked out, which is as many as llama.cpp "
            "loads; ask about"));
  CHECK(has(said(changed(kMoe3, "\"num_key_value_heads\":4", "\"num_key_value_heads\":0")), "0 KV heads"));
  CHECK(has(said(changed(kMoe3, "\"num_key_value_heads\":4", "\"num_key_value_heads\":5")),
            "cannot share 5 KV heads; compare it with the config.json of the model"));
  CHECK(has(said(changed(kMoe3, "\"mlp_only_layers\":[]", "\"mlp_only_layers\":[0]")),
            "some layers have no experts"));
  CHECK(has(said(changed(kMoe3, "\"tie_word_embeddings\":false", "\"x\":1")), "/tie_word_embeddings"));
  CHECK(has(said(changed(kDense35, "\"full_attention_interval\":4", "\"full_attention_interval\":0")),
            "1 to 64"));
  CHECK(has(said(changed(kDense35, "\"full_attention_interval\":4", "\"layer_types\":[\"full_attention\"]")),
            "a list of 64 layers"));
  CHECK(has(said(changed(kDense35, "\"linear_value_head_dim\":128", "\"linear_value_head_dim\":64")),
            "keys and values of different widths"));
  CHECK(has(said(changed(kDense35, "\"depth\":27", "\"depth\":0")), "/vision_config/depth"));
}
