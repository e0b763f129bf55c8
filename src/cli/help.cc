#include "cli/help.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "report/format.h"
#include "report/grid.h"

namespace qwenfit {
namespace {

constexpr std::size_t kWidest = 80;
constexpr std::size_t kColumn = 24, kExampleColumn = 47, kBriefColumn = 20, kStackedIndent = 6;
/// A second column narrower than this stands below the first.
constexpr std::size_t kNarrowText = 28;

/// Where help goes to, and how wide its lines may be.
struct Page {
  std::ostream& out;
  std::size_t width;
};

std::string with_value(std::string_view name, std::string_view value) {
  return std::string(name) + (value.empty() ? "" : " " + std::string(value));
}

/// Name and text in two columns, the text wrapped; one below the other where the screen is narrow.
void print_entry(Page page, const std::string& name, std::string_view text, std::size_t column = kColumn) {
  const bool stacked = page.width < column + kNarrowText;
  if (stacked) column = kStackedIndent;
  std::string line = "  " + name;
  if (stacked || line.size() + 1 > column) {
    page.out << wrapped(line, page.width, 4);
    line.clear();
  }
  line.resize(column, ' ');
  for (const auto& part : wrap(text, page.width - column)) {
    page.out << line << part << '\n';
    line.assign(column, ' ');
  }
}

/// The options of a table that `wanted` takes, under a title.
template <typename Row, typename Wanted>
void print_table(Page page, std::string_view title, std::span<const Row> table, Wanted wanted) {
  bool any = false;
  for (const Row& row : table) {
    if (!wanted(row)) continue;
    if (!any) page.out << '\n' << title << '\n';
    any = true;
    print_entry(page, "--" + with_value(row.name, row.value), row.help);
  }
}

/// The options for which `wanted(name)` is true.
template <typename Wanted>
void print_options(Page page, Wanted wanted) {
  for (const OptionGroup group : {OptionGroup::machine, OptionGroup::model, OptionGroup::settings}) {
    print_table(page, title_of(group), query_options(),
                [&](const QueryOption& o) { return o.group == group && wanted(o.name); });
  }
  print_table(page, kBuyTitle, buy_options(), [&](const BuyOption& o) { return wanted(o.name); });
  print_table(page, kAnswerTitle, answer_options(), [&](const AnswerOption& o) { return wanted(o.name); });
}

void print_examples(Page page, std::size_t most) {
  page.out << '\n';
  for (const UsageExample& example : usage_examples().first(std::min(most, usage_examples().size())))
    print_entry(page, std::string(example.line), example.text, kExampleColumn);
}

void print_brief(Page page) {
  page.out << wrapped("qwenfit: " + std::string(kSummary), page.width);
  print_examples(page, 2);
  page.out << '\n';
  constexpr std::string_view kFirst[] = {"gpu", "ram", "model", "quant", "ctx"};
  for (const QueryOption& option : query_options()) {
    if (std::find(std::begin(kFirst), std::end(kFirst), option.name) == std::end(kFirst)) continue;
    const auto end = option.help.find_first_of(";:");
    print_entry(page, "--" + with_value(option.name, option.value), option.help.substr(0, end), kBriefColumn);
  }
  page.out << '\n'
           << wrapped("qwenfit models, quants and gpus list the names.", page.width)
           << wrapped("More: qwenfit --help-all, qwenfit COMMAND --help, man qwenfit", page.width);
}

void print_command(Page page, const CommandRow& row) {
  page.out << wrapped("usage: qwenfit " + with_value(row.name, row.argument) + " [options]", page.width, 9)
           << '\n'
           << wrapped(row.help, page.width);
  print_options(page, [&](std::string_view option) { return takes_option(&row, option); });
}

void print_section(Page page, const HelpSection& section) {
  page.out << '\n' << section.title << '\n';
  for (std::string_view text = section.text; !text.empty();) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string line = "  " + std::string(text.substr(0, end));
    page.out << wrapped(line, page.width, std::min(line.find_first_not_of(' '), line.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void print_help(std::ostream& out, Help help, unsigned columns, Command command) {
  const Page page{out, std::min(screen_width({.width = columns}), kWidest)};
  if (help == Help::brief) {
    if (const CommandRow* row = row_of(command)) return print_command(page, *row);
    return print_brief(page);
  }
  std::string lead = "usage: qwenfit ";
  for (const std::string_view form : usage_forms()) {
    out << wrapped(lead + std::string(form), page.width, 9);
    lead = "       qwenfit ";
  }
  print_examples(page, usage_examples().size());
  print_options(page, [](std::string_view) { return true; });
  out << "\nCommands\n";
  for (const auto& row : commands()) print_entry(page, with_value(row.name, row.argument), row.help);
  for (const HelpSection& section : help_sections()) print_section(page, section);
}

}  // namespace qwenfit
