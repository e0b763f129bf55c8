#include <array>

#include "cli/help.h"

namespace qwenfit {
namespace {

constexpr UsageExample kExamples[] = {
    {"qwenfit --gpu rtx3090 --model 27b", "which files fit, and how well"},
    {"qwenfit --model 27b", "machines that run it"},
    {"qwenfit --gpu rtx3090", "the best build of every model"},
    {"qwenfit --gpu 2xrtx3090 --gpu rtx3060-12gb --ram 64GB --model 122b-a10b --ctx 32k",
     "mixed cards, with help from system RAM"},
    {"qwenfit --gpu none --ram 64GB --model 35b-a3b", "without a GPU"},
    {"qwenfit explain --gpu rtx3090 --model 27b", "where every byte comes from"},
    {"qwenfit compare rtx3090 rtx5090 m4-max-40c-128gb --model 27b", "machines side by side"},
    {"qwenfit buy --budget 1000", "the most for the money"},
};

constexpr std::string_view kForms[] = {
    "--gpu [Nx]ID [--ram SIZE] --model ID [options]",
    "--model ID [options]",
    "COMMAND [options]",
};

constexpr HelpSection kSections[] = {
    {"Sizes",
     "Sizes take GB and MB (powers of 1000) or GiB and MiB (powers of 1024) and must say which. Tokens take "
     "8192 or 8k (k = 1024)."},
    {"Names",
     "A bare size means Qwen 3.5 (27b); other generations need theirs (qwen3.6-27b). A quant's file differs "
     "by publisher: q4_k_m@unsloth, @bartowski, @lmstudio-community, @ggml-org; @llama.cpp is what "
     "llama-quantize itself writes. Without @ the first of these that has it is taken. A device name that "
     "fits several memory sizes is a question: rtx3060-12gb, not rtx3060."},
    {"Batch",
     "One JSON object a line with the long options as keys:\n"
     "  {\"id\":\"a\", \"gpu\":[\"rtx3090\"], \"model\":[\"27b\"], \"ctx\":8192, \"headless\":true}\n"
     "Every line gets one document with its id; a bad line gets an error document and the rest go on. Exit "
     "code 0 when every line was answered, whether or not anything fits, 3 when a line was bad."},
    {"Model files",
     "--model takes a GGUF file too (of one in parts, the first), and the config.json of a Qwen 3 or Qwen "
     "3.5 "
     "fine-tune from Hugging Face, or the folder that it is in (./NAME). qwenfit inspect says what is in "
     "one. Only "
     "the header is read."},
    {"Catalog files",
     "Files in $XDG_CONFIG_HOME/qwenfit (or ~/.config/qwenfit) are read first, then those of "
     "--catalog. --catalog none ignores the former. Of a folder the files *.json are read, in name order, "
     "without "
     "hidden ones. qwenfit catalog check FILE... says what is wrong with files, read after the others."},
    {"Environment",
     "NO_COLOR (any text) and TERM=dumb turn colour off, COLUMNS sets the width of tables and help, LC_ALL, "
     "LC_CTYPE "
     "or LANG with UTF-8 draws them with lines. XDG_CONFIG_HOME and HOME say where catalog files are."},
    {"Exit codes",
     "0 something asked for fits, 1 nothing does, 2 wrong option or unknown name, 3 bad input file."},
};

}  // namespace

std::span<const UsageExample> usage_examples() {
  return kExamples;
}
std::span<const std::string_view> usage_forms() {
  return kForms;
}
std::span<const HelpSection> help_sections() {
  return kSections;
}

std::string_view title_of(OptionGroup group) {
  switch (group) {
    case OptionGroup::machine:
      return "Machine";
    case OptionGroup::model:
      return "Model";
    case OptionGroup::settings:
      return "Settings";
    case OptionGroup::answer:
      break;
  }
  return kAnswerTitle;
}

}  // namespace qwenfit
