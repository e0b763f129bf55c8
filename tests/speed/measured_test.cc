#include "speed/measured.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "placement/plan.h"
#include "query/support.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

using nlohmann::json;

const std::string kData = std::string(QWENFIT_TEST_DATA) + "/llama_bench/";

/// A row of llama-bench, as one GPU gives it for the 27B in Q4_K_M.
json bench_row(const json& changes) {
  std::ifstream in(kData + "one_gpu.json");
  json row = json::parse(in)[1];
  for (const char* key : {"avg_ns", "stddev_ns", "samples_ns", "samples_ts"}) row.erase(key);
  if (changes.is_object()) row.update(changes);
  return row;
}

/// A file that lives as long as the object.
class File {
 public:
  explicit File(const std::string& text)
      : path_((std::filesystem::temp_directory_path() /
               ("qwenfit_measured_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".json"))
                  .string()) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  explicit File(const json& rows) : File(rows.dump()) {}
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Query query_of(const std::string& quants = "q4_k_m", const std::string& model = "27b") {
  Query query = query_for("rtx3090", model, quants);
  query.ctx = "64k";
  return query;
}

Question ask(const Query& query) {
  auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  return std::move(*question);
}

Result<Question> ask_with(const Query& query, const std::string& path) {
  Resolver resolver(Catalog::builtin());
  const auto read = resolver.use_measurements(path);
  if (!read) return read.error();
  return resolver(query);
}

Question calibrated(const Query& query, const json& rows) {
  const File file(rows);
  auto question = ask_with(query, file.path());
  if (!question) FAIL(question.error().where + ": " + question.error().message);
  return std::move(*question);
}

Error refused(const Query& query, const std::string& text) {
  const File file(text);
  const auto question = ask_with(query, file.path());
  REQUIRE_FALSE(question);
  CHECK_FALSE(question.error().where.empty());
  return question.error();
}

Scenario scenario_of(const Question& q, std::size_t build, Tokens depth) {
  const auto& subject = q.models.front();
  Scenario s{&subject.model,    &subject.builds[build],  &q.machine,
             subject.projector, subject.settings[build], &subject.speeds[build]};
  s.settings.depth = depth;
  return s;
}

Speed speed_of(const Question& q, std::size_t build = 0, Tokens depth = 64) {
  const Scenario s = scenario_of(q, build, depth);
  const auto speed = estimate_speed(s, default_placement(s), Explain::no);
  REQUIRE(speed);
  REQUIRE(speed->decode);
  return *speed;
}

double decode_of(const Question& q, std::size_t build = 0, Tokens depth = 64) {
  return speed_of(q, build, depth).decode->tok_s;
}

bool mentions(const Error& error, const std::string& part) {
  return error.message.find(part) != std::string::npos || error.where.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("llama-bench's JSON and JSON Lines are read") {
  const auto array = read_measurements(kData + "one_gpu.json");
  REQUIRE(array);
  REQUIRE(array->rows.size() == 4);
  CHECK(array->rows[0].prompt == 512);
  CHECK(array->rows[2].depth == 16384);
  CHECK(array->rows[2].place == "/2");
  const auto lines = read_measurements(kData + "lines.jsonl");
  REQUIRE(lines);
  CHECK(lines->rows.size() == 3);
  CHECK(lines->rows[1].place == "line 2");
}

TEST_CASE("older builds of llama-bench write fewer fields") {
  const auto question = ask_with(query_of(), kData + "old_build.json");
  REQUIRE(question);
  CHECK(question->measurements->decode_rows == 1);
}

TEST_CASE("other output formats are named with what to do") {
  const auto refuse = [&](const std::string& file) {
    const auto own = read_measurements(kData + file);
    REQUIRE_FALSE(own);
    CHECK(own.error().code == ErrorCode::bad_file);
    CHECK(mentions(own.error(), "llama-bench -o json"));
    return own.error().message;
  };
  CHECK(refuse("table.md").find("Markdown") != std::string::npos);
  CHECK(refuse("rows.csv").find("CSV") != std::string::npos);
  CHECK(refuse("rows.sql").find("SQL") != std::string::npos);
}

TEST_CASE("bad files are refused with place and expectation") {
  const std::string good = json::array({bench_row({})}).dump(2);
  const Query query = query_of();
  CHECK(mentions(refused(query, ""), "empty"));
  CHECK(mentions(refused(query, " \n "), "empty"));
  CHECK(mentions(refused(query, "[]"), "no test"));
  CHECK(mentions(refused(query, "["), "cut off"));
  CHECK(mentions(refused(query, good.substr(0, good.size() / 2)), "cut off"));
  CHECK(
      mentions(refused(query, bench_row({}).dump() + "\n" + bench_row({}).dump().substr(0, 300)), "line 2"));
  CHECK(mentions(refused(query, "[1]"), "JSON"));
  CHECK(mentions(refused(query, "[{}]"), "n_prompt"));
  CHECK(mentions(refused(query, "[{\"n_gen\":1,\"n_prompt\":0}]"), "avg_ts"));
  CHECK(mentions(refused(query, "ggml_cuda_init: found 1 CUDA devices\n" + good), "log"));
  CHECK(mentions(refused(query, "[{\"avg_ts\": nan}]"), "not a number"));
  CHECK(mentions(refused(query, "[{\"model_type\": \"\xff\"}]"), "UTF-8"));
  CHECK(mentions(refused(query, std::string(5'000'000, '\x07')), "JSON"));
  CHECK(mentions(refused(query, std::string(5'000'000, '[')), "JSON"));
  CHECK(mentions(refused(query, "[{" + std::string(5'000'000, 'x')), "JSON"));
  CHECK(mentions(refused(query, std::string(17'000'000, ' ')), "16 MiB"));
  const auto change = [&](const json& changes) {
    return refused(query, json::array({bench_row(changes)}).dump());
  };
  CHECK(mentions(change({{"avg_ts", 0}}), "/0/avg_ts"));
  CHECK(mentions(change({{"avg_ts", -3.5}}), "above 0"));
  CHECK(mentions(change({{"avg_ts", "36.7"}}), "above 0"));
  CHECK(mentions(change({{"n_gen", 0}}), "both are 0"));
  CHECK(mentions(change({{"n_depth", -1}}), "n_depth"));
  CHECK(mentions(change({{"n_gen", 1e300}}), "n_gen"));
  CHECK(mentions(change({{"avg_ns", 1000}}), "contradict"));
  CHECK(mentions(change({{"gpu_info", 3}}), "gpu_info"));
}

TEST_CASE("the estimate of what was measured comes within 3 % of the measurement") {
  const double before = decode_of(ask(query_of()));
  for (const double factor : {0.6, 0.85, 0.97, 1.0, 1.08}) {
    INFO("measured " << factor << " of the estimate");
    const double measured = before * factor;
    const Question q = calibrated(query_of(), json::array({bench_row({{"avg_ts", measured}})}));
    const Speed speed = speed_of(q);
    CHECK(std::abs(speed.decode->tok_s / measured - 1) < 0.03);
    CHECK(speed.decode->basis == SpeedBasis::measured);
    CHECK(speed.decode->low < measured);
    CHECK(speed.decode->high > measured);
    CHECK(speed.decode->tok_s <= speed.decode->ceiling_tok_s);
    const SpeedModel& model = q.models.front().speeds.front();
    CHECK(model.own_measurement);
    CHECK(model.decode.half_width >= 0.05);
    REQUIRE(model.measured_decode);
    CHECK(model.measured_decode->rows == 1);
    CHECK(model.measured_decode->low_tok_s == measured);
    CHECK(model.measured_decode->urls.empty());
  }
}

TEST_CASE("prompts are calibrated apart from generation") {
  const Question plain = ask(query_of());
  const double decode = decode_of(plain);
  REQUIRE(speed_of(plain).prefill);
  const double prefill = speed_of(plain, 0, 0).prefill->tok_s;
  const Question q = calibrated(
      query_of(), json::array({bench_row({{"n_prompt", 4096}, {"n_gen", 0}, {"avg_ts", prefill * 0.7}})}));
  CHECK(q.measurements->prefill_rows == 1);
  CHECK(q.measurements->decode_rows == 0);
  CHECK(std::abs(speed_of(q, 0, 0).prefill->tok_s / (prefill * 0.7) - 1) < 0.03);
  CHECK(decode_of(q) == Approx(decode));
}

TEST_CASE("other quants and models move in the same direction, and less") {
  Query query = query_of("q4_k_m,q3_k_m");
  query.model = {"27b,9b"};
  const Question before = ask(query);
  REQUIRE(before.models.size() == 2);
  REQUIRE(before.models[0].builds.size() == 2);
  const std::size_t own = before.models[0].builds[0].quant_id == "q4_k_m" ? 0 : 1;
  const double measured = decode_of(before, own) * 0.75;
  const Question after = calibrated(query, json::array({bench_row({{"avg_ts", measured}})}));
  const double quant = decode_of(after, 1 - own) / decode_of(before, 1 - own);
  CHECK(quant < 0.97);
  CHECK(quant > 0.75);
  CHECK(after.models[0].speeds[1 - own].decode.basis <= SpeedBasis::device);
  CHECK(after.models[0].speeds[1 - own].decode.half_width >= after.models[0].speeds[own].decode.half_width);
  CHECK(after.models[1].speeds[0].own_measurement);
}

TEST_CASE("rows at a depth calibrate the depth") {
  const Question plain = ask(query_of());
  const double at_0 = decode_of(plain, 0, 64), at_32k = decode_of(plain, 0, 32768 + 64);
  const Question q =
      calibrated(query_of(), json::array({bench_row({{"avg_ts", at_0 * 0.9}}),
                                          bench_row({{"avg_ts", at_32k * 0.87}, {"n_depth", 32768}})}));
  CHECK(std::abs(decode_of(q, 0, 64) / (at_0 * 0.9) - 1) < 0.03);
  CHECK(std::abs(decode_of(q, 0, 32768 + 64) / (at_32k * 0.87) - 1) < 0.03);
  CHECK(q.models.front().speeds.front().measured_decode->most_depth == 32768);
}

TEST_CASE("experts in system RAM are rebuilt and calibrated") {
  Query query = query_of("q8_0", "35b-a3b");
  query.ram = "64GB";
  query.cpu = "ddr5-6000";
  query.cpu_moe = "40";
  const Question plain = ask(query);
  const double measured = decode_of(plain) * 0.8;
  const json row = bench_row({{"model_filename", "Qwen3.5-35B-A3B-Q8_0.gguf"},
                              {"model_type", "qwen35moe 35B.A3B Q8_0"},
                              {"model_size", plain.models[0].builds[0].weights->tensor_bytes},
                              {"model_n_params", 34'660'610'688},
                              {"n_cpu_moe", 40},
                              {"avg_ts", measured}});
  const Question q = calibrated(query, json::array({row}));
  CHECK(std::abs(decode_of(q) / measured - 1) < 0.03);
  CHECK(q.models.front().speeds.front().decode_in_ram.basis == SpeedBasis::measured);
  CHECK(q.models.front().speeds.front().decode.basis == plain.models.front().speeds.front().decode.basis);
}

TEST_CASE("a file of several models says which rows were used") {
  const auto question = ask_with(query_of(), kData + "lines.jsonl");
  REQUIRE(question);
  CHECK(question->measurements->decode_rows == 2);
  REQUIRE(question->measurements->left_out.size() == 1);
  CHECK(question->measurements->left_out[0].find("llama 8B") != std::string::npos);
  CHECK(question->measurements->left_out[0].find("line 3") != std::string::npos);
  const auto mixed = ask_with(query_of(), kData + "one_gpu.json");
  REQUIRE(mixed);
  CHECK(mixed->measurements->prefill_rows == 1);
  CHECK(mixed->measurements->left_out.size() == 1);
}

TEST_CASE("measurements of another machine are refused, naming both") {
  const auto refuse = [&](const std::string& gpu, const json& changes) {
    Query query = query_for(gpu, "27b", "q4_k_m");
    query.ram = gpu == "none" ? "64GB" : "";
    return refused(query, json::array({bench_row(changes)}).dump());
  };
  const Error other = refuse("rtx4090", {});
  CHECK(mentions(other, "RTX 3090"));
  CHECK(mentions(other, "RTX 4090"));
  CHECK(mentions(refuse("m2-max-38c-64gb", {}), "Apple M2 Max"));
  CHECK(mentions(refuse("2xrtx3090", {}), "2x"));
  CHECK(mentions(refuse("none", {}), "without a GPU"));
  CHECK(mentions(refuse("rtx3090", {{"gpu_info", "NVIDIA GeForce RTX 3090, NVIDIA GeForce RTX 3090"}}), "+"));
  CHECK(mentions(refuse("rtx3090", {{"gpu_info", ""}, {"backends", "CPU"}}), "CPU"));
  CHECK(mentions(refuse("rtx3090", {{"backends", "Vulkan"}}), "--backend vulkan"));
}

TEST_CASE("a name of a GPU that nobody knows is taken with a note") {
  const double measured = decode_of(ask(query_of())) * 0.9;
  const Question q = calibrated(
      query_of(), json::array({bench_row({{"gpu_info", "Radiant Graphics"}, {"avg_ts", measured}})}));
  REQUIRE(q.measurements->notes.size() == 1);
  CHECK(q.measurements->notes[0].find("Radiant Graphics") != std::string::npos);
}

TEST_CASE("one GPU of several may have run the test") {
  const double measured = decode_of(ask(query_of())) * 0.9;
  const json two = {{"gpu_info", "NVIDIA GeForce RTX 3090, NVIDIA GeForce RTX 4090"}, {"avg_ts", measured}};
  for (const json& chosen :
       {json{{"split_mode", "none"}}, json{{"devices", "CUDA0"}}, json{{"tensor_split", "1.00/0.00"}}}) {
    json row = bench_row(two);
    row.update(chosen);
    CHECK(calibrated(query_of(), json::array({row})).measurements->decode_rows == 1);
  }
}

TEST_CASE("a rate above what the memory allows is refused, a crawling one left out") {
  const Rate estimate = *speed_of(ask(query_of())).decode;
  const Error fast =
      refused(query_of(), json::array({bench_row({{"avg_ts", estimate.ceiling_tok_s * 1.2}})}).dump());
  CHECK(mentions(fast, "bytes over bandwidth"));
  CHECK(mentions(fast, "RTX 3090"));
  CHECK(mentions(fast, "/0"));
  const Error slow = refused(query_of(), json::array({bench_row({{"avg_ts", estimate.tok_s / 50}})}).dump());
  CHECK(mentions(slow, "tenth"));
}

TEST_CASE("tests that say nothing of an estimated speed are left out with the reason") {
  const double measured = decode_of(ask(query_of())) * 0.9;
  const auto left_out = [&](json changes) {
    changes["avg_ts"] = measured;
    const Question q =
        calibrated(query_of(), json::array({bench_row({{"avg_ts", measured}}), bench_row(changes)}));
    REQUIRE(q.measurements->left_out.size() == 1);
    CHECK(q.measurements->decode_rows == 1);
    return q.measurements->left_out[0];
  };
  CHECK(left_out({{"no_kv_offload", true}}).find("-nkvo") != std::string::npos);
  CHECK(left_out({{"tensor_buft_overrides", "exps=CPU"}}).find("-ot") != std::string::npos);
  CHECK(left_out({{"type_k", "q9_9"}}).find("cache") != std::string::npos);
  CHECK(left_out({{"model_size", 5'000'000'000}}).find("size") != std::string::npos);
  CHECK(left_out({{"n_prompt", 512}}).find("one rate") != std::string::npos);
}

TEST_CASE("a Mac is known by its chip") {
  const Query query = query_for("m2-max-38c-64gb", "27b", "q4_k_m");
  const double measured = decode_of(ask(query)) * 0.9;
  const json row = bench_row({{"gpu_info", "Apple M2 Max"}, {"backends", "MTL,BLAS"}, {"avg_ts", measured}});
  const Question q = calibrated(query, json::array({row}));
  CHECK(q.measurements->notes.empty());
  CHECK(std::abs(decode_of(q) / measured - 1) < 0.03);
}

TEST_CASE("a machine without a GPU is calibrated with runs on its CPU") {
  Query query = query_for("none", "9b", "q4_k_m");
  query.ram = "64GB";
  query.cpu = "ryzen-7-7800x3d";
  const Question plain = ask(query);
  const double measured = decode_of(plain) * 0.8;
  const json changes = {{"gpu_info", ""},
                        {"backends", "CPU"},
                        {"model_filename", "Qwen3.5-9B-Q4_K_M.gguf"},
                        {"model_type", "qwen35 9B Q4_K - Medium"},
                        {"model_size", plain.models[0].builds[0].weights->tensor_bytes},
                        {"model_n_params", 8953803264},
                        {"avg_ts", measured}};
  const Question q = calibrated(query, json::array({bench_row(changes)}));
  CHECK(std::abs(decode_of(q) / measured - 1) < 0.03);
  query.cpu = "core-i9-14900k";
  CHECK(mentions(refused(query, json::array({bench_row(changes)}).dump()), "7800X3D"));
}

TEST_CASE("the option --measured goes with questions and says what it used; it is no key of a batch line") {
  const std::string file = kData + "one_gpu.json";
  const std::vector<std::string> question = {"--gpu", "rtx3090", "--model", "27b", "--measured", file};
  const Ran fit = run_program(question);
  CHECK(fit.code == 0);
  CHECK(fit.err.find("2 decode and 1 prefill rows used") != std::string::npos);
  CHECK(run_program({"models", "--measured", file}).code == 2);
  CHECK(run_program({"--gpu", "rtx3090", "--measured", file, "--measured", file}).code == 2);
  CHECK(run_program({"--gpu", "rtx3090", "--measured", kData + "none.json"}).code == 3);
  CHECK(run_program({"--gpu", "rtx4090", "--measured", file}).code == 3);

  const std::string line = R"({"gpu":["rtx3090"],"model":["27b"],"quant":["q4_k_m"]})";
  const std::string other = R"({"gpu":["rtx4090"],"model":["27b"],"quant":["q4_k_m"]})";
  const Ran all = run_program({"batch", "--measured", file}, line + "\n" + other + "\n");
  CHECK(all.code == 3);
  CHECK(all.out.find("\"basis\":\"measured\"") != std::string::npos);
  CHECK(all.out.find("RTX 4090") != std::string::npos);
  const Ran key = run_program({"batch"}, R"({"gpu":["rtx3090"],"model":["27b"],"measured":"x"})");
  CHECK(key.code == 3);
  CHECK(key.out.find("names no files") != std::string::npos);
}

}  // namespace qwenfit
