// What a runtime cannot do is refused with what to type instead.

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "catch.h"
#include "query/support.h"
#include "qwenfit/estimate.h"

using namespace qwenfit;

namespace {

Result<Question> ask(const std::string& gpu, const std::string& model, const std::string& runtime,
                     const std::string& quant, const std::function<void(Query&)>& change = {}) {
  Query query = query_for(gpu, model, quant);
  query.runtime = runtime;
  if (change) change(query);
  return resolve(query, Catalog::builtin());
}

/// At 8k of context.
Estimate estimate_of(const Question& question) {
  const Question::Answerable& subject = question.models.front();
  Scenario s{&subject.model, &subject.builds.front(), &question.machine, subject.projector,
             subject.settings.front()};
  s.settings.context = 8192;
  s.runtime = subject.runtimes.front().get();
  return estimate(s);
}

/// The refusal names the option and says these words.
void check_refused(const Result<Question>& answer, const std::string& where, const std::string& words) {
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::bad_combination);
  CHECK(answer.error().where == where);
  CAPTURE(answer.error().message);
  CHECK(answer.error().message.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a runtime is refused on hardware it does not run on") {
  check_refused(ask("m4-max-40c-128gb", "27b", "vllm", "fp8"), "--runtime", " with --quant ");
  check_refused(ask("m4-max-40c-128gb", "27b", "vllm", ""), "--runtime", "mlx");
  check_refused(ask("m4-max-40c-128gb", "27b", "sglang", "fp8"), "--runtime", "llama.cpp");
  check_refused(ask("rtx3090", "27b", "mlx", "mlx-4bit"), "--runtime", "llama.cpp with --quant ");
  check_refused(ask("rtx3090", "27b", "mlx", ""), "--runtime", "vllm");
  check_refused(ask("rtx3090", "27b", "lmstudio", "mlx-4bit"), "--runtime", "metal");
  check_refused(ask("rtx3090", "27b", "", "mlx-4bit"), "--quant", "metal");
  check_refused(ask("rtx3090", "27b", "", "mlx-4bit"), "--quant", "use --quant ud-q4_k_xl in llama.cpp");
  check_refused(ask("m4-max-40c-128gb", "27b", "", "awq-int4"), "--quant", "in llama.cpp");
  check_refused(ask("rtx3090", "27b", "ollama", "mlx-4bit"), "--runtime", ": use --quant ud-q4_k_xl");
  check_refused(ask("rx7900xtx", "27b", "vllm", "awq-int4"), "--runtime", "--backend rocm");
  check_refused(ask("arc-b580", "9b", "vllm", "awq-int4"), "--runtime", "llama.cpp");
  CHECK(ask("rx7900xtx", "27b", "vllm", "awq-int4", [](Query& q) { q.backend = "rocm"; }));
  CHECK(ask("m4-max-40c-128gb", "27b", "mlx", "mlx-4bit"));
  const auto unnamed = ask("m4-max-40c-128gb", "27b", "", "mlx-4bit");
  REQUIRE(unnamed);
  CHECK(unnamed->models.front().settings.front().runtime == "mlx");
}

TEST_CASE("GGUF files are not for vLLM, on a Mac or elsewhere") {
  CHECK_FALSE(ask("m4-max-40c-128gb", "27b", "vllm", "q4_k_m"));
  CHECK_FALSE(ask("rtx3090", "27b", "vllm", "q4_k_m"));
  CHECK(ask("rtx3090", "4b", "vllm", "bf16"));
}

TEST_CASE("heads must divide among the devices of a tensor split") {
  check_refused(ask("3xrtx3090", "27b", "vllm", "fp8"), "--gpu", "1, 2, 4 or 8 devices");
  check_refused(ask("3xrtx3090", "27b", "sglang", "fp8"), "--gpu", "1, 2, 4 or 8 devices");
  check_refused(ask("2xarc-b580", "9b", "llama.cpp", "q4_k_m", [](Query& q) { q.split_mode = "tensor"; }),
                "--split-mode", "by tensor on");
  check_refused(ask("3xrtx3090", "27b", "llama.cpp", "q4_k_m", [](Query& q) { q.split_mode = "tensor"; }),
                "--split-mode", "--split-mode layer");
  CHECK(ask("3xrtx3090", "27b", "llama.cpp", "q4_k_m"));
  CHECK(ask("2xrtx3090", "27b", "vllm", "fp8"));
  CHECK(ask("16xh100-sxm-80gb", "397b-a17b", "vllm", "bf16"));
}

TEST_CASE("groups of weights quantized together must divide among the devices too") {
  check_refused(ask("8xh100-sxm-80gb", "35b-a3b", "vllm", "fp8"), "--gpu", "1, 2 or 4 devices");
  check_refused(ask("16xh100-sxm-80gb", "397b-a17b", "sglang", "gptq-int4"), "--gpu", "8 devices");
  CHECK(ask("4xh100-sxm-80gb", "35b-a3b", "vllm", "fp8"));
  CHECK(ask("8xh100-sxm-80gb", "397b-a17b", "vllm", "fp8"));
}

TEST_CASE("cache types are those that the runtime has") {
  const auto kv = [](const char* type) { return [type](Query& q) { q.kv = type; }; };
  check_refused(ask("rtx3090", "27b", "ollama", "q4_k_m", kv("q5_0")), "--kv", "f16, q8_0 or q4_0");
  check_refused(ask("rtx3090", "27b", "vllm", "awq-int4", kv("q8_0")), "--kv", "fp8");
  check_refused(ask("m4-max-40c-128gb", "27b", "mlx", "mlx-4bit", kv("q8_0")), "--kv", "f16 or bf16");
  check_refused(ask("m4-max-40c-128gb", "27b", "lmstudio", "mlx-4bit", kv("q8_0")), "--kv", "f16 or bf16");
  check_refused(ask("rtx3090", "27b", "llama.cpp", "q4_k_m", kv("fp8")), "--kv", "q8_0");
  check_refused(ask("rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.kv_k = "q8_0"; }), "--kv-k",
                "one type for K and V");
  CHECK(ask("rtx3090", "27b", "ollama", "q4_k_m", kv("q8_0")));
  CHECK(ask("rtx3090", "27b", "vllm", "awq-int4", kv("fp8")));
}

TEST_CASE("options of llama.cpp alone are refused elsewhere") {
  const auto refused = [](const char* runtime, const std::string& where,
                          const std::function<void(Query&)>& change) {
    CAPTURE(runtime);
    check_refused(
        ask("rtx3090", "35b-a3b", runtime, std::string(runtime) == "ollama" ? "q4_k_m" : "awq-int4", change),
        where, "drop");
  };
  refused("vllm", "--gpu-layers", [](Query& q) { q.gpu_layers = "10"; });
  refused("vllm", "--cpu-moe", [](Query& q) { q.cpu_moe = "10"; });
  refused("sglang", "--tensor-split", [](Query& q) { q.tensor_split = "1"; });
  refused("vllm", "--ubatch", [](Query& q) { q.ubatch = "512"; });
  refused("ollama", "--cpu-moe", [](Query& q) { q.cpu_moe = "10"; });
  refused("ollama", "--parallel", [](Query& q) { q.parallel = "2"; });
  check_refused(ask("rtx3090", "27b", "lmstudio", "q4_k_m", [](Query& q) { q.mtp = true; }), "--mtp",
                "drop --mtp");
  check_refused(ask("m4-max-40c-128gb", "27b", "mlx", "mlx-4bit", [](Query& q) { q.mtp = true; }), "--mtp",
                "drop --mtp");
}

TEST_CASE("more slots than a runtime takes are refused, and as many are not") {
  const auto slots = [](const char* count) { return [count](Query& q) { q.parallel = count; }; };
  for (const char* runtime : {"", "llama.cpp", "lmstudio"}) {
    CHECK(ask("rtx3090", "4b", runtime, "q4_k_m", slots("256")));
    check_refused(ask("rtx3090", "4b", runtime, "q4_k_m", slots("257")), "--parallel",
                  "at most 256 sequences at a time: use --parallel 256 or less");
  }
  check_refused(ask("rtx3090", "4b", "ollama", "q4_k_m", slots("2")), "--parallel",
                "with 1 sequence at a time: drop --parallel");
  CHECK(ask("h100-80gb", "4b", "vllm", "bf16", slots("1024")));
  CHECK(ask("h100-80gb", "4b", "", "fp8", slots("1024")));
  // What its server says of the same limit.
  const CatalogRows& rows = Catalog::builtin().rows();
  for (const RuntimeRow& runtime : rows.runtimes) {
    for (const RuntimeOptionRow& option : rows.runtime_options) {
      if (option.runtime != runtime.id || option.names.front() != "-np") continue;
      CHECK(option.most == runtime.max_sequences);
    }
  }
}

TEST_CASE("a quant that a runtime is not known to run is refused and not among all") {
  check_refused(ask("m4-max-40c-128gb", "9b", "mlx", "mxfp8"), "--quant", "in mlx, only in ollama");
  check_refused(ask("m4-max-40c-128gb", "9b", "ollama", "mlx-6bit"), "--quant", "only in mlx, lmstudio");
  CHECK(ask("m4-max-40c-128gb", "9b", "ollama", "mxfp8"));
  CHECK(ask("m4-max-40c-128gb", "9b", "mlx", "mlx-mxfp8"));
  for (const char* runtime : {"mlx", "ollama", "lmstudio"}) {
    const auto all = ask("m4-max-40c-128gb", "9b", runtime, "all");
    REQUIRE(all);
    for (const Build& build : all->models.front().builds) {
      const auto& names = Catalog::builtin().quant_by_id(build.quant_id)->runtimes;
      INFO(runtime << " " << build.quant_id);
      CHECK(std::find(names.begin(), names.end(), runtime) != names.end());
    }
  }
}

TEST_CASE("a library's file counts in its own runtime where nobody else has it") {
  const auto publisher = [](const char* runtime, const char* quant, bool mtp) {
    const auto question = ask("rtx3090", "27b", runtime, quant, [&](Query& q) { q.mtp = mtp; });
    REQUIRE(question);
    return question->models.front().builds.front().publisher;
  };
  CHECK(publisher("ollama", "q4_k_m", true) == "ollama");
  CHECK(publisher("llama.cpp", "q4_k_m", true) == "llama.cpp");
  CHECK(publisher("", "q4_k_m", true) == "llama.cpp");
  CHECK(publisher("ollama", "q4_k_m", false) == "unsloth");
  CHECK(publisher("ollama", "q5_k_m", true) == "llama.cpp");
}

TEST_CASE("of all models those that a runtime can run are answered") {
  Query query;
  query.gpu = {"8xrtx3090"};
  query.model = {"all"};
  query.quant = {"fp8"};
  query.runtime = "vllm";
  const auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  CHECK(question->models.size() > 1);
  query.gpu = {"3xrtx3090"};
  check_refused(resolve(query, Catalog::builtin()), "--gpu", "devices");
}

TEST_CASE("a runtime that takes fewer devices is not named instead") {
  const auto on = [](const char* gpus) {
    return ask(gpus, "9b", "vllm", "bf16", [](Query& q) { q.os = "windows"; });
  };
  check_refused(on("15xrtx3090"), "--os", "use --runtime llama.cpp");
  const auto many = on("16xrtx3090");
  REQUIRE_FALSE(many);
  INFO(many.error().message);
  CHECK(many.error().message.find("llama.cpp") == std::string::npos);
}

TEST_CASE("servers are refused on devices that they have no kernels for") {
  check_refused(ask("tesla-p40", "9b", "vllm", "awq-int4"), "--runtime", "compute capability 7.5");
  check_refused(ask("gtx1080ti", "9b", "vllm", "fp8"), "--runtime", "use --runtime");
  check_refused(ask("v100-pcie-32gb", "9b", "vllm", "bf16"), "--runtime", "has 7.0");
  check_refused(ask("rtx2080ti", "4b", "sglang", "fp8"), "--runtime", "8.0 or higher");
  check_refused(ask("rtx3090", "35b-a3b", "sglang", "fp8"), "--quant", "8.9 or higher");
  const auto rocm = [](Query& q) { q.backend = "rocm"; };
  check_refused(ask("rx580-8gb", "4b", "vllm", "awq-int4", rocm), "--runtime", "gfx803");
  check_refused(ask("rx7900xtx", "9b", "vllm", "fp8", rocm), "--quant", "gfx942");
  check_refused(ask("rx7900xtx", "9b", "sglang", "bf16", rocm), "--runtime", "use --runtime");
  // One card that cannot is enough.
  Query mixed = query_for("rtx3090", "9b", "awq-int4");
  mixed.gpu.emplace_back("gtx1080ti");
  mixed.runtime = "vllm";
  check_refused(resolve(mixed, Catalog::builtin()), "--runtime", "GTX 1080 Ti");
}

TEST_CASE("servers run on the devices that they are documented for") {
  const auto rocm = [](Query& q) { q.backend = "rocm"; };
  for (const char* gpu : {"rtx3090", "rtx4090", "rtx5090", "a100-pcie-80gb", "h100-sxm-80gb", "rtx-a6000",
                          "rtx-6000-ada", "rtx-pro-6000-blackwell", "gb10-dgx-spark"}) {
    for (const char* runtime : {"vllm", "sglang"}) {
      for (const char* quant : {"bf16", "fp8", "awq-int4", "nvfp4"}) {
        INFO(gpu << ' ' << runtime << ' ' << quant);
        CHECK(ask(gpu, "9b", runtime, quant));
      }
    }
  }
  for (const char* runtime : {"vllm", "sglang"}) CHECK(ask("mi300x", "9b", runtime, "fp8", rocm));
  CHECK(ask("quadro-rtx6000", "9b", "vllm", "awq-int4"));
  CHECK(ask("rx7900xtx", "9b", "vllm", "bf16", rocm));
  CHECK(ask("rx9070xt", "9b", "vllm", "fp8", rocm));
  CHECK(ask("custom:memory=48GiB,backend=cuda", "9b", "vllm", "fp8"));
}

TEST_CASE("servers that Windows does not have are refused there") {
  const auto windows = [](Query& q) { q.os = "windows"; };
  check_refused(ask("rtx4090", "9b", "vllm", "fp8", windows), "--os", "type --os linux for WSL2");
  check_refused(ask("rtx4090", "9b", "sglang", "fp8", windows), "--os", "WSL2");
  check_refused(ask("rtx4090", "9b", "", "fp8", windows), "--os", "vLLM runs on Linux, not on Windows");
  CHECK(ask("rtx4090", "9b", "ollama", "q4_k_m", windows));
}

TEST_CASE("combinations that cannot work stay refused, with the reason") {
  check_refused(ask("m4-max-40c-128gb", "27b", "vllm", "q4_k_m"), "--runtime", "this machine has metal");
  check_refused(ask("3xrtx3090", "27b", "vllm", "awq-int4"), "--gpu", "3 do not divide them");
  check_refused(ask("rtx3090", "27b", "", "q4_k_m", [](Query& q) { q.kv = "q8_0", q.flash_attn = "off"; }),
                "--kv", "needs flash attention");
  const auto card = [](Query& q) { q.gpu.emplace_back("rtx3090"); };
  check_refused(ask("m4-max-40c-128gb", "27b", "", "q4_k_m", card), "--gpu", "name one of them");
}

TEST_CASE("LM Studio loads the vision part of a repository") {
  CHECK(ask("rtx3090", "9b", "lmstudio", "q4_k_m@unsloth")->models.front().settings.front().vision);
  CHECK_FALSE(ask("rtx3090", "9b", "llama.cpp", "q4_k_m@unsloth")->models.front().settings.front().vision);
}

TEST_CASE("Ollama keeps the vision part in system RAM unless every layer is on the devices") {
  const auto vision = [](const char* gpu, const char* ram) {
    const auto question = ask(gpu, "9b", "ollama", "q4_k_m", [&](Query& q) { q.ram = ram; });
    const Estimate e = estimate_of(*question);
    return std::pair(e.devices.front().terms[Term::vision], e.devices.back().terms[Term::vision]);
  };
  const auto [on_card, beside] = vision("rtx3090", "64GB");
  CHECK(on_card > 900 * kMiB);
  CHECK(beside < 100 * kMiB);
  const auto [off_card, in_ram] = vision("gtx1660super", "64GB");
  CHECK(off_card == 0);
  CHECK(in_ram > 900 * kMiB);
}

TEST_CASE("Ollama takes one card alone where the model leaves a fifth of it free") {
  const auto weights = [](const char* quant) {
    const auto question = ask("2xrtx3090", "27b", "ollama", quant);
    const Estimate e = estimate_of(*question);
    return std::pair(e.devices[0].terms[Term::weights] > 0, e.devices[1].terms[Term::weights] > 0);
  };
  CHECK(weights("q4_k_m") == std::pair(true, false));
  CHECK(weights("q6_k") == std::pair(true, true));
}

TEST_CASE("Ollama shares layers of unlike cards in proportion to their memory") {
  const auto question =
      ask("rtx3090", "27b", "ollama", "q6_k", [](Query& q) { q.gpu.emplace_back("rtx3060-12gb"); });
  const Estimate own = estimate_of(*question);
  REQUIRE(own.devices[1].terms[Term::weights] > 0);
  const double share = static_cast<double>(own.devices[0].terms[Term::weights]) /
                       static_cast<double>(own.devices[1].terms[Term::weights]);
  CHECK(share > 1.6);
  CHECK(share < 2.6);
}

TEST_CASE("devices beyond those that the runtime takes do not count") {
  const auto verdict = [](const char* gpus, const char* quant) {
    const auto question = ask(gpus, "122b-a10b", "", quant);
    return std::pair(question->machine.devices.size(), estimate_of(*question).verdict);
  };
  CHECK(verdict("16xrtx3080-10gb", "q8_0") == verdict("15xrtx3080-10gb", "q8_0"));
  CHECK(verdict("16xrtx3080-10gb", "q8_0").second == Verdict::no_fit);
  CHECK(ask("16xrtx3090", "9b", "", "bf16", [](Query& q) { q.runtime = "vllm"; })->machine.devices.size() ==
        16);
  Query mixed = query_for("gtx1080ti", "9b", "q4_k_m");
  mixed.gpu.emplace_back("15xrtx3090");
  const auto question = resolve(mixed, Catalog::builtin());
  REQUIRE(question);
  CHECK(question->machine.left_out == 1);
  CHECK(question->machine.devices.front().id == "rtx3090");
}

TEST_CASE("a split with shares for more devices than the runtime takes is refused") {
  Query query = query_for("16xrtx3090", "9b", "q4_k_m");
  query.tensor_split = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
  const auto refused = resolve(query, Catalog::builtin());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where == "--tensor-split");
  CHECK(refused.error().message.find("at most 15 devices") != std::string::npos);
}

TEST_CASE("devices are taken fastest first, and the desktop stays on the one that was named first") {
  for (const char* split : {"", "0,1,1,1,1"}) {
    Query query = query_for("gtx1050ti", "9b", "q4_k_m");
    query.gpu.insert(query.gpu.end(), {"rtx5090", "custom:memory=24GiB", "rtx3090", "rtx5090"});
    query.tensor_split = split;
    const auto question = resolve(query, Catalog::builtin());
    REQUIRE(question);
    std::vector<std::string> ids;
    for (const Device& d : question->machine.devices) ids.push_back(std::to_string(d.named) + " " + d.id);
    for (const Device& d : question->machine.devices) CHECK((d.display > 0) == (d.named == 0));
    CHECK(ids == std::vector<std::string>{"1 rtx5090", "4 rtx5090", "3 rtx3090", "0 gtx1050ti", "2 custom"});
  }
}

TEST_CASE("a device that driver and desktop fill stays empty and turns nothing into no fit") {
  Query query = query_for("custom:memory=256MiB,name=Tiny", "9b", "q4_k_m");
  query.gpu.emplace_back("rtx3090");
  const auto beside = resolve(query, Catalog::builtin());
  REQUIRE(beside);
  const Estimate e = estimate_of(*beside);
  CHECK(e.verdict == Verdict::fits);
  CHECK(e.devices[0].in_use);
  CHECK_FALSE(e.devices[1].in_use);
  CHECK(*e.devices[1].free() >= 0);
  query.gpu.pop_back();
  const auto alone = resolve(query, Catalog::builtin());
  REQUIRE(alone);
  CHECK(estimate_of(*alone).verdict == Verdict::no_fit);
}

TEST_CASE("files of Ollama's library and repositories bring the vision part") {
  const auto own = ask("rtx3090", "9b", "ollama", "q4_k_m@ollama");
  REQUIRE(own);
  CHECK(own->models.front().settings.front().vision);
  const auto repository = ask("rtx3090", "9b", "ollama", "q4_k_m@unsloth");
  REQUIRE(repository);
  CHECK(repository->models.front().settings.front().vision);
  const auto own_file = ask("rtx3090", "9b", "ollama", "q4_k_m@llama.cpp");
  REQUIRE(own_file);
  CHECK_FALSE(own_file->models.front().settings.front().vision);
}

TEST_CASE("a runtime's own context follows its tiers of memory") {
  const auto context = [](const char* gpu) {
    return ask(gpu, "9b", "ollama", "q4_k_m")->models.front().runtimes.front()->own_context;
  };
  CHECK(context("rtx3060-12gb") == 4096);
  CHECK(context("rtx3090") == 32768);
  CHECK(context("rtx-pro-6000-blackwell") == 262144);
}
