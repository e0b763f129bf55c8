#include "cli/options.h"

#include <algorithm>

#include "query/text.h"

namespace qwenfit {
namespace {

constexpr QueryOption kQueryOptions[] = {
    {"gpu", "[Nx]ID", OptionGroup::machine,
     "GPU, Mac or APU by name, N of them; repeat for mixed machines. none: CPU only. auto: this computer. "
     ":pcie=3x4 or :nvlink after a name for its links. "
     "custom:memory=24GiB for others, with ,bandwidth= (GB/s) ,backend= ,tflops= ,name= as far as known",
     &Query::gpu},
    {"ram", "SIZE", OptionGroup::machine, "system memory, such as 64GB; without it nothing is left to RAM",
     &Query::ram},
    {"cpu", "ID", OptionGroup::machine, "CPU by name, or its memory as ddr5-6000 or ddr4-3200x4 (channels)",
     &Query::cpu},
    {"os", "OS", OptionGroup::machine, "linux (default), windows, macos, macos-15, macos-26 (Macs: macos)",
     &Query::os},
    {"headless", "", OptionGroup::machine, "no desktop on the first GPU", &Query::headless},
    {"backend", "NAME", OptionGroup::machine,
     "cuda, metal, vulkan, rocm, sycl or generic (default: the device's usual)", &Query::backend},
    {"storage", "NAME", OptionGroup::machine,
     "where models are kept: nvme-gen4 (default), sata-ssd, hdd, ...", &Query::storage},
    {"wired-limit-mb", "N", OptionGroup::machine, "a Mac's iogpu.wired_limit_mb, in MiB",
     &Query::wired_limit_mb},
    {"model", "ID", OptionGroup::model,
     "model, such as 27b or qwen3.6-27b; repeat or use commas; all: every Qwen 3.5. Or your own: FILE.gguf, "
     "or a Hugging Face config.json or its folder",
     &Query::model},
    {"quant", "ID[@PUB]", OptionGroup::model,
     "quant, such as q4_k_m or q4_k_m@bartowski; repeat or use commas; all: every quant", &Query::quant},
    {"vision", "", OptionGroup::model, "load the vision encoder too", &Query::vision},
    {"mtp", "", OptionGroup::model, "draft tokens with the model's MTP block", &Query::mtp},
    {"mtp-acceptance", "P", OptionGroup::model,
     "share of drafted tokens accepted, such as 0.7; or the kind of text: code, prose, mixed (default)",
     &Query::mtp_acceptance},
    {"runtime", "NAME", OptionGroup::settings, "llama.cpp (default), ollama, lmstudio, mlx, vllm or sglang",
     &Query::runtime},
    {"ctx", "N", OptionGroup::settings,
     "context in tokens, such as 32k; max: the largest that fits (default 8192)", &Query::ctx},
    {"depth", "N", OptionGroup::settings, "tokens already in the context (default 0)", &Query::depth},
    {"prompt", "N", OptionGroup::settings, "tokens of a prompt (default 4096)", &Query::prompt},
    {"kv", "TYPE", OptionGroup::settings, "type of the KV cache, such as q8_0 (default f16)", &Query::kv},
    {"kv-k", "TYPE", OptionGroup::settings, "type of the keys alone", &Query::kv_k},
    {"kv-v", "TYPE", OptionGroup::settings, "type of the values alone", &Query::kv_v},
    {"parallel", "N", OptionGroup::settings, "requests at once, sharing the context (default 1)",
     &Query::parallel},
    {"ubatch", "N", OptionGroup::settings, "tokens of one pass over a prompt (default 512)", &Query::ubatch},
    {"flash-attn", "on|off", OptionGroup::settings, "flash attention (default on)", &Query::flash_attn},
    {"gpu-layers", "N", OptionGroup::settings, "force layers on GPUs, as llama.cpp counts; all",
     &Query::gpu_layers},
    {"cpu-moe", "N", OptionGroup::settings, "force the experts of N layers into system RAM", &Query::cpu_moe},
    {"tensor-split", "A,B", OptionGroup::settings, "force each device's share, fastest first",
     &Query::tensor_split},
    {"split-mode", "MODE", OptionGroup::settings, "layer (default) or tensor: how GPUs share a model",
     &Query::split_mode},
};

constexpr AnswerOption kAnswerOptions[] = {
    {"json", "", "one JSON document; errors too"},
    {"csv", "", "comma-separated values, in bytes"},
    {"markdown", "", "a Markdown table"},
    {"quiet", "", "one line: the best build"},
    {"html", "FILE",
     "also writes a report with charts that opens in any browser, offline: one file; with compare, buy and "
     "plan too. What FILE holds is replaced if it is HTML"},
    {"launch", "RUNTIME",
     "only the command that runs the best row in llama.cpp, ollama, lmstudio, mlx, vllm or sglang; for sh"},
    {"measured", "FILE",
     "output of llama-bench -o json (or jsonl) on this machine: its speeds are calibrated with it"},
    {"init", "", "with plan: a build file to start from, with comments"},
    {"schema", "", "with plan: the JSON Schema of build files"},
    {"color", "WHEN", "auto (default), always or never"},
    {"catalog", "PATH",
     "catalog rows from a file or folder over the built-in ones; repeat. none: ignore the user's own"},
    {"version", "", "version and date of the catalog"},
    {"help", "", "the short help, or that of a command; -h too"},
    {"help-all", "", "every option and command, sizes, names, files and exit codes"},
};

constexpr BuyOption kBuyOptions[] = {
    {"min-tps", "N", "machines that decode at least N tokens per second", &BuyWords::min_tps},
    {"class", "CLASS", "gpu, mac or mini-pc: only those", &BuyWords::machine_class},
    {"used", "", "prices of used hardware only", &BuyWords::used},
    {"new", "", "prices of new hardware only", &BuyWords::fresh},
    {"price", "ID=USD", "the price that you know of a device, such as rtx3090=750; repeat", &BuyWords::price},
    {"budget", "USD", "buy: the most to spend", &BuyWords::budget, true},
    {"power-price", "USD", "buy: of a kWh, such as 0.30", &BuyWords::power_price, true},
    {"api-price", "USD", "buy: of a million tokens elsewhere, for when a machine has paid for itself",
     &BuyWords::api_price, true},
    {"from", "HW", "buy: the machine you have, repeated as --gpu is; cards are offered in it too",
     &BuyWords::from, true},
};

/// What listings print.
constexpr std::string_view kListed = "text json csv markdown";

constexpr CommandRow kCommands[] = {
    {"explain", "", "every term of the best build, or of --quant: formula, inputs, source", "*", false, false,
     "text json"},
    {"compare", "HW HW...",
     "machines side by side, each as after --gpu, and when the order changes; with one machine, models",
     "* gpu", false, true},
    {"buy", "",
     "what to buy for --model (or for --budget alone): price, speed, context, power; what more money buys",
     "* gpu cpu gpu-layers cpu-moe tensor-split wired-limit-mb", true, true},
    {"plan",
     "BUILD.json",
     "a planned build checked: workloads, power, slots, memory, price; --init writes a file to start from",
     {},
     false,
     true,
     "text json markdown quiet"},
    {"inspect", "FILE.gguf",
     "what is in a model's file: architecture, tensors, quant; with a machine, how it runs there too",
     "* model quant"},
    {"claims", "[FILTER]",
     "what two buying guides say against the calculation; words, --model, --gpu or --cpu select claims",
     "model gpu cpu"},
    {"models", "[FILTER]", "models of the catalog and their file sizes", "quant", false, false, kListed},
    {"quants", "[FILTER]", "quants of the catalog; with --model their sizes", "model", false, false, kListed},
    {"gpus", "[FILTER]", "GPUs, Macs, APUs and CPUs of the catalog", {}, false, false, kListed},
    {"detect",
     "",
     "this computer as options: what --gpu auto stands for, and what is free of its memory",
     {},
     false,
     false,
     "text json quiet"},
    {"batch", "", "questions as JSON Lines on standard input, one answer a line", {}, false, false, "json"},
    {"catalog check",
     "FILE...",
     "what is wrong with catalog files, beside those that are in use",
     {},
     false,
     false,
     "text json"},
    {"completion",
     "bash|zsh|fish",
     "a script with which the shell completes qwenfit; installed with it",
     {},
     false,
     false,
     "text"},
};

template <typename Row>
const Row* row_named(std::span<const Row> table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Row& row) { return row.name == name; });
  return found != table.end() ? &*found : nullptr;
}

/// Of an option of the question, as the row lists them.
bool takes_question(const CommandRow& row, std::string_view option) {
  const auto listed = split(row.takes, ' ');
  const bool all = listed.front() == "*";
  return all != contains(listed, option);
}

constexpr std::array<std::string_view, 4> kFormats = {"json", "csv", "markdown", "quiet"};

/// Of the options that say how to answer, those that not every command knows.
bool takes_answer(const CommandRow* row, std::string_view option) {
  const std::string_view command = row != nullptr ? row->name : "";
  if (option == "html") return row == nullptr || row->reports;
  if (option == "launch") return row == nullptr;
  if (option == "measured") return row == nullptr || command == "batch" || command == "explain";
  if (option == "init" || option == "schema") return command == "plan";
  if (row != nullptr && contains(kFormats, option)) return contains(split(row->prints, ' '), option);
  return true;
}

}  // namespace

const CommandRow* row_of(Command command) {
  return command == Command::fit ? nullptr : &kCommands[static_cast<std::size_t>(command) - 1];
}

bool takes_option(const CommandRow* row, std::string_view option) {
  if (row_named(query_options(), option) != nullptr) return row == nullptr || takes_question(*row, option);
  if (const BuyOption* buy = row_named(buy_options(), option))
    return row != nullptr ? row->buys : !buy->buy_only;
  return takes_answer(row, option);
}

std::span<const QueryOption> query_options() {
  return kQueryOptions;
}
std::span<const AnswerOption> answer_options() {
  return kAnswerOptions;
}
std::span<const BuyOption> buy_options() {
  return kBuyOptions;
}
std::span<const CommandRow> commands() {
  return kCommands;
}

}  // namespace qwenfit
