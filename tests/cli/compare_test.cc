// `qwenfit compare`: machines side by side, or models on one machine.

#include "advise/compare.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

Comparison compared(const std::vector<std::string>& machines, const Query& query) {
  Resolver resolver(Catalog::builtin());
  auto comparison = compare(machines, query, resolver);
  REQUIRE(comparison);
  return std::move(*comparison);
}

}  // namespace

TEST_CASE("each cell of a comparison is the best row of asking for that machine and model alone") {
  Query query;
  query.model = {"27b", "35b-a3b"};
  query.ram = "64GB";
  if (is_sampled()) query.quant = {"q4_k_m"};
  const Comparison c = compared({"rtx3090", "2xrtx3060-12gb", "m4-max-40c-64gb"}, query);
  for (const ComparedMachine& m : c.machines) {
    CHECK(m.ram_dropped == (m.asked == "m4-max-40c-64gb"));
    for (std::size_t i = 0; i < query.model.size(); ++i) {
      Query alone = query;
      alone.gpu = {m.asked};
      alone.model = {query.model[i]};
      if (m.ram_dropped) alone.ram.clear();
      const auto question = resolve(alone, Catalog::builtin());
      REQUIRE(question);
      const auto answers = sweep(*question);
      const auto best = best_answer(answers);
      REQUIRE(best);
      CHECK(m.best[i].build->quant_id == answers[*best].build->quant_id);
      CHECK(m.best[i].estimate.speed->decode->tok_s == answers[*best].estimate.speed->decode->tok_s);
    }
  }
}

TEST_CASE("the leader is the fastest, and a flip has another leader by more than a little") {
  Query query;
  query.model = {"35b-a3b", "27b"};
  const Comparison c = compared({"rtx3090", "rtx5090", "m4-max-40c-128gb"}, query);
  REQUIRE(c.standings.size() == 2);
  for (const Standing& s : c.standings) {
    REQUIRE(s.leader);
    for (std::size_t i = 0; i < s.rates.size(); ++i) CHECK(s.tok_s(i) <= s.tok_s(*s.leader));
  }
  // Q8_0 of 35B-A3B has no room on 32 GB.
  REQUIRE_FALSE(c.flips.empty());
  for (const Standing& flip : c.flips) {
    const Standing& usual = c.standings[flip.condition.model];
    CHECK(flip.leader != usual.leader);
    if (flip.rates[*usual.leader])
      CHECK(flip.tok_s(*flip.leader) > flip.tok_s(*usual.leader) * kVisiblyFaster);
  }
}

TEST_CASE("the order turns with the model, and with its kind where that tells the leaders apart") {
  const auto flips = [](const std::string& line) {
    const Ran ran = run_program(words(line + " --json"));
    const auto document = nlohmann::json::parse(ran.out);
    std::string found;
    for (const auto& flip : document.at("flips")) {
      if (flip.at("by") == "model" || flip.at("by") == "kind")
        found += flip.at("by").get<std::string>() + " " + flip.at("model").get<std::string>() + " " +
                 flip.at("leader").get<std::string>() + "; ";
    }
    return std::pair(found, document.at("changes").dump());
  };
  const auto kind = flips("compare tesla-p40 arc-pro-b70 --model 27b,35b-a3b --quant q4_k_m");
  CHECK(kind.first == "kind qwen3.5-35b-a3b tesla-p40; ");
  CHECK(has(kind.second,
            "arc-pro-b70 leads for the dense model (Qwen3.5-27B), tesla-p40 for the MoE model "
            "(Qwen3.5-35B-A3B)."));
  CHECK(flips("compare rtx3090 rtx5090 --model 27b,35b-a3b --quant q4_k_m").first.empty());
  // The smaller card leads nothing but what does not fit on the larger: no kind explains that.
  const auto model = flips("compare rtx4090 m4-max-40c-128gb --model 27b,122b-a10b,35b-a3b --quant q4_k_m");
  CHECK(model.first == "model qwen3.5-122b-a10b m4-max-40c-128gb; ");
  CHECK(has(model.second,
            "rtx4090 leads for Qwen3.5-27B and Qwen3.5-35B-A3B, m4-max-40c-128gb for Qwen3.5-122B-A10B."));
}

TEST_CASE("machines are ranked at one quant, the common one or the one asked for") {
  Query query;
  query.model = {"27b"};
  const std::vector<std::string> machines = {"rtx3090", "rtx5090"};
  const auto alone = [&](const std::string& machine, const std::string& quant) {
    Query one = query;
    one.gpu = {machine};
    one.quant = {quant};
    const auto question = resolve(one, Catalog::builtin());
    REQUIRE(question);
    const Answer answer = sweep(*question).front();
    return std::pair(answer.estimate.speed->decode->tok_s, answer.max_context.tokens);
  };
  const auto check = [&](const Comparison& c, const std::string& quant) {
    const Standing& s = c.standings.front();
    CHECK(s.condition.quant == quant);
    for (std::size_t i = 0; i < machines.size(); ++i) {
      INFO(machines[i] << ' ' << quant);
      CHECK(c.machines[i].compared.front().build->quant_id == quant);
      CHECK(std::pair(s.tok_s(i), *s.max_contexts[i]) == alone(machines[i], quant));
    }
  };
  check(compared(machines, query), "q4_k_m");
  query.quant = {"q5_k_m"};
  check(compared(machines, query), "q5_k_m");
  // Of several that lack the common one, one that is recommended for a machine.
  query.quant = {"q8_0,q6_k"};
  check(compared(machines, query), "q6_k");
}

TEST_CASE("sentences name the quant that they compare at, and better files apart from it") {
  const std::string out = run_program(words("compare rtx3090 rtx5090 --model 27b --quiet")).out;
  INFO(out);
  CHECK(out.starts_with("Qwen3.5-27B at Q4_K_M: rtx5090 is the fastest"));
  // At one quant the smaller card holds no more context.
  CHECK_FALSE(has(out, "of context instead"));
  CHECK(has(out, "rtx3090 also holds Q6_K and rtx5090 Q8_0."));
  const Ran table = run_program(words("compare rtx3090 rtx5090 --model 27b"));
  CHECK(has(table.out, "at Q4_K_M"));
}

TEST_CASE("generations are compared at one quant on one machine") {
  const std::string out = run_program(words("compare rtx4090 --model qwen3-32b,27b --quiet")).out;
  INFO(out);
  CHECK(has(out, "at Q4_K_M"));
  const auto number_after = [&](const char* lead) {
    const std::size_t at = out.find(lead);
    REQUIRE(at != std::string::npos);
    return std::stod(out.substr(at + std::string(lead).size()));
  };
  // 27B has fewer weights than 32B: a smaller file, and faster.
  const double file = number_after("is a file of "), rate = number_after("decodes ");
  const std::string rest = out.substr(out.find("is a file of "));
  CHECK(file < std::stod(rest.substr(rest.find("instead of ") + 11)));
  const std::string speed = out.substr(out.find("decodes "));
  CHECK(rate > std::stod(speed.substr(speed.find("instead of ") + 11)));
}

TEST_CASE("a machine or a model twice says nothing about itself") {
  const std::string machines = run_program(words("compare rtx3090 rtx3090 --model 27b --quiet")).out;
  INFO(machines);
  CHECK(has(machines, "rtx3090 runs it at"));
  CHECK_FALSE(has(machines, "level"));
  CHECK_FALSE(has(machines, "instead"));
  CHECK(run_program(words("compare rtx3090 --model 9b,9b --quiet")).out.find("instead of") ==
        std::string::npos);
}

TEST_CASE("the settings of a comparison are those of all machines") {
  const std::string out = run_program(words("compare rtx3090 m4-max-40c-128gb --model 27b")).out;
  INFO(out);
  CHECK(has(out, "llama.cpp (cuda) on rtx3090, llama.cpp (metal) on"));
  CHECK(has(run_program(words("compare rtx3090 rtx5090 --model 27b")).out,
            "Settings  llama.cpp (cuda), context"));
}

TEST_CASE("a comparison prints its verdict and says when the order changes") {
  const Ran ran = run_program(words("compare rtx5090 m4-max-40c-128gb --model 35b-a3b"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "rtx5090 is the fastest"));
  CHECK(has(ran.out, "at Q8_0: m4-max-40c-128gb leads"));
  CHECK(has(ran.out, "not fit on rtx5090."));
}

TEST_CASE("one machine compares models, as for an upgrade from Qwen 3") {
  const Ran ran = run_program(words("compare rtx4090 --model qwen3-32b,27b --quiet"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "Against Qwen3-32B"));
  CHECK(has(ran.out, "takes 64.0 instead of 256.0 MiB of KV cache per 1k tokens"));
  CHECK(has(ran.out, "reads images"));
}

TEST_CASE("comparisons of nothing, too much or strangers are refused with the word at fault") {
  for (const auto& [line, part] :
       {std::pair("compare", "needs machines"), std::pair("compare rtx3090", "name them, such as --model"),
        std::pair("compare rtx3090 rtx3091 --model 27b", "is named \"rtx3091\""),
        std::pair("compare rtx3090 rtx4090 --gpu rtx5090", "compare takes no --gpu"),
        std::pair("compare rtx3090 rtx4090 --model 28b", "--model"),
        std::pair("compare rtx3090 rtx4090 --launch ollama", "compare takes no --launch"),
        std::pair("compare a b c d e f g h i j k l m --model 27b", "at most 12")}) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 2);
    CHECK(has(ran.err, part));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("a comparison in which nothing fits exits with 1") {
  CHECK(run_program(words("compare rtx3060-8gb rtx3060-12gb --model 397b-a17b")).code == 1);
}
