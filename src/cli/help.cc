#include "cli/help.h"

#include <array>
#include <ostream>
#include <string>

namespace qwenfit {
namespace {

constexpr std::size_t kWidth = 80, kColumn = 24;

constexpr std::string_view kBrief =
    R"(qwenfit: will this Qwen 3.5 model run on this machine, how, and how fast?

  qwenfit --gpu rtx3090 --model 27b              which quants fit, and how well
  qwenfit --gpu 2xrtx3090 --ram 64GB --model 122b-a10b --ctx 32k
  qwenfit --model 27b                            which machines run it

  --gpu [Nx]ID   GPU, Mac or APU; repeat for more; none for a CPU alone
  --ram SIZE     system memory, such as 64GB
  --model ID     model, such as 27b or 35b-a3b
  --quant ID     quant, such as q4_k_m
  --ctx N        context in tokens, such as 32k, or max
  --json         one JSON document

qwenfit models, quants and gpus list the names. More: qwenfit --help
)";

constexpr std::string_view kUsage = R"(usage: qwenfit --gpu [Nx]ID [--ram SIZE] --model ID [options]
       qwenfit --model ID [options]
       qwenfit COMMAND [options]

  qwenfit --gpu rtx3090 --model 27b              every usual quant on this GPU
  qwenfit --gpu rtx3090                          the best build of every model
  qwenfit --model 27b                            machines that run it
  qwenfit buy --budget 1000                      the most for the money
  qwenfit --gpu 2xrtx3090 --gpu rtx3060-12gb --ram 64GB --model 122b-a10b
  qwenfit --gpu none --ram 64GB --model 35b-a3b  without a GPU
  qwenfit explain --gpu rtx3090 --model 27b      where every byte comes from
)";

constexpr std::string_view kAll = R"(
Sizes take GB and MB (powers of 1000) or GiB and MiB (powers of 1024) and must
say which. Tokens take 8192 or 8k (k = 1024).

Names. A bare size means Qwen 3.5 (27b); other generations need theirs
(qwen3.6-27b). A quant's file differs by publisher: q4_k_m@unsloth, @bartowski,
@lmstudio-community, @ggml-org; @llama.cpp is what llama-quantize itself writes.
Without @ the first of these that has it is taken. A device name that fits
several memory sizes is a question: rtx3060-12gb, not rtx3060.

Files. --model takes a GGUF file too (of one in parts, the first), and the
config.json of a Qwen 3 or Qwen 3.5 fine-tune from Hugging Face. qwenfit inspect
says what is in one. Only the header is read.

Batch. One JSON object a line with the long options as keys:
  {"id":"a","gpu":["rtx3090"],"model":["27b"],"ctx":8192,"headless":true}
Every line gets one document with its id; a bad line gets an error document and
the rest go on. Exit code 0 when every line was answered, whether or not
anything fits, 3 when a line was bad.

Catalog files in $XDG_CONFIG_HOME/qwenfit (or ~/.config/qwenfit) are read first,
then those of --catalog. --catalog none ignores the former.

Exit codes: 0 something asked for fits, 1 nothing does, 2 wrong option or
unknown name, 3 bad input file.
)";

/// Name and text in two columns, the text wrapped.
void print_entry(std::ostream& out, const std::string& name, std::string_view text) {
  std::string line = "  " + name;
  if (line.size() + 1 > kColumn) {
    out << line << '\n';
    line.clear();
  }
  line.resize(kColumn, ' ');
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (line.size() + end > kWidth && line.size() > kColumn) {
      line.resize(line.find_last_not_of(' ') + 1);
      out << line << '\n';
      line.assign(kColumn, ' ');
    }
    line += text.substr(0, end);
    line += ' ';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

std::string option_name(std::string_view name, std::string_view value) {
  return "--" + std::string(name) + (value.empty() ? "" : " " + std::string(value));
}

void print_options(std::ostream& out) {
  constexpr std::array<std::string_view, 3> kTitles = {"Machine", "Model", "Settings"};
  for (std::size_t group = 0; group < kTitles.size(); ++group) {
    out << '\n' << kTitles[group] << '\n';
    for (const auto& option : query_options()) {
      if (static_cast<std::size_t>(option.group) == group)
        print_entry(out, option_name(option.name, option.value), option.help);
    }
  }
  out << "\nLooking for machines\n";
  for (const auto& option : buy_options())
    print_entry(out, option_name(option.name, option.value), option.help);
  out << "\nAnswer\n";
  for (const auto& option : answer_options())
    print_entry(out, option_name(option.name, option.value), option.help);
}

void print_commands(std::ostream& out) {
  out << "\nCommands\n";
  for (const auto& row : commands()) {
    print_entry(out, std::string(row.name) + (row.argument.empty() ? "" : " " + std::string(row.argument)),
                row.help);
  }
}

}  // namespace

void print_help(std::ostream& out, Help help) {
  if (help == Help::brief) {
    out << kBrief;
    return;
  }
  out << kUsage;
  print_options(out);
  print_commands(out);
  if (help == Help::all) out << kAll;
}

}  // namespace qwenfit
