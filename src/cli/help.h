#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace qwenfit {

/// The help text for a screen of so many columns, of which it takes 80 at most and 40 at least;
/// `Help::brief` with a command is that of the command.
void print_help(std::ostream& out, Help help, unsigned columns, Command command = Command::fit);

/// A command line worth showing; `--help` shows the first two.
struct UsageExample {
  std::string_view line, text;
};
std::span<const UsageExample> usage_examples();

/// What is said beside options and commands; a line that begins with blanks stands as it is.
struct HelpSection {
  std::string_view title, text;
};
std::span<const HelpSection> help_sections();

inline constexpr std::string_view kSummary =
    "will this Qwen 3.5 model run on this machine, how, and how fast?";

/// The ways of asking, one a line: what follows the program's name.
std::span<const std::string_view> usage_forms();

inline constexpr std::string_view kBuyTitle = "Looking for machines", kAnswerTitle = "Answer";
/// Of a group of the question's options.
std::string_view title_of(OptionGroup group);

}  // namespace qwenfit
