// What --launch prints, end to end.

#include <cctype>
#include <nlohmann/json.hpp>

#include "catalog/overlay_files.h"
#include "catch.h"
#include "cli/support.h"

using namespace qwenfit;

namespace {

Ran launch(const std::string& line) {
  return run_program(words(line));
}

}  // namespace

TEST_CASE("option --launch prints the command alone, for one placement after another") {
  struct Example {
    const char* asked;
    const char* command;
  };
  for (const Example& example : {
           Example{"--gpu rtx3090 --model 27b --quant q4_k_m --launch llama.cpp",
                   "llama-server -hf unsloth/Qwen3.5-27B-GGUF:Q4_K_M -c 8192 -ngl 99 -np 1 -fa on -fit off "
                   "--no-mmproj\n"},
           Example{"--gpu rtx3090 --model 9b --quant q4_k_m --ctx 32k --kv q8_0 --parallel 4 --ubatch 1024 "
                   "--vision --launch llama.cpp",
                   "llama-server -hf unsloth/Qwen3.5-9B-GGUF:Q4_K_M -c 32768 -ngl 99 -np 4 -kvu -ctk q8_0 "
                   "-ctv q8_0 -fa on -ub 1024 -fit off\n"},
           Example{"--gpu none --ram 64GB --model 35b-a3b --quant q4_k_m --launch llama.cpp",
                   "llama-server -hf unsloth/Qwen3.5-35B-A3B-GGUF:Q4_K_M -c 8192 -dev none -np 1 -fa on "
                   "-fit off --no-mmproj\n"},
           Example{"--gpu 2xrtx3090 --model 9b --quant q8_0 --tensor-split 3,1 --launch llama.cpp",
                   "llama-server -hf unsloth/Qwen3.5-9B-GGUF:Q8_0 -c 8192 -ngl 99 -ts 3,1 -np 1 -fa on "
                   "-fit off --no-mmproj\n"},
           Example{
               "--gpu rtx3090 --model 9b --quant q4_k_m@llama.cpp --launch llama.cpp",
               "# put in your own file: no repository of this build is known\n"
               "llama-server -m Qwen3.5-9B-Q4_K_M.gguf -c 8192 -ngl 99 -np 1 -fa on -fit off --no-mmproj\n"},
           Example{"--gpu rtx3090 --model 9b --quant q4_k_m@ollama --launch ollama",
                   "printf '%s\\n' 'FROM qwen3.5:9b' 'PARAMETER num_ctx 8192' 'PARAMETER num_gpu 99' "
                   "'PARAMETER num_batch 512' > Modelfile.qwenfit-qwen3.5-9b-q4_k_m &&\n"
                   "ollama create qwenfit-qwen3.5-9b-q4_k_m -f Modelfile.qwenfit-qwen3.5-9b-q4_k_m &&\n"
                   "ollama run qwenfit-qwen3.5-9b-q4_k_m\n"},
           Example{
               "--gpu rtx3090 --model 9b --quant q4_k_m --kv q8_0 --launch lmstudio",
               "# set in the app, lms has no options for it: Max Concurrent Predictions 1, K cache q8_0, V "
               "cache q8_0\n"
               "lms get https://huggingface.co/unsloth/Qwen3.5-9B-GGUF@Q4_K_M --gguf --yes &&\n"
               "lms load unsloth/Qwen3.5-9B-GGUF/Qwen3.5-9B-Q4_K_M.gguf --gpu max --context-length 8192 "
               "--yes\n"},
           Example{"--gpu m4-max-128gb --model 27b --quant mlx-4bit --wired-limit-mb 60000 --launch mlx",
                   "# these servers set no limit to the context: the figures are for 8192 tokens\n"
                   "sudo sysctl iogpu.wired_limit_mb=60000 &&\n"
                   "mlx_lm.server --model mlx-community/Qwen3.5-27B-4bit --decode-concurrency 1 "
                   "--prompt-concurrency 1 --prompt-cache-size 1\n"},
           Example{"--gpu m4-max-128gb --model qwen3-32b --quant mlx-5bit --launch mlx",
                   "# mlx_lm.convert makes the folder qwen3-32b-mlx-5bit of the original, 65.5 GB to "
                   "download, where it is not there yet\n"
                   "# these servers set no limit to the context: the figures are for 8192 tokens\n"
                   "[ -d qwen3-32b-mlx-5bit ] || mlx_lm.convert --hf-path Qwen/Qwen3-32B --mlx-path "
                   "qwen3-32b-mlx-5bit -q --q-mode affine --q-bits 5 --q-group-size 64 &&\n"
                   "mlx_lm.server --model qwen3-32b-mlx-5bit --decode-concurrency 1 --prompt-concurrency 1 "
                   "--prompt-cache-size 1\n"},
           // The folder is made first: a failing sysctl must not start a conversion.
           Example{
               "--gpu m4-max-128gb --model 35b-a3b --quant mlx-mxfp8 --vision --wired-limit-mb 60000 "
               "--launch mlx",
               "# mlx_vlm.convert makes the folder qwen3.5-35b-a3b-mlx-mxfp8-vision of the original, 71.9 GB "
               "to "
               "download, where it is not there yet\n"
               "# these servers set no limit to the context: the figures are for 8192 tokens\n"
               "[ -d qwen3.5-35b-a3b-mlx-mxfp8-vision ] || mlx_vlm.convert --hf-path Qwen/Qwen3.5-35B-A3B "
               "--mlx-path qwen3.5-35b-a3b-mlx-mxfp8-vision -q --q-mode mxfp8 --q-bits 8 --q-group-size 32 "
               "&&\n"
               "sudo sysctl iogpu.wired_limit_mb=60000 &&\n"
               "mlx_vlm.server --model qwen3.5-35b-a3b-mlx-mxfp8-vision --max-num-seqs 1\n"},
       }) {
    const Ran ran = launch(example.asked);
    INFO(example.asked << '\n' << ran.err);
    CHECK(ran.code == 0);
    CHECK(ran.out == example.command);
    CHECK(ran.err.empty());
  }
}

TEST_CASE("option --launch for servers of safetensors") {
  const Ran vllm = launch("--gpu 2xh100-80gb --model 122b-a10b --quant fp8 --launch vllm");
  INFO(vllm.err << vllm.out);
  CHECK(vllm.code == 0);
  CHECK(
      vllm.out.starts_with("vllm serve Qwen/Qwen3.5-122B-A10B-FP8 --max-model-len 8192 --max-num-seqs 1 "
                           "--tensor-parallel-size 2 --gpu-memory-utilization 0.92"));
  const Ran sglang = launch("--gpu h100-80gb --model 9b --quant bf16 --launch sglang");
  INFO(sglang.err << sglang.out);
  CHECK(sglang.code == 0);
  CHECK(
      sglang.out.starts_with("python -m sglang.launch_server --model-path Qwen/Qwen3.5-9B --context-length "
                             "8192 --max-running-requests 1"));
}

TEST_CASE("option --launch implies its runtime and refuses another") {
  CHECK(launch("--gpu rtx3090 --model 9b --runtime llama.cpp --launch llama.cpp").code == 0);
  const Ran ran = launch("--gpu rtx3090 --model 9b --runtime ollama --launch llama.cpp");
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("--launch") != std::string::npos);
}

TEST_CASE("what --launch cannot answer is told on standard error alone") {
  struct Example {
    const char* asked;
    int code;
    const char* said;
  };
  for (const Example& example : {
           Example{"--gpu rtx3090 --model 9b --launch koboldcpp", 2, "--launch"},
           Example{"--gpu rtx3090 --launch llama.cpp", 2, "--model"},
           Example{"--gpu rtx3090 --model 9b,27b --launch llama.cpp", 2, "one model"},
           Example{"--gpu rtx3060-12gb --model 122b-a10b --launch llama.cpp", 1, "nothing fits"},
           Example{"--gpu m4-max-128gb --model 9b --quant q4_k_m --launch mlx", 2, "mlx-4bit"},
           Example{"--gpu rtx3090 --model 9b --quant q4_k_m@ollama --launch llama.cpp", 2, "--launch ollama"},
           Example{"--gpu rtx3060-12gb --model 9b --quant autoround-int4 --launch vllm", 2,
                   "use --launch llama.cpp without --quant"},
           Example{"--gpu rtx3090 --model 4b --parallel 300 --launch llama.cpp", 2,
                   "at most 256 sequences at a time: use --parallel 256 or less"},
           Example{"--gpu m4-max-128gb --model 9b --quant mxfp8 --launch mlx", 2,
                   "not known to run in mlx, only in ollama"},
           Example{"--gpu tesla-p40 --model 9b --launch vllm", 2, "use --launch llama.cpp"},
           Example{"--gpu rtx4090 --os windows --model 9b --launch vllm", 2, "--os linux for WSL2"},
           Example{"--gpu rtx2080ti --model 4b --quant fp8 --launch sglang", 2, "8.0 or higher"},
           Example{"--gpu m4-max-40c-128gb --model 9b --quant q4_k_m --launch vllm", 2, "metal"},
           Example{"--gpu m4-max-40c-128gb --gpu rtx3090 --model 9b --launch llama.cpp", 2, "name one"},
           Example{"--gpu 4xrtx3090 --model 122b --quant q4_k_m --launch ollama", 2, "or use llama.cpp"},
           Example{"--gpu 8xh100-sxm-80gb --model 397b-a17b --quant q8_0@bartowski --launch ollama", 2,
                   "several files"},
           Example{"--gpu rtx3090 --ram 64GB --model 122b --launch vllm", 1, "here: --launch llama.cpp"},
           Example{"--gpu rtx3090 --model 9b --launch llama.cpp --json", 2, "--launch"},
           Example{"--gpu rtx3090 --model 9b --launch llama.cpp --launch ollama", 2, "more than once"},
           Example{"explain --gpu rtx3090 --model 9b --launch llama.cpp", 2, "explain takes no --launch"},
           Example{"models --launch llama.cpp", 2, "models takes no --launch"},
           Example{"batch --launch llama.cpp", 2, "batch takes no --launch"},
       }) {
    const Ran ran = launch(example.asked);
    INFO(example.asked << '\n' << ran.err);
    CHECK(ran.code == example.code);
    CHECK(ran.err.find(example.said) != std::string::npos);
    if (std::string(example.asked).find("--json") == std::string::npos) CHECK(ran.out.empty());
  }
}

TEST_CASE("a command carries everything that the answer rests on") {
  const auto has = [](const Ran& ran, const char* text) { return ran.out.find(text) != std::string::npos; };
  // llama.cpp cuts a micro-batch to the batch.
  CHECK(has(launch("--gpu rtx3090 --model 27b --ubatch 4096 --launch llama.cpp"), " -ub 4096 -b 4096 "));
  CHECK_FALSE(has(launch("--gpu rtx3090 --model 27b --ubatch 2048 --launch llama.cpp"), " -b "));
  CHECK(
      has(launch("--gpu custom:memory=64GiB,backend=metal --model 122b-a10b --wired-limit-mb 60000 --launch "
                 "llama.cpp"),
          "iogpu.wired_limit_mb=60000"));
  CHECK(has(launch("--gpu strix-halo-395-128gb --model 35b-a3b --launch ollama"), "OLLAMA_IGPU_ENABLE=1"));
  CHECK_FALSE(has(launch("--gpu m4-max-64gb --model 35b-a3b --launch ollama"), "OLLAMA_IGPU_ENABLE"));
  // The original files run where no smaller ones are published.
  CHECK(has(launch("--gpu 8xrtx3090 --model 35b-a3b --launch vllm"), "vllm serve Qwen/Qwen3.5-35B-A3B "));
}

TEST_CASE("a card without a layer is kept from llama.cpp, by name or by a share of nothing") {
  const std::string question = " --model 35b-a3b --quant q4_k_m --ctx 256k --kv q4_0 --launch llama.cpp";
  const std::string named = run_program(words("--gpu gtx1060-3gb --gpu rtx4090" + question)).out;
  CHECK(named.find("CUDA0 NVIDIA GeForce RTX 4090, CUDA1 NVIDIA GeForce GTX 1060") != std::string::npos);
  CHECK(named.find(" -dev CUDA0 ") != std::string::npos);
  CHECK(named.find(" -ts ") == std::string::npos);
  const std::string custom =
      "--gpu custom:memory=32GiB,bandwidth=900,backend=generic,tflops=90 --gpu "
      "custom:memory=1GiB,bandwidth=100,backend=generic,tflops=2";
  const std::string unnamed = run_program(words(custom + question)).out;
  CHECK(unnamed.find(" -dev ") == std::string::npos);
  CHECK(unnamed.find(",0 ") != std::string::npos);
}

TEST_CASE("a custom card runs under the back end of the others, and devices are named by it") {
  const auto line = [](const std::string& gpus) {
    return run_program(words(gpus + " --model 27b --quant q4_k_m --launch llama.cpp")).out;
  };
  const std::string joined = line("--gpu custom:memory=24GiB,bandwidth=900 --gpu rtx3060-12gb");
  CHECK(joined.find("CUDA0 NVIDIA GeForce RTX 3060 12GB, CUDA1 custom device") != std::string::npos);
  CHECK(joined.find(" -dev CUDA1 ") != std::string::npos);
  const std::string common = line("--gpu rtx3090 --gpu rx7900xtx --gpu custom:memory=2GiB,bandwidth=100");
  CHECK(common.find("Vulkan2 custom device") != std::string::npos);
  CHECK(common.find("CUDA") == std::string::npos);
  const std::string stated =
      line("--gpu rtx5090 --gpu custom:memory=24GiB,bandwidth=200,tflops=300,backend=vulkan");
  CHECK(stated.find("Vulkan1 NVIDIA GeForce RTX 5090") != std::string::npos);
}

TEST_CASE("shares are printed as exactly as llama.cpp reads them") {
  const std::string one =
      run_program(words("--gpu rtx3050-6gb --gpu rtx2080 --headless --model 4b --quant q4_k_m "
                        "--tensor-split 0.8181818181818182,0.18181818181818182 --launch "
                        "llama.cpp"))
          .out;
  CHECK(one.find(" -ts 0.818181818,0.181818182 ") != std::string::npos);
}

TEST_CASE("a card whose forced share brings it no layer is left out without a change for the others") {
  const std::string out =
      run_program(words("--gpu 3xrtx3090 --model 27b --quant q4_k_m --headless --tensor-split "
                        "1.381,1.824,0.017 --launch llama.cpp"))
          .out;
  CHECK(out.find(" -dev CUDA0,CUDA1 -ts 28,37 ") != std::string::npos);
}

TEST_CASE("equal cards in unlike slots are told apart") {
  const std::string out = run_program(words("--gpu rtx3090:pcie=3x1 --gpu rtx3090 --model 27b --quant q8_0 "
                                            "--launch llama.cpp"))
                              .out;
  CHECK(out.find("CUDA0 NVIDIA GeForce RTX 3090 at PCIe 3.0 x1, CUDA1 NVIDIA GeForce RTX 3090") !=
        std::string::npos);
}

TEST_CASE("on Windows a script says which shell it takes; a single command takes any") {
  const std::string script = launch("--gpu rtx3090 --os windows --model 27b --launch ollama").out;
  CHECK(script.starts_with("# for a POSIX shell"));
  CHECK_FALSE(launch("--gpu rtx3090 --model 27b --launch ollama").out.starts_with("#"));
  CHECK(launch("--gpu rtx3090 --os windows --model 27b --launch llama.cpp").out.starts_with("llama-server "));
}

TEST_CASE("where the best file has no command, --launch runs one that has or names what was tried") {
  const Ran vllm = launch("--gpu rtx3090 --model 27b --launch vllm");
  INFO(vllm.err << vllm.out);
  CHECK((vllm.code == 0 || vllm.err.find("use --launch ") != std::string::npos));
  if (vllm.code != 0) {
    const auto at = vllm.err.find("use --launch ") + std::string("use ").size();
    const std::string option = vllm.err.substr(at, vllm.err.find_first_of(",;\n", at) - at);
    CHECK(launch("--gpu rtx3090 --model 27b " + option).code == 0);
  }
  // Files of several parts, which Ollama does not fetch: its own tag comes before a file to make oneself.
  const Ran ollama = launch("--gpu m4-max-128gb --model 122b --launch ollama");
  INFO(ollama.err << ollama.out);
  CHECK(ollama.code == 0);
  CHECK(ollama.out.find("put in your own file") == std::string::npos);
  CHECK(ollama.err.find("@ollama") != std::string::npos);
  const Ran published = launch("--gpu 4xrtx4090 --ram 512GB --model 397b --launch llama.cpp");
  CHECK(published.code == 0);
  CHECK(published.out.find("put in your own file") == std::string::npos);
}

TEST_CASE("a command of --launch runs the row that the table marks, with drafting too") {
  std::size_t of_library = 0;
  for (const char* asked :
       {"--gpu rtx3090 --model 27b --mtp", "--gpu rtx3090 --model 35b-a3b --mtp",
        "--gpu rtx3090 --model 9b --mtp", "--gpu rtx3090 --model 4b --mtp", "--gpu rtx3090 --model 27b"}) {
    const std::string line = std::string(asked) + " --quiet --runtime ollama";
    const std::string row = launch(line).out;
    const Ran command = launch(std::string(asked) + " --launch ollama");
    INFO(row << command.out << command.err);
    CHECK(command.code == 0);
    CHECK(command.err.empty());
    const bool library = row.find("@ollama:") != std::string::npos;
    CHECK((command.out.find("FROM qwen3.5:") != std::string::npos) == library);
    of_library += library ? 1 : 0;
    const auto begin = row.find(' ') + 1;
    std::string quant = row.substr(begin, row.find_first_of("@:", begin) - begin);
    for (char& c : quant) c = static_cast<char>(std::tolower(c));
    CHECK(command.out.find("-" + quant + " ") != std::string::npos);
  }
  CHECK(of_library >= 2);
  CHECK(of_library < 5);
}

TEST_CASE("a published quant of 4 bits has a command where only that fits") {
  const Ran ran = launch("--gpu rtx5090 --model 27b --launch vllm");
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.out.find("vllm serve Intel/Qwen3.5-27B-int4-AutoRound ") != std::string::npos);
}

TEST_CASE("documents carry the commands of runtimes that would place it alike") {
  const Ran ran = launch("--gpu rtx3090 --model 9b --quant q4_k_m --json");
  const auto run = nlohmann::ordered_json::parse(ran.out)["results"][0]["launch"];
  REQUIRE(run.size() == 3);
  CHECK(run.begin().key() == "llama.cpp");
  CHECK(run.contains("ollama"));
  CHECK(run.contains("lmstudio"));
  const Ran split = launch("--gpu 2xrtx3090 --model 9b --quant q4_k_m --json");
  CHECK(nlohmann::ordered_json::parse(split.out)["results"][0]["launch"].size() == 1);
  const Ran none = launch("--gpu rtx3060-12gb --model 122b-a10b --quant q8_0 --json");
  CHECK(nlohmann::ordered_json::parse(none.out)["results"][0]["launch"].empty());
}

TEST_CASE("a repository of an overlay that a shell would read differently gives no command") {
  const OverlayFolder folder;
  for (const char* repo : {"a/b; rm -rf x", "$(id)/x", "a/`id`", "-hf/x", "a b/c", "a/b$c", "a/'b'"}) {
    const std::string file = folder.write(
        "evil.json",
        overlay("builds",
                std::string(R"({"model":"qwen3.5-9b","quant":"q4_k_m","publisher":"evil","repo":")") + repo +
                    R"(","file":null,"bytes":5680522464,"shown_gb":null,"has_mtp_block":false,)" +
                    R"("bundles_vision":false,"source":["test"],"date":"2026-01-01"})"));
    for (const char* runtime : {"llama.cpp", "ollama", "lmstudio"}) {
      const Ran ran = run_program({"--gpu", "rtx3090", "--model", "9b", "--quant", "q4_k_m@evil", "--catalog",
                                   file, "--launch", runtime});
      INFO(repo << " in " << runtime << ": " << ran.out << ran.err);
      CHECK(ran.code == 2);
      CHECK(ran.out.empty());
      CHECK(ran.err.find("not the name of a repository") != std::string::npos);
    }
  }
}

TEST_CASE("slots of a server with a context each are told") {
  const auto told = [](const std::string& line) {
    const auto answer = nlohmann::json::parse(launch(line + " --json").out)["results"][0];
    for (const auto& note : answer["notes"]) {
      if (note["code"] == "slots_apart") return true;
    }
    return false;
  };
  for (const char* runtime : {"vllm", "sglang"}) {
    const std::string line = std::string("--gpu rtx4090 --model 4b --quant bf16 --runtime ") + runtime;
    CHECK(told(line + " --parallel 4"));
    CHECK_FALSE(told(line));
  }
  CHECK_FALSE(told("--gpu rtx4090 --model 4b --quant q8_0 --parallel 4"));
}
