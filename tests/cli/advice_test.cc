// What the program says about quality, trade-offs and users, from the command line on.

#include "catch.h"
#include "cli/support.h"
#include "nlohmann/json.hpp"
#include "report/advice_words.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

/// With every run of white space as one blank: lines are wrapped.
std::string unwrapped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

std::string quality_section(const std::string& line) {
  const Ran ran = run_program(words("explain " + line));
  REQUIRE(ran.code == 0);
  const auto from = ran.out.find("\nQuality");
  REQUIRE(from != std::string::npos);
  const auto to = ran.out.find("\nRuntime", from);
  return unwrapped(ran.out.substr(from, to - from));
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

json quality_of(const std::string& line) {
  const Ran ran = run_program(words(line + " --json"));
  REQUIRE(ran.code == 0);
  return json::parse(ran.out)["results"][0]["quality"];
}

}  // namespace

TEST_CASE("an explanation says which published figure or rule the quality rests on") {
  const std::string own = quality_section("--gpu rtx5090 --model 35b-a3b --quant q4_k_m");
  says(own, "published: 0.019 nats for Q4_K_M of Qwen3.5-35B-A3B by unsloth from https://unsloth.ai");
  says(own, "KV cache f16 with 8,192 tokens in it 0 ");
  says(own, "reads as typical 4 bit");
  const std::string held = quality_section("--gpu rtx5090 --ram 64GB --model 35b-a3b --quant q8_0");
  says(held, "held to 0.0033, as more bits lose no more");
  const std::string translated = quality_section("--gpu b200 --model 122b-a10b --quant fp8");
  says(translated, "of another kind of model, translated to");
  const std::string by_bits = quality_section("--gpu rtx3090 --model 9b --quant iq3_m@llama.cpp");
  says(by_bits, "nothing published; usual loss of 3 bits");
}

TEST_CASE("an explanation says between which contexts the loss of the cache lies, and what is an estimate") {
  const std::string text = quality_section("--gpu rtx3090 --model 27b --quant q4_k_m --kv q8_0 --ctx 32k");
  says(text, "KV cache q8_0 with 32,768 tokens in it");
  says(text, "between 0.000018 at 512 tokens and 0.0025 at 65,536 tokens (estimate)");
  says(text, "from estimate: median KL divergence in protocol anbeeld-wt2-64k");
}

TEST_CASE("a quantized cache loses more the more context there is") {
  const std::string line = "--gpu rtx3090 --model 9b --quant q4_k_m --kv q4_0 --ctx ";
  const json few = quality_of(line + "4k");
  const json many = quality_of(line + "200k");
  CHECK(many["kv_kld"].get<double>() > 2 * few["kv_kld"].get<double>());
  CHECK(many["kv_estimated"] == true);
  CHECK(quality_of("--gpu rtx3090 --model 9b --quant q4_k_m --ctx 200k")["kv_kld"] == 0);
}

TEST_CASE("an explanation as a document says what the quality rests on") {
  const auto parts_of = [](const std::string& line) {
    const Ran ran = run_program(words("explain " + line + " --json"));
    REQUIRE(ran.code == 0);
    return json::parse(ran.out)["quality_parts"];
  };
  const json own = parts_of("--gpu rtx3090 --model 27b --quant q4_k_m --kv q8_0 --ctx 32k");
  CHECK(own["weights"]["figures"] >= 1);
  CHECK(own["weights"]["rule"].get<std::string>().find("published") != std::string::npos);
  CHECK(own["weights"]["source"].is_string());
  CHECK(own["kv_cache"]["estimated"] == true);
  CHECK_FALSE(own["kv_cache"]["sources"].empty());
  CHECK(own["mean_kld"] ==
        own["weights"]["mean_kld"].get<double>() + own["kv_cache"]["mean_kld"].get<double>());
  const json by_bits = parts_of("--gpu rtx3090 --model 9b --quant iq3_m@llama.cpp");
  CHECK(by_bits["weights"]["figures"] == 0);
  CHECK(by_bits["weights"]["least_kld"].is_null());
}

TEST_CASE("of several published figures an explanation says how many there are and how far they lie apart") {
  int several = 0;
  for (const char* quant : {"q4_k_m", "q5_k_m", "q6_k", "q3_k_m", "iq4_xs", "q8_0"}) {
    const std::string line = std::string("--gpu b200 --model 122b-a10b --quant ") + quant;
    const Ran ran = run_program(words("explain " + line + " --json"));
    const json weights = json::parse(ran.out)["quality_parts"]["weights"];
    if (weights["figures"] < 2) continue;
    ++several;
    CHECK(weights["least_kld"] <= weights["found_kld"]);
    CHECK(weights["found_kld"] <= weights["most_kld"]);
    const std::string text = quality_section(line);
    says(text, "median of " + std::to_string(weights["figures"].get<int>()) + " published figures");
    const std::string least = kld_words(weights["least_kld"].get<double>());
    const std::string most = kld_words(weights["most_kld"].get<double>());
    if (least != most) says(text, "(" + least + " to " + most + ")");
  }
  CHECK(several > 0);
}

TEST_CASE("documents say when more users were not looked for") {
  const Ran ran = run_program(words("--gpu rtx5090 --model 0.8b --ctx 256k --json"));
  const json advice = json::parse(ran.out)["advice"][0];
  CHECK(advice["users_at_context"] == 1);
  CHECK(advice["users_at_least"] == true);
}

TEST_CASE("a cache that was asked for is recommended, and a better one named") {
  const Ran ran = run_program(words("--gpu rtx3090 --model 9b --kv f32 --json"));
  const json table = json::parse(ran.out)["advice"][0]["trade_offs"];
  int recommended = 0;
  for (const json& row : table["rows"]) {
    if (row["pick"] != "recommended") continue;
    ++recommended;
    CHECK(row["kv_type_k"] == "f32");
  }
  CHECK(recommended == 1);
  says(table["reason"], "With --kv f16 it would be better in context");
}
