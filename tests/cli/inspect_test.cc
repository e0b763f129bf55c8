// `qwenfit inspect`, and files after --model.

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

constexpr const char* kPlainConfig =
    R"({"model_type":"qwen3","hidden_size":4096,"num_hidden_layers":36,"intermediate_size":12288,
"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936,
"max_position_embeddings":40960,"tie_word_embeddings":false})";

void write_model(const std::string& path, const char* name, Mixture mixture, std::size_t words = 3) {
  GgufWriter out;
  put_metadata(out, model_row(name), true, words);
  put_tensors(out, model_row(name), mixture, true);
  out.write(path);
}

std::vector<std::string> with(std::vector<std::string> args, const std::string& line) {
  for (auto& word : words(line)) args.push_back(std::move(word));
  return args;
}

}  // namespace

TEST_CASE("inspect says what is in a file") {
  const FileFolder folder;
  const std::string path = folder.path("My-27B-Q4_K_M.gguf");
  write_model(path, "27b", Mixture::q4_k_m, 248'000);
  Environment wide;
  wide.width = 200;
  const Ran ran = run_program({"inspect", path}, "", wide);
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "GGUF version 3"));
  CHECK(has(ran.out, "qwen35, dense, 64 layers of width 5,120 and an MTP block"));
  CHECK(has(ran.out, "the shape of Qwen3.5-27B"));
  CHECK(has(ran.out, "(248,000 of them in the tokenizer)"));
  CHECK(has(ran.out, "to the byte what llama-quantize makes"));
  CHECK(has(ran.out, "qwenfit --gpu NAME --model"));
  const Ran narrow = run_program({"inspect", path});
  for (std::size_t at = 0; at < narrow.out.size();) {
    const std::size_t end = std::min(narrow.out.find('\n', at), narrow.out.size());
    CHECK(end - at <= 80);
    at = end + 1;
  }
  CHECK(has(run_program({"inspect", path, "--quiet"}).out, "Q4_K_M, "));
  CHECK(has(run_program({"inspect", path, "--csv"}).out, "q4_k,"));
  CHECK(has(run_program({"inspect", path, "--markdown"}).out, "| q4_k |"));
}

TEST_CASE("the document of inspect keeps to its schema and its sums hold") {
  const FileFolder folder;
  const std::string path = folder.path("moe.gguf");
  write_model(path, "35b-a3b", Mixture::q6_k);
  for (const char* machine : {"", "--gpu rtx3090 --ram 64GB --ctx 32k"}) {
    const Ran ran = run_program(with({"inspect", path, "--json"}, machine));
    INFO(machine << ran.err);
    CHECK(ran.code == 0);
    CHECK(schema_faults("qwenfit.inspect", ran.out) == "");
    const json root = json::parse(ran.out);
    CHECK(root.at("results").size() == (*machine == '\0' ? 0 : 1));
    const json& tensors = root.at("tensors");
    Bytes types = 0,
          places = tensors.at("token_embedding_bytes").get<Bytes>() + tensors.at("output_bytes").get<Bytes>();
    for (const json& type : tensors.at("types")) types += type.at("bytes").get<Bytes>();
    for (const json& block : tensors.at("block_bytes")) places += block.get<Bytes>();
    constexpr Bytes kOutputNorm = 2048 * 4;
    CHECK(types == tensors.at("bytes").get<Bytes>());
    CHECK(places + kOutputNorm == types);
    CHECK(root.at("quant").at("stock_tensor_bytes") == tensors.at("bytes"));
    CHECK(root.at("model").at("same_shape_as") == "qwen3.5-35b-a3b");
  }
}

TEST_CASE("a file goes wherever a model goes") {
  const FileFolder folder;
  const std::string path = folder.path("tune, v2.gguf");
  write_model(path, "9b", Mixture::q8_0);
  const Ran fit = run_program(with({"--model", path}, "--gpu rtx3090"));
  INFO(fit.out << fit.err);
  CHECK(fit.code == 0);
  CHECK(has(fit.out, "Q8_0"));
  CHECK(has(fit.out, "Read from"));
  const Ran document = run_program(with({"--model", path}, "--gpu rtx3090 --json"));
  CHECK(schema_faults("qwenfit.fit", document.out) == "");
  const json root = json::parse(document.out);
  CHECK(root.at("results").at(0).at("quant").at("basis") == "file");
  const Ran explain = run_program(with({"explain", "--model", path}, "--gpu rtx3090 --json"));
  CHECK(explain.code == 0);
  CHECK(schema_faults("qwenfit.explain", explain.out) == "");
  CHECK(has(explain.out, "table of tensors of"));
  const Ran launch = run_program(with({"--model", path}, "--gpu rtx3090 --launch llama.cpp"));
  CHECK(has(launch.out, "-m '" + path + "'"));
  const Ran compare = run_program(with({"compare", "rtx3090", "rtx3060-12gb", "--model", path}, "--json"));
  INFO(compare.err);
  CHECK(compare.code == 0);
  CHECK(schema_faults("qwenfit.compare", compare.out) == "");
  const Ran beside = run_program(with({"--model", path, "--model", "27b"}, "--gpu rtx3090 --quant q4_k_m"));
  CHECK(beside.code == 0);
  const json line = {{"id", 1}, {"gpu", {"rtx3090"}}, {"model", {path}}};
  const Ran batch = run_program({"batch"}, line.dump() + "\n" + line.dump() + "\n");
  CHECK(batch.code == 0);
  CHECK(has(batch.out, "\"basis\":\"file\""));
  const std::string plain = folder.path("plain.gguf");
  std::filesystem::rename(path, plain);
  const Ran lookup = run_program(with({"--model", plain}, "--class mac --json"));
  INFO(lookup.err);
  CHECK(lookup.code == 0);
}

TEST_CASE("inspect answers for a machine as --model does") {
  const FileFolder folder;
  const std::string path = folder.path("m.gguf");
  write_model(path, "27b", Mixture::q8_0);
  const Ran inspected = run_program(with({"inspect", path}, "--gpu rtx3090"));
  const Ran fit = run_program(with({"--model", path}, "--gpu rtx3090"));
  CHECK(inspected.code == 1);
  CHECK(fit.code == 1);
  CHECK(has(inspected.out, fit.out));
}

TEST_CASE("inspect refuses what it cannot do") {
  const FileFolder folder;
  const std::string path = folder.path("m.gguf");
  write_model(path, "0.8b", Mixture::q8_0);
  const auto refused = [](const std::vector<std::string>& args, int code, const char* part) {
    const Ran ran = run_program(args);
    INFO(ran.err);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, part));
  };
  refused({"inspect"}, 2, "inspect needs a file");
  refused({"inspect", "27b"}, 2, "is no file that inspect reads");
  refused({"inspect", path, path}, 2, "inspect takes one file");
  refused({"inspect", path, "--ctx", "8k"}, 2, "--ctx is about running the file");
  refused({"inspect", path, "--quant", "q8_0"}, 2, "inspect takes no --quant");
  refused({"inspect", path, "--csv", "--gpu", "rtx3090"}, 2, "drop the machine");
  refused({"inspect", path, "--gpu", "rtx3091"}, 2, "rtx3091");
  refused({"inspect", folder.path("none.gguf")}, 3, "no such file");
  refused({"inspect", folder.write("bad.gguf", "GGUF")}, 3, "ends after 4 bytes");
  refused({"--gpu", "rtx3090", "--model", path, "--quant", "q4_k_m"}, 2, "is one build, Q8_0; drop --quant");
  refused({"--gpu", "rtx3090", "--model", path, "--runtime", "mlx"}, 2, "");
  refused({"--gpu", "rtx3090", "--model", path, "--runtime", "vllm"}, 2, "is a GGUF file, and vllm takes");
  refused({"claims", "--model", path}, 2, "models of the catalog are asked for");
}

TEST_CASE("inspect says where name, metadata and tensors of a file disagree") {
  const FileFolder folder;
  const auto inspected = [&](const char* name, std::uint32_t file_type, bool json_too) {
    GgufWriter out = small_gguf("phi3");
    out.put("general.file_type", file_type);
    put_small_tensors(out, "blk.0.ffn_gate.weight");
    out.write(folder.path(name));
    Environment wide;
    wide.width = 300;
    if (json_too) {
      const Ran document = run_program({"inspect", folder.path(name), "--json"});
      CHECK(schema_faults("qwenfit.inspect", document.out) == "");
    }
    return run_program({"inspect", folder.path(name)}, "", wide).out;
  };
  const std::string liar = inspected("m-Q8_0.gguf", 15, true);
  INFO(liar);
  CHECK(has(liar, "Q4_K_M, as its metadata say"));
  CHECK(has(liar, "But        the file's name says Q8_0, which its tensors are not"));
  CHECK(has(liar, "this one has no gate"));
  const std::string other = inspected("m-Q4_K_S.gguf", 15, false);
  INFO(other);
  CHECK(has(other, "Q4_K_M, as its metadata say"));
  CHECK(has(other, "But        the file's name says Q4_K_S"));
  const std::string wrong = inspected("n.gguf", 3, true);
  CHECK(has(wrong, "its metadata say Q4_1, which its tensors are not"));
  const Ran fit = run_program({"--gpu", "rtx3090", "--model", folder.path("n.gguf")});
  CHECK(has(fit.out, "(nearest to Q4_K"));
  CHECK_FALSE(has(inspected("m-Q4_K_M.gguf", 15, false), "But "));
}

TEST_CASE("servers take the folder of a config.json") {
  const FileFolder folder;
  std::filesystem::create_directory(folder.path("my tune"));
  folder.write("my tune/config.json", kPlainConfig);
  const std::string model = folder.path("my tune");
  const auto launched = [&](const char* machine, const char* rest) {
    return run_program(with(with({"--model", model}, machine), rest));
  };
  const Ran vllm = launched("--gpu h100-80gb", "--quant fp8 --launch vllm");
  INFO(vllm.out << vllm.err);
  CHECK(vllm.code == 0);
  CHECK(vllm.out.starts_with("vllm serve '" + model + "' --quantization fp8 "));
  const Ran sglang = launched("--gpu h100-80gb", "--quant bf16 --launch sglang");
  CHECK(has(sglang.out, "--model-path '" + model + "' "));
  const Ran mlx = launched("--gpu m3-max-64gb", "--quant mlx-4bit --launch mlx");
  INFO(mlx.out << mlx.err);
  CHECK(has(mlx.out, "--hf-path '" + model + "' "));
  CHECK_FALSE(has(mlx.out, "to download"));
  const Ran none = launched("--gpu h100-80gb", "--quant awq-int4 --launch vllm");
  CHECK(has(none.err, "take --quant bf16, which is what its folder holds"));
}

TEST_CASE("a path is that folder's model, whatever model of the catalog it is named after") {
  const FileFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  std::filesystem::create_directories("Qwen/Qwen3.5-27B");
  folder.write("Qwen/Qwen3.5-27B/config.json", kPlainConfig);
  const auto answered = [](const std::string& model) {
    const Ran ran = run_program({"--gpu", "rtx3090", "--model", model, "--quiet"});
    INFO(model << ": " << ran.out << ran.err);
    CHECK(ran.code == 0);
    return has(ran.out, "@unsloth") ? "catalog" : has(ran.out, "@llama.cpp") ? "folder" : "neither";
  };
  for (const std::string& path : {std::string("Qwen/Qwen3.5-27B"), std::string("Qwen/Qwen3.5-27B/"),
                                  std::string("./Qwen/Qwen3.5-27B"), folder.path("Qwen/Qwen3.5-27B")})
    CHECK(answered(path) == std::string("folder"));
  for (const char* name : {"unsloth/Qwen3.5-27B-GGUF", "Qwen3.5-27B", "qwen3.5-27b/"})
    CHECK(answered(name) == std::string("catalog"));
  for (const char* nowhere : {"./Qwen3.5-27B", "../nowhere/Qwen3.5-27B", "/nowhere/Qwen3.5-27B"}) {
    const Ran ran = run_program({"--gpu", "rtx3090", "--model", nowhere});
    INFO(nowhere << ran.out);
    CHECK(ran.code == 3);
    CHECK(has(ran.err, "does not exist"));
  }
  // A link that leads nowhere is no reason to answer about another model.
  std::filesystem::create_symlink("nowhere", "Qwen/Qwen3.5-9B");
  const Ran dead = run_program({"--gpu", "rtx3090", "--model", "Qwen/Qwen3.5-9B"});
  CHECK(has(dead.err, "is a link that leads to no file"));
  // Where no file is read, a folder that lies about is no matter.
  CHECK(run_program({"claims", "--model", "Qwen/Qwen3.5-27B"}).code == 0);
  CHECK(has(run_program({"--gpu", "rtx3090", "--model", "~27b"}).err, "did you mean"));
  std::filesystem::current_path(before);
}

TEST_CASE("a slip in the name of a folder is told the folders that are models") {
  const FileFolder folder;
  std::filesystem::create_directories(folder.path("Tune-1.5b"));
  std::filesystem::create_directories(folder.path("Tune-1.5c"));
  folder.write("Tune-1.5b/config.json", kPlainConfig);
  folder.write("Tune-1.5d", "x");
  const Ran ran = run_program({"--gpu", "rtx3090", "--model", folder.path("Tune-1.5x")});
  INFO(ran.err);
  CHECK(ran.code == 3);
  CHECK(has(ran.err, "did you mean: " + folder.path("Tune-1.5b") + "?"));
}

TEST_CASE("a file whose name begins with a dash is no option") {
  const FileFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  whole_small_gguf().write("-x.gguf");
  const Ran ran = run_program({"--gpu", "rtx3090", "--model=-x.gguf", "--launch", "llama.cpp"});
  std::filesystem::current_path(before);
  INFO(ran.out << ran.err);
  CHECK(has(ran.out, "-m ./-x.gguf "));
}

TEST_CASE("quants lists what a file can be") {
  const FileFolder folder;
  const std::string path = folder.path("m.gguf");
  write_model(path, "27b", Mixture::q8_0);
  const Ran listed = run_program({"quants", "--model", path, "--json"});
  INFO(listed.out << listed.err);
  REQUIRE(listed.code == 0);
  CHECK(schema_faults("qwenfit.quants", listed.out) == "");
  const json rows = json::parse(listed.out).at("quants");
  REQUIRE(rows.size() == 1);
  CHECK(rows.at(0).at("id") == "q8_0");
  CHECK(rows.at(0).at("basis") == "file");
  CHECK(has(run_program({"quants", "--model", path}).out, "its file"));
  const Ran none = run_program({"quants", "q4", "--model", path});
  CHECK(none.code == 2);
  CHECK_FALSE(has(none.err, "q4_k"));
  CHECK(has(none.err, "no quant matches \"q4\": the file is q8_0"));
  CHECK_FALSE(has(run_program({"quants", "nosuch", "--model", "27b"}).err, "the file is"));
  const Ran beside = run_program({"quants", "--model", path, "--model", "27b"});
  CHECK(beside.code == 0);
  CHECK(has(beside.out, "q4_k_m"));
  CHECK_FALSE(has(beside.out, "its file"));
}

TEST_CASE("a name that looks like a path gets an answer about files") {
  const FileFolder folder;
  for (const char* tail : {"nowhere/q35", "q36.json", "x.jsn", "w.safetensors", "./q35", "a/b/c"}) {
    const Ran ran = run_program({"--gpu", "rtx3090", "--model", folder.path(tail)});
    INFO(tail << ran.err);
    CHECK(ran.code == 3);
    CHECK_FALSE(has(ran.err, "no model is named"));
  }
  const Ran repository = run_program({"--gpu", "rtx3090", "--model", "some-org/qwen3.5-28b"});
  CHECK(repository.code == 2);
  CHECK(has(repository.err, "nor is there such a file or folder"));
  CHECK(run_program({"--gpu", "rtx3090", "--model", "Qwen/Qwen3.5-27B", "--quiet"}).code == 0);
}
