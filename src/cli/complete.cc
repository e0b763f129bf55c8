#include "cli/complete.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "catalog/names.h"
#include "cli/complete_values.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// An option of any of the tables.
struct AnyOption {
  std::string_view name, value, help;
  bool repeats = false;
};

template <typename Row>
void append_options(std::span<const Row> table, std::vector<AnyOption>& out) {
  for (const Row& row : table) out.push_back({row.name, row.value, row.help});
}

template <typename Target, typename Row>
void append_fields(std::span<const Row> table, std::vector<AnyOption>& out) {
  for (const Row& row : table) {
    const bool repeats = std::holds_alternative<std::vector<std::string> Target::*>(row.field);
    out.push_back({row.name, row.value, row.help, repeats});
  }
}

std::vector<AnyOption> all_options() {
  std::vector<AnyOption> out;
  append_fields<Query>(query_options(), out);
  append_fields<BuyWords>(buy_options(), out);
  append_options(answer_options(), out);
  for (AnyOption& option : out) option.repeats |= option.name == "catalog";
  return out;
}

/// The finished words of a line taken apart as far as they can be.
struct Typed {
  std::vector<AnyOption> options = all_options();
  std::vector<std::string> words;  ///< beside the options
  std::set<std::string, std::less<>> given;
  std::vector<std::string> models, catalogs;
  const AnyOption* open = nullptr;  ///< an option that waits for its value

  const AnyOption* named(std::string_view name) const {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const AnyOption& o) { return o.name == name; });
    return found != options.end() ? &*found : nullptr;
  }
  void set_value(const AnyOption& option, std::string_view value) {
    if (option.name == "catalog") catalogs.emplace_back(value);
    if (option.name != "model") return;
    for (const auto part : split(value, ',')) models.emplace_back(part);
  }
  void read(std::string_view word) {
    if (open != nullptr) {
      set_value(*open, word);
      open = nullptr;
    } else if (word.starts_with("--")) {
      const auto equals = word.find('=');
      const AnyOption* option = named(word.substr(2, equals == word.npos ? word.npos : equals - 2));
      if (option == nullptr) return;
      given.emplace(option->name);
      if (equals != word.npos)
        set_value(*option, word.substr(equals + 1));
      else if (!option->value.empty())
        open = option;
    } else if (!word.starts_with("-")) {
      words.emplace_back(word);
    }
  }
  /// The command that the words begin with, and how many words its name has; nullptr: none.
  const CommandRow* command(std::size_t& length) const {
    for (const CommandRow& row : commands()) {
      const auto parts = split(row.name, ' ');
      length = parts.size();
      if (words.size() >= length && std::equal(parts.begin(), parts.end(), words.begin())) return &row;
    }
    length = 0;
    return nullptr;
  }
};

/// The first sentence or so of an option's help.
std::string_view short_help(std::string_view help) {
  return help.substr(0, std::min(help.find(". "), help.find("; ")));
}

void offer_options(const Typed& line, const CommandRow* row, std::string_view typed, Completion& out) {
  const bool has_machine = line.given.contains("gpu") || line.given.contains("cpu");
  for (const AnyOption& option : line.options) {
    if (!takes_option(row, option.name)) continue;
    if (!option.repeats && line.given.contains(option.name)) continue;
    const bool buys = std::any_of(buy_options().begin(), buy_options().end(),
                                  [&](const BuyOption& b) { return b.name == option.name; });
    if (buys && row == nullptr && has_machine) continue;
    offer("", typed, "--" + std::string(option.name), short_help(option.help), out);
  }
}

/// Commands whose names begin with the finished words: their next words, each once.
void offer_commands(const Typed& line, std::string_view typed, Completion& out) {
  std::string_view last;
  for (const CommandRow& row : commands()) {
    const auto parts = split(row.name, ' ');
    if (parts.size() <= line.words.size() ||
        !std::equal(line.words.begin(), line.words.end(), parts.begin()) || parts[line.words.size()] == last)
      continue;
    last = parts[line.words.size()];
    offer("", typed, last, row.help, out);
  }
}

}  // namespace

void offer(std::string_view lead, std::string_view typed, std::string_view name, std::string_view help,
           Completion& out) {
  if (lower_case(name).starts_with(lower_case(typed)))
    out.candidates.push_back({std::string(lead) + std::string(name), std::string(help)});
}

Completion complete_line(const std::vector<std::string>& words, const Catalog& catalog) {
  Completion out;
  Typed line;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) line.read(words[i]);
  const std::string_view typed = words.empty() ? std::string_view() : words.back();
  const ValueQuestion about{catalog, line.models};
  std::size_t length = 0;
  const CommandRow* row = line.command(length);
  if (line.open != nullptr) {
    complete_option(line.open->name, typed, about, out);
  } else if (const auto equals = typed.find('='); typed.starts_with("--") && equals != typed.npos) {
    const AnyOption* option = line.named(typed.substr(2, equals - 2));
    if (option == nullptr || option->value.empty()) return out;
    complete_option(option->name, typed.substr(equals + 1), about, out);
    for (auto& candidate : out.candidates) candidate.text.insert(0, typed.substr(0, equals + 1));
  } else if (typed.starts_with('-')) {
    offer_options(line, row, typed, out);
  } else {
    // After an option people go on with options; a command is completed from its first letter.
    if (row == nullptr && (line.given.empty() || !typed.empty())) offer_commands(line, typed, out);
    if (row != nullptr &&
        (line.words.size() == length || row->argument.find("...") != std::string_view::npos))
      complete_argument(*row, typed, about, out);
    if (out.candidates.empty() && !out.files && typed.empty()) offer_options(line, row, "--", out);
  }
  return out;
}

void print_completion(std::ostream& out, const Completion& completion) {
  for (const auto& [text, help] : completion.candidates) {
    out << printable(text);
    if (!help.empty()) out << '\t' << printable(help);
    out << '\n';
  }
  if (completion.files) out << ":files\n";
}

CommandLine catalogs_of(const std::vector<std::string>& words) {
  Typed typed;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) typed.read(words[i]);
  CommandLine line;
  for (auto& name : typed.catalogs) {
    if (name == "none")
      line.user_catalog = false;
    else
      line.catalogs.push_back(std::move(name));
  }
  return line;
}

}  // namespace qwenfit
