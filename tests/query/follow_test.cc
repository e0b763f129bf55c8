// A refusal says what to type instead, and that is not refused again.

#include <functional>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "catch.h"
#include "query/support.h"

using namespace qwenfit;

namespace {

using Words = std::vector<std::string>;

/// "a, b or c".
Words listed(const std::string& text) {
  static const std::regex name("[A-Za-z0-9._-]+");
  Words out;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
    if (at->str() != "or") out.push_back(at->str());
  }
  return out;
}

std::string& option(Query& q, const std::string& name) {
  static const std::map<std::string, std::string Query::*> members = {
      {"--runtime", &Query::runtime},
      {"--backend", &Query::backend},
      {"--os", &Query::os},
      {"--kv", &Query::kv},
      {"--kv-k", &Query::kv_k},
      {"--kv-v", &Query::kv_v},
      {"--split-mode", &Query::split_mode},
      {"--gpu-layers", &Query::gpu_layers},
      {"--cpu-moe", &Query::cpu_moe},
      {"--tensor-split", &Query::tensor_split},
      {"--ubatch", &Query::ubatch},
      {"--flash-attn", &Query::flash_attn},
      {"--parallel", &Query::parallel},
      {"--ram", &Query::ram},
      {"--cpu", &Query::cpu},
      {"--mtp-acceptance", &Query::mtp_acceptance}};
  return q.*members.at(name);
}

void clear(Query& q, const std::string& name) {
  if (name == "--mtp") {
    q.mtp = false;
  } else if (name == "--vision") {
    q.vision = false;
  } else {
    option(q, name).clear();
  }
}

/// Every query that the message asks for, in words for a failure.
std::vector<std::pair<std::string, Query>> suggested(const Query& asked, const Error& error) {
  static const std::regex set(
      R"((--(?:runtime|quant|backend|os|kv|kv-k|kv-v|split-mode)) ([a-z0-9._-]+(?:, (?!or )[a-z0-9._-]+)*(?: or [a-z0-9._-]+)?)(?: with --quant ([a-z0-9_-]+))?)");
  static const std::regex count(R"(use ((?:[0-9]+, )*(?:[0-9]+ or )?[0-9]+) devices?)");
  static const std::regex drop(R"(drop (it|--[a-z-]+))");
  std::vector<std::pair<std::string, Query>> out;
  const std::string& text = error.message;
  const std::sregex_iterator end;
  for (std::sregex_iterator at(text.begin(), text.end(), set); at != end; ++at) {
    const std::string name = (*at)[1];
    for (const std::string& value : listed((*at)[2])) {
      Query q = asked;
      if (name == "--kv") q.kv_k.clear(), q.kv_v.clear();
      if (name == "--quant") {
        q.quant = {value};
      } else {
        option(q, name) = value;
      }
      if ((*at)[3].matched) q.quant = {(*at)[3]};
      out.emplace_back(name + " " + value, q);
    }
  }
  for (std::sregex_iterator at(text.begin(), text.end(), count); at != end; ++at) {
    for (const std::string& value : listed((*at)[1])) {
      Query q = asked;
      const std::string& gpu = asked.gpu.front();
      q.gpu = {value + "x" + gpu.substr(gpu.find('x') + 1)};
      out.emplace_back(q.gpu.front(), q);
    }
  }
  for (std::sregex_iterator at(text.begin(), text.end(), drop); at != end; ++at) {
    Query q = asked;
    const std::string name = (*at)[1] == "it" ? error.where : (*at)[1].str();
    clear(q, name);
    out.emplace_back("without " + name, q);
  }
  for (const std::string& value : error.did_you_mean) {
    Query q = asked;
    if (error.where == "--quant") q.quant = {value};
    if (error.where == "--backend") q.backend = value;
    out.emplace_back("did you mean " + value, q);
  }
  return out;
}

struct Case {
  const char *gpu, *model, *runtime, *quant;
  std::function<void(Query&)> change = {};
};

Query query_of(const Case& c) {
  Query q = query_for(c.gpu, c.model, c.quant);
  q.runtime = c.runtime;
  if (c.change) c.change(q);
  return q;
}

void no_gpu(Query& q) {
  q.gpu = {"none"};
  q.ram = "64GB";
}

const Case kRefused[] = {
    {"4xrtx3090", "27b", "", "mlx-4bit"},
    {"4xrtx3090", "27b", "ollama", "mlx-4bit"},
    {"4xrtx3090", "27b", "lmstudio", "mlx-4bit"},
    {"4xrtx3090", "27b", "mlx", "mlx-4bit"},
    {"4xrtx3090", "27b", "mlx", ""},
    {"rtx3090", "122b-a10b", "mlx", "mlx-4bit"},
    {"3xrtx3090", "7b", "vllm", ""},
    {"3xrtx3090", "27b", "vllm", ""},
    {"3xrtx3090", "27b", "vllm", "fp8"},
    {"3xrtx3090", "27b", "sglang", "awq-int4"},
    {"3xrtx3090", "27b", "llama.cpp", "q4_k_m", [](Query& q) { q.split_mode = "tensor"; }},
    {"8xh100-sxm-80gb", "35b-a3b", "vllm", "fp8"},
    {"16xh100-sxm-80gb", "397b-a17b", "sglang", "gptq-int4"},
    {"tesla-p40", "9b", "vllm", ""},
    {"gtx1080ti", "9b", "vllm", "awq-int4"},
    {"gtx1080ti", "9b", "", "awq-int4"},
    {"rtx2080ti", "4b", "sglang", "fp8"},
    {"rtx3090", "35b-a3b", "sglang", "fp8"},
    {"rx7900xtx", "27b", "vllm", "awq-int4"},
    {"rx7900xtx", "9b", "vllm", "fp8"},
    {"rx7900xtx", "9b", "vllm", "fp8", [](Query& q) { q.backend = "rocm"; }},
    {"rx7900xtx", "9b", "sglang", "awq-int4"},
    {"rx580-8gb", "4b", "vllm", "awq-int4"},
    {"arc-b580", "9b", "vllm", "awq-int4"},
    {"arc-b580", "9b", "", "fp8"},
    {"rtx4090", "27b", "vllm", "awq-int4", [](Query& q) { q.os = "windows"; }},
    {"rtx4090", "9b", "", "fp8", [](Query& q) { q.os = "windows"; }},
    {"m4-max-40c-128gb", "27b", "vllm", "q4_k_m"},
    {"m4-max-40c-128gb", "27b", "sglang", "fp8"},
    {"m4-max-40c-128gb", "27b", "", "fp8"},
    {"m4-max-40c-128gb", "122b-a10b", "", "gptq-int4"},
    {"rtx3090", "9b", "vllm", "awq-int4", no_gpu},
    {"rtx3090", "9b", "mlx", "mlx-4bit", no_gpu},
    {"rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.kv = "q5_0"; }},
    {"rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.kv_k = "q8_0"; }},
    {"rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.kv_k = "q5_0"; }},
    {"rtx3090", "27b", "vllm", "awq-int4", [](Query& q) { q.kv = "q8_0"; }},
    {"rtx3090", "27b", "llama.cpp", "q4_k_m", [](Query& q) { q.kv_v = "fp8"; }},
    {"m4-max-40c-128gb", "27b", "mlx", "mlx-4bit", [](Query& q) { q.kv = "q8_0"; }},
    {"rtx3090", "35b-a3b", "vllm", "awq-int4", [](Query& q) { q.cpu_moe = "4"; }},
    {"rtx3090", "35b-a3b", "vllm", "", [](Query& q) { q.gpu_layers = "4"; }},
    {"rtx3090", "35b-a3b", "ollama", "q4_k_m@ollama", [](Query& q) { q.cpu_moe = "4"; }},
    {"rtx3090", "27b", "sglang", "awq-int4", [](Query& q) { q.ubatch = "512"; }},
    {"rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.parallel = "2"; }},
    {"rtx3090", "27b", "lmstudio", "q4_k_m", [](Query& q) { q.mtp = true; }},
    {"2xrtx3090", "27b", "vllm", "awq-int4", [](Query& q) { q.split_mode = "layer"; }},
    {"rtx3090", "27b", "", "q4_k_m", [](Query& q) { q.kv = "q8_0", q.flash_attn = "off"; }},
    {"rtx3090", "27b", "ollama", "q4_k_m", [](Query& q) { q.kv = "q8_0", q.flash_attn = "off"; }},
    {"rtx3090", "27b", "", "q4_k_m", [](Query& q) { q.kv_v = "q8_0", q.flash_attn = "off"; }},
    {"rtx3090", "27b", "vllm", "awq-int4", [](Query& q) { q.cpu_moe = "4"; }},
    {"rtx3090", "qwen3-8b", "", "q4_k_m", [](Query& q) { q.mtp_acceptance = "0.7"; }},
    {"rtx3090", "27b", "", "q4_k_m", [](Query& q) { q.mtp_acceptance = "0.7"; }},
    {"rtx3090", "qwen3-8b", "", "q4_k_m", [](Query& q) { q.vision = true; }},
    {"rtx3090", "qwen3-8b", "", "q4_k_m", [](Query& q) { q.mtp = true; }},
    {"rtx3090", "9b", "", "q4_k_m", [](Query& q) { no_gpu(q), q.gpu_layers = "4"; }},
    {"m4-max-40c-128gb", "9b", "", "q4_k_m", [](Query& q) { q.ram = "64GB"; }},
    {"rtx3090", "9b", "vllm", "q4_k_m"},
    {"rtx3090", "9b", "llama.cpp", "mlx-4bit"},
    {"m4-max-40c-128gb", "9b", "mlx", "q4_k_m"},
    {"rtx3090", "9b", "", "q4_k_m", [](Query& q) { q.backend = "rocm"; }},
};

}  // namespace

TEST_CASE("what a refused combination suggests is answered") {
  for (const Case& c : kRefused) {
    const Query asked = query_of(c);
    const auto answer = resolve(asked, Catalog::builtin());
    INFO(c.gpu << ' ' << c.model << ' ' << c.runtime << ' ' << c.quant);
    REQUIRE_FALSE(answer);
    INFO(answer.error().message);
    const auto ways = suggested(asked, answer.error());
    CHECK_FALSE(ways.empty());
    for (const auto& [words, query] : ways) {
      const auto again = resolve(query, Catalog::builtin());
      INFO(words << ": " << (again ? "" : again.error().message));
      CHECK(again);
    }
  }
}

TEST_CASE("what a refused --gpu suggests is a machine") {
  static const std::regex gpu("--gpu ([^ ,;]+)");
  static const std::regex key("such as ([a-z]+=[^ ,;]+)");
  for (const char* typed :
       {"rtx3090:nvlink", "3xrtx3090:nvlink", "5xrtx3090:nvlink", "h100-sxm-80gb:nvlink", "rtx3090:memory",
        "rtx3090:pcie=", "2xrtx3090:nvlink=", "custom:memory", "custom:memory=24GiB,bandwidth",
        "custom:memory=24GiB,backend=", "custom:memory=24GiB,tflops=", "custom:memory=24GiB,name=", "custom",
        "custom:memory=24GiB,pcie=x7", "rtx3090:memory=48GiB", "m4-max-40c-128gb:pcie="}) {
    Query asked = query_for(typed, "9b", "q4_k_m");
    const auto answer = resolve(asked, Catalog::builtin());
    INFO(typed);
    REQUIRE_FALSE(answer);
    const std::string& text = answer.error().message;
    INFO(text);
    std::smatch found;
    if (std::regex_search(text, found, key)) {
      const std::string name = found[1].str().substr(0, found[1].str().find('='));
      std::string fixed(typed);
      fixed.resize(fixed.rfind(name));
      asked.gpu = {fixed + found[1].str()};
    } else if (text.find("drop it") != std::string::npos) {
      asked.gpu = {std::string(typed).substr(0, std::string(typed).find(':'))};
    } else {
      asked.gpu.clear();
      for (std::sregex_iterator at(text.begin(), text.end(), gpu), end; at != end; ++at) {
        if ((*at)[1].str().find('.') == std::string::npos) asked.gpu.push_back((*at)[1]);
      }
    }
    INFO(asked.gpu.front());
    const auto again = resolve(asked, Catalog::builtin());
    INFO((again ? "" : again.error().message));
    CHECK(again);
  }
}

TEST_CASE("a slot that is not there names the nearest that is") {
  const auto meant = [](const std::string& slot) {
    const auto answer = resolve(query_for("rtx3090:pcie=" + slot, "9b", "q4_k_m"), Catalog::builtin());
    return answer ? std::vector<std::string>{} : answer.error().did_you_mean;
  };
  CHECK(meant("9x64") == std::vector<std::string>{"5x16"});
  CHECK(meant("3x5") == std::vector<std::string>{"3x4"});
  CHECK(meant("4x3") == std::vector<std::string>{"4x2"});
  for (const char* slot : {"9x64", "3x5", "4x3", "thunderbolt4"}) {
    INFO(slot);
    REQUIRE_FALSE(meant(slot).empty());
    for (const std::string& other : meant(slot)) CHECK(meant(other).empty());
  }
}

TEST_CASE("lengths that a refusal names fit") {
  const auto message = [](const std::function<void(Query&)>& change) {
    Query q = query_for("rtx3090", "27b", "q4_k_m");
    change(q);
    const auto answer = resolve(q, Catalog::builtin());
    return answer ? std::string() : answer.error().message;
  };
  CHECK(message([](Query& q) { q.prompt = "300k"; }).find("room for 8192 tokens") != std::string::npos);
  CHECK(message([](Query& q) { q.prompt = "8192"; }).empty());
  CHECK(message([](Query& q) { q.depth = "300k"; }).find("8192") != std::string::npos);
  CHECK(message([](Query& q) { q.depth = "8192"; }).empty());
  CHECK(message([](Query& q) { q.depth = "200k", q.ctx = "max"; }).empty());
  CHECK(message([](Query& q) { q.depth = "200k", q.prompt = "100k", q.ctx = "256k"; }).find("lower") !=
        std::string::npos);
}
