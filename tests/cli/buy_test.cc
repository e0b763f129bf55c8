// `qwenfit buy` and `qwenfit --model` without a machine.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "cli/support.h"
#include "support/text.h"

using namespace qwenfit;

TEST_CASE("careless wishes are answered with the option at fault and what to type") {
  for (const auto& [line, part] : {
           std::pair("buy", "needs a model or a budget"),
           std::pair("buy --model 27b --budget 0", "--budget takes an amount in USD above zero"),
           std::pair("buy --model 27b --budget plenty", "\"plenty\""),
           std::pair("buy --model 27b --budget -500", "\"-500\""),
           std::pair("buy --model 27b --budget 1,50", "\"1,50\""),
           std::pair("buy --model 27b --budget 1000 --budget 2000", "more than once"),
           std::pair("buy --model 27b --used --new", "exclude each other"),
           std::pair("buy --model 27b --class laptop", "\"laptop\""),
           std::pair("buy --model 27b --price rtx3091=700", "rtx3091"),
           std::pair("buy --model 27b --price rtx~3060=200", "rtx3060-12gb"),
           std::pair("buy --model 27b --price rtx3090", "such as rtx3090=750"),
           std::pair("buy --model 27b --price rtx3090=cheap", "\"cheap\""),
           std::pair("buy --model 27b --price rtx3090=700 --price 3090=800", "more than once"),
           std::pair("buy --model 27b --price rtx4090-laptop=900", "not sold by itself"),
           std::pair("buy --model 27b --from rtx3091", "rtx3091"),
           std::pair("buy --budget 500 --from rtx3091", "rtx3091"),
           std::pair("buy --model 27b --power-price -0.3", "--power-price takes an amount"),
           std::pair("buy --model 27b --api-price free", "--api-price takes an amount"),
           std::pair("buy --model 27b --min-tps fast", "\"fast\""),
           std::pair("buy --model 27b --min-tps 0", "above zero"),
           std::pair("buy --model 28b", "28b"),
           std::pair("buy --model 14b", "never released"),
           std::pair("buy --model 27b --quant q4_k_m,q8_0", "one quant"),
           std::pair("buy --model 27b --quant all", "one quant"),
           std::pair("buy --model 27b --runtime mlx", "such as --quant mlx-4bit"),
           std::pair("buy --model 27b --runtime vllm", "name a quant"),
           std::pair("buy --model 27b --gpu rtx3090", "buy takes no --gpu"),
           std::pair("buy --model 27b --ctx soon", "soon"),
           std::pair("buy --model 27b --kv q9", "q9"),
           std::pair("buy --model 27b --budgt 500", "no option \"--budgt\""),
           std::pair("buy rtx3090 --model 27b", "rtx3090"),
           std::pair("--gpu rtx3090 --model 27b --min-tps 30", "named already"),
           std::pair("--gpu rtx3090 --budget 5", "goes with qwenfit buy"),
           std::pair("--model 27b --budget 500", "goes with qwenfit buy"),
           std::pair("--model 27b,9b", "one model"),
           std::pair("--model all --min-tps 5", "one model"),
           std::pair("--min-tps 30", "one model"),
           std::pair("--model 14b", "never released"),
           std::pair("--model 27b --launch ollama", "name it with --gpu"),
           std::pair("--model 27b --gpu-layers 10", "name it with --gpu"),
           std::pair("--model 27b --tensor-split 1,1", "name it with --gpu"),
           std::pair("explain --gpu rtx3090 --model 27b --used", "explain takes no --used"),
           std::pair("compare rtx3090 rtx4090 --budget 500", "compare takes no --budget"),
       }) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 2);
    CHECK(has(ran.err, part));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("amounts may be written as people write them") {
  const std::string plain = run_program(words(few("buy --model 9b --budget 1500 --quiet"))).out;
  for (const char* amount : {"1,500", "$1500", "1500usd", "1500~USD", "1500.00"}) {
    INFO(amount);
    CHECK(run_program(words(few(std::string("buy --model 9b --quiet --budget ") + amount))).out == plain);
  }
}

TEST_CASE("a budget that is too small exits with 1 and names the cheapest machine") {
  const Ran ran = run_program(words("buy --model 27b --budget 20 --quiet"));
  CHECK(ran.code == 1);
  CHECK(has(ran.out, "Nothing for at most 20 USD"));
  CHECK(has(ran.out, "the cheapest that does is"));
}

TEST_CASE("a model that nothing affordable holds exits with 1") {
  const Ran ran = run_program(words("buy --model 397b-a17b --class mini-pc"));
  CHECK(ran.code == 1);
  CHECK(has(ran.out, "Nothing of class mini-pc"));
  CHECK(run_program(words("buy --budget 5")).code == 1);
  CHECK(run_program(words("--model 397b-a17b --class mini-pc")).code == 1);
}

TEST_CASE("the screen says what prices are of, when they were seen and which are doubtful") {
  if (is_sampled()) return;
  const Ran ran = run_program(words("buy --model 27b --budget 1000"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "used 2026-05"));
  CHECK(has(ran.out, "! older than 6 months"));
  CHECK(has(ran.out, "? a doubtful source"));
  CHECK(has(ran.out, "without the computer around them"));
  CHECK(has(ran.out, "have no known price"));
  CHECK(has(ran.out, "Recommended: rtx3090 at 800 USD"));
  const Ran own = run_program(words("buy --model 27b --budget 1000 --price rtx3090=650"));
  CHECK(has(own.out, "rtx3090 at 650 USD (your price)"));
}

TEST_CASE(
    "prices are ranges where sources give ranges, guides' figures are named, and modules are no cards") {
  if (is_sampled()) return;
  const Ran ran = run_program(words("buy --model 27b --budget 4000"));
  CHECK(has(ran.out, "2,699-5,499"));
  CHECK(has(ran.out, "beaten by none of firm price at the lower end"));
  CHECK(has(run_program(words("buy --model 27b --class mac")).out, "nobody else confirms"));
  const std::string modules = run_program(words("buy --model 9b --budget 100")).out;
  CHECK(has(modules, "is a module for a server, no card"));
  CHECK(has(modules, "SXM2 module, needs"));
  CHECK(has(run_program(words("buy --model 27b --budget 4000 --csv")).out, "price_source"));
}

TEST_CASE("with --ctx max each machine has a context of its own, and it is shown") {
  if (is_sampled()) return;
  for (const char* line : {"buy --model 27b --ctx max --budget 900", "buy --ctx max --budget 900",
                           "--model 27b --ctx max --class mac"}) {
    INFO(line);
    const std::string screen = run_program(words(std::string(line) + " --markdown")).out;
    CHECK(has(screen, "each with its largest context"));
    CHECK(has(screen, "max ctx"));
    CHECK_FALSE(has(screen, "tokens of context"));
  }
}

TEST_CASE("system RAM that is used is shown, and what is left out of the sums") {
  if (is_sampled()) return;
  const std::string screen = run_program(words("buy --model 122b-a10b --ram 128GB --budget 500")).out;
  CHECK(has(screen, "RAM"));
  CHECK(has(screen, "counted as there already"));
  CHECK(has(screen, "the processor computes a part of the model"));
  const std::string csv = run_program(words("buy --model 122b-a10b --ram 128GB --budget 500 --csv")).out;
  CHECK(has(csv, ",offload,"));
  CHECK(has(csv, "ram_bytes"));
}

TEST_CASE("watts that were only stated are not called measured") {
  if (is_sampled()) return;
  const std::string screen = run_program(words("buy --model 27b --class mac")).out;
  CHECK(has(screen, "stated"));
  CHECK(has(screen, "by no meter that is told"));
}

TEST_CASE("nothing is bought that is no better than what one has") {
  const Ran none = run_program(words("buy --model 27b --from 16xrtx3090 --budget 500"));
  CHECK(none.code == 1);
  CHECK(has(none.out, "is visibly faster than\n16xrtx3090"));
  const auto document =
      nlohmann::json::parse(run_program(words("buy --model 27b --from rtx4090 --budget 6000 --json")).out);
  REQUIRE_FALSE(document.at("front").empty());
  const auto& owned = document.at("owned").at(0);
  for (const auto& row : document.at("front")) {
    INFO(row.at("machine"));
    CHECK((row.at("tok_s") > owned.at("decode_tok_s") ||
           row.at("max_context_tokens") > owned.at("max_context_tokens")));
  }
}

TEST_CASE("cards of different makers are said to run together under one back end alone") {
  if (is_sampled()) return;
  const std::string line = "buy --model 35b-a3b --budget 1200 --from 2xrtx3060-12gb";
  CHECK(has(run_program(words(line)).out, "Cards of different makers, as in 2xrtx3060-12gb + "));
  const auto document = nlohmann::json::parse(run_program(words(line + " --json")).out);
  CHECK(has(document.at("verdict").dump(), "run together only under vulkan; 2xrtx3060-12gb alone does"));
  CHECK(document.at("owned_shared").at(0).at("backend") == "vulkan");
  const std::string one_maker =
      run_program(words("buy --model 35b-a3b --budget 900 --new --from rtx4090")).out;
  CHECK_FALSE(has(one_maker, "run together only"));
}

TEST_CASE("RAM given beside --from counts for what one has") {
  const Ran ran = run_program(words("buy --model 27b --from none --ram 64GB --class mac"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "System RAM alone runs it at"));
}

TEST_CASE("power is told with its cost, and elsewhere's price with the tokens that pay for the machine") {
  if (is_sampled()) return;
  const std::string line = "buy --model 27b --min-tps 30 --class gpu --budget 1000";
  CHECK_FALSE(has(run_program(words(line)).out, "Paid after"));
  const Ran uncounted = run_program(words(line + " --api-price 2"));
  CHECK(has(uncounted.out, "power not counted"));
  const Ran counted = run_program(words(line + " --api-price 2 --power-price 0.30"));
  CHECK(has(counted.out, "power at 0.30 USD per kWh counted"));
  CHECK(has(run_program(words(line + " --api-price 0.10 --power-price 0.30")).out, "never"));
}

TEST_CASE("a model without a machine gets the machines, RAM assumed unless given") {
  if (is_sampled()) return;
  const Ran ran = run_program(words("--model 27b"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "Runs well"));
  CHECK(has(ran.out, "Runs slowly"));
  CHECK(has(ran.out, "which is assumed"));
  const Ran with_ram = run_program(words("--model 27b --ram 32GB --min-tps 30"));
  CHECK(has(with_ram.out, "30 tok/s or more"));
  CHECK(has(with_ram.out, "counted with 32GB"));
  CHECK_FALSE(has(with_ram.out, "which is assumed"));
}

TEST_CASE("a runtime with files of its own is asked about with its own quant") {
  const Ran ran = run_program(words("buy --model 27b --runtime mlx --quant mlx-4bit --quiet"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "Recommended: m"));
}

TEST_CASE("machines that cannot be asked take nothing from those that can") {
  for (const char* line : {"--model 27b --runtime mlx --quant mlx-4bit --quiet",
                           "--model 27b --backend metal --quiet", "--model 27b --os macos --quiet"}) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    CHECK(has(ran.out, "the cheapest is m"));
  }
  // What is wrong with every machine is still told.
  CHECK(run_program(words("--model 27b --ram lots --quiet")).code == 2);
}

TEST_CASE("without a firm price the price is named as the problem") {
  const Ran ran = run_program(words("buy --model 397b-a17b --class gpu --json"));
  const auto document = nlohmann::json::parse(ran.out);
  CHECK(document.at("status") == "unsure");
  REQUIRE_FALSE(document.at("unsure").empty());
  const std::string verdict = document.at("verdict").at(0);
  CHECK(has(verdict, "price is not certain"));
  CHECK(has(verdict, document.at("unsure").at(0).at("machine").get<std::string>()));
  CHECK_FALSE(has(verdict, "--ram"));
}

TEST_CASE("what fits at an unknown speed is said to fit") {
  for (const char* line :
       {"buy --budget 500 --class mini-pc", "buy --model 4b --budget 500 --class mini-pc"}) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "bc-250-16gb at 200 USD"));
    CHECK(has(ran.out, "fits, at a speed that"));
  }
  CHECK(has(run_program(words("--model 4b --class mini-pc")).out, "Fits at a speed that is not known"));
}

TEST_CASE("what one has is the pick where nothing in the budget is a gain") {
  const Ran ran = run_program(words("buy --budget 500 --from 4xrtx3090"));
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "on 4xrtx3090, which you have"));
  CHECK(has(ran.out, "--from 4xrtx3090"));
}

TEST_CASE("the option at fault is named as it was typed, and may be repeated") {
  const Ran list = run_program(words("buy --model 27b --from rtx3090,rtx3060-12gb"));
  CHECK(list.code == 2);
  CHECK(has(list.err, "--from rtx3090 --from rtx3060-12gb"));
  CHECK_FALSE(has(list.err, "--gpu"));
  const Ran both = run_program(words("buy --model 27b --budget 500 --from rtx3090 --from rtx3060-12gb"));
  CHECK(both.code <= 1);
  CHECK(has(both.out, "rtx3090 + rtx3060-12gb alone runs it"));
}

TEST_CASE("old cards come with the driver that they need, and without a runtime that leaves them out") {
  CHECK(has(run_program(words("buy --model 27b --budget 200 --class gpu --used")).out,
            "No NVIDIA driver after 470 runs tesla-k80-per-gpu"));
  const Ran ran = run_program(words("--gpu 2xtesla-k80-per-gpu --model 9b --runtime ollama"));
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "compute capability 5.0"));
}

TEST_CASE("a CPU or a batch line without GPU is still a machine of its own") {
  CHECK(run_program(words("--cpu ddr5-6000 --ram 64GB --model 9b --quant q4_k_m --quiet")).code == 0);
  const Ran batch = run_program({"batch"}, "{\"model\":[\"27b\"]}\n");
  CHECK(has(batch.out, "qwenfit.error/1"));
}
