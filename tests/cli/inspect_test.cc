// `qwenfit inspect`, and files after --model.

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/schema_check.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

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
  refused({"quants", "--model", path}, 2, "models of the catalog are asked for");
}
