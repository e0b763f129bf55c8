#include "cli/man.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "cli/help.h"

namespace qwenfit {
namespace {

/// Text of one line for roff: what roff would read as a command or break at is escaped.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '`':
        out += "\\(ga";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

/// A tagged paragraph: the name in bold, what follows it in italics, then the text.
void print_entry(std::ostream& out, std::string_view name, std::string_view value, std::string_view text) {
  out << ".TP\n\\fB" << roff(name) << "\\fR";
  if (!value.empty()) out << " \\fI" << roff(value) << "\\fR";
  out << '\n' << roff(text) << '\n';
}

template <typename Row>
void print_option(std::ostream& out, const Row& option) {
  print_entry(out, "--" + std::string(option.name), option.value, option.help);
}

void print_options(std::ostream& out) {
  out << ".SH OPTIONS\n";
  for (const OptionGroup group : {OptionGroup::machine, OptionGroup::model, OptionGroup::settings}) {
    out << ".SS " << title_of(group) << '\n';
    for (const QueryOption& o : query_options()) {
      if (o.group == group) print_option(out, o);
    }
  }
  out << ".SS " << kBuyTitle << '\n';
  for (const BuyOption& o : buy_options()) print_option(out, o);
  out << ".SS " << kAnswerTitle << '\n';
  for (const AnswerOption& o : answer_options()) print_option(out, o);
}

void print_section(std::ostream& out, const HelpSection& section) {
  out << ".SH " << upper_case(section.title) << '\n';
  for (std::string_view text = section.text; !text.empty();) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(' '))
      out << ".PP\n.nf\n" << roff(line) << "\n.fi\n.PP\n";
    else
      out << roff(line) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void print_man_page(std::ostream& out, std::string_view version, std::string_view date) {
  out << ".TH QWENFIT 1 \"" << date << "\" \"qwenfit " << version << "\" \"User Commands\"\n"
      << ".SH NAME\nqwenfit \\- " << roff(kSummary) << "\n.SH SYNOPSIS\n";
  bool first = true;
  for (const std::string_view form : usage_forms()) {
    out << (first ? "" : ".br\n") << "\\fBqwenfit\\fR " << roff(form) << '\n';
    first = false;
  }
  out << ".SH DESCRIPTION\n"
      << roff(
             "qwenfit answers offline whether a Qwen 3.5 model runs on a machine, in which file, with how "
             "much context, how fast and with what certainty, and which machine to buy for it. Models, "
             "files and hardware come from the catalog that it carries.")
      << "\n.SH COMMANDS\nWithout a command, a machine is asked what runs on it, or a model which machines "
         "run it.\n";
  for (const CommandRow& row : commands()) print_entry(out, row.name, row.argument, row.help);
  print_options(out);
  for (const HelpSection& section : help_sections()) print_section(out, section);
  out << ".SH EXAMPLES\n";
  for (const UsageExample& example : usage_examples()) print_entry(out, example.line, "", example.text);
}

}  // namespace qwenfit
