#include "cli/help.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "report/format.h"

namespace qwenfit {
namespace {

constexpr std::size_t kWidth = 80, kColumn = 24, kExampleColumn = 47, kBriefColumn = 20;

/// Name and text in two columns, the text wrapped.
void print_entry(std::ostream& out, const std::string& name, std::string_view text,
                 std::size_t column = kColumn) {
  std::string line = "  " + name;
  if (line.size() + 1 > column) {
    for (const auto& part : wrap(line, kWidth, 4)) out << part << '\n';
    line.clear();
  }
  line.resize(column, ' ');
  for (const auto& part : wrap(text, kWidth - column)) {
    out << line << part << '\n';
    line.assign(column, ' ');
  }
}

std::string with_value(std::string_view name, std::string_view value) {
  return std::string(name) + (value.empty() ? "" : " " + std::string(value));
}

/// The options of a table that `wanted` takes, under a title.
template <typename Row, typename Wanted>
void print_table(std::ostream& out, std::string_view title, std::span<const Row> table, Wanted wanted) {
  bool any = false;
  for (const Row& row : table) {
    if (!wanted(row)) continue;
    if (!any) out << '\n' << title << '\n';
    any = true;
    print_entry(out, "--" + with_value(row.name, row.value), row.help);
  }
}

/// The options for which `wanted(name)` is true.
template <typename Wanted>
void print_options(std::ostream& out, Wanted wanted) {
  for (const OptionGroup group : {OptionGroup::machine, OptionGroup::model, OptionGroup::settings}) {
    print_table(out, title_of(group), query_options(),
                [&](const QueryOption& o) { return o.group == group && wanted(o.name); });
  }
  print_table(out, kBuyTitle, buy_options(), [&](const BuyOption& o) { return wanted(o.name); });
  print_table(out, kAnswerTitle, answer_options(), [&](const AnswerOption& o) { return wanted(o.name); });
}

void print_examples(std::ostream& out, std::size_t most) {
  out << '\n';
  for (const UsageExample& example : usage_examples().first(std::min(most, usage_examples().size())))
    print_entry(out, std::string(example.line), example.text, kExampleColumn);
}

void print_brief(std::ostream& out) {
  out << "qwenfit: " << kSummary << '\n';
  print_examples(out, 2);
  out << '\n';
  constexpr std::string_view kFirst[] = {"gpu", "ram", "model", "quant", "ctx"};
  for (const QueryOption& option : query_options()) {
    if (std::find(std::begin(kFirst), std::end(kFirst), option.name) == std::end(kFirst)) continue;
    const auto end = option.help.find_first_of(";:");
    print_entry(out, "--" + with_value(option.name, option.value), option.help.substr(0, end), kBriefColumn);
  }
  out << "\nqwenfit models, quants and gpus list the names.\n"
         "More: qwenfit --help-all, qwenfit COMMAND --help, man qwenfit\n";
}

void print_command(std::ostream& out, const CommandRow& row) {
  out << "usage: qwenfit " << with_value(row.name, row.argument) << " [options]\n\n"
      << wrapped(row.help, kWidth);
  print_options(out, [&](std::string_view option) { return takes_option(&row, option); });
}

void print_section(std::ostream& out, const HelpSection& section) {
  out << '\n' << section.title << '\n';
  for (std::string_view text = section.text; !text.empty();) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string line = "  " + std::string(text.substr(0, end));
    for (const auto& part : wrap(line, kWidth, 2)) out << part << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void print_help(std::ostream& out, Help help, Command command) {
  if (help == Help::brief) {
    if (const CommandRow* row = row_of(command)) return print_command(out, *row);
    return print_brief(out);
  }
  std::string_view lead = "usage: qwenfit ";
  for (const std::string_view form : usage_forms()) {
    out << lead << form << '\n';
    lead = "       qwenfit ";
  }
  print_examples(out, usage_examples().size());
  print_options(out, [](std::string_view) { return true; });
  out << "\nCommands\n";
  for (const auto& row : commands()) print_entry(out, with_value(row.name, row.argument), row.help);
  for (const HelpSection& section : help_sections()) print_section(out, section);
}

}  // namespace qwenfit
