#include "report/launch_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/search_key.h"
#include "query/text.h"
#include "report/format.h"
#include "report/shell.h"

namespace qwenfit {
namespace {

bool in_range(const RuntimeOptionRow& option, double value) {
  return value >= option.least.value_or(value) && value <= option.most.value_or(value);
}

bool takes_number(const RuntimeOptionRow& option, std::string_view value) {
  const auto number = parse_decimal(value);
  return number && in_range(option, *number);
}

}  // namespace

bool takes_value(const RuntimeOptionRow& option, std::string_view value) {
  if (std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end()) return true;
  switch (option.value) {
    case OptionValue::flag:
    case OptionValue::choice:
      return false;
    case OptionValue::integer:
      return is_digits(value) && takes_number(option, value);
    case OptionValue::number:
      return takes_number(option, value);
    case OptionValue::numbers: {
      const auto items = split(value, ',');
      return std::all_of(items.begin(), items.end(),
                         [&](std::string_view item) { return takes_number(option, item); });
    }
    case OptionValue::text:
      break;
  }
  return !value.empty();
}

const RuntimeOptionRow* option_row(std::span<const RuntimeOptionRow> options, std::string_view runtime,
                                   std::string_view program, std::string_view name) {
  return row_with_key(options, std::make_tuple(runtime, program, name));
}

void LaunchScript::program(std::string_view name) {
  program_ = name;
  lines_.emplace_back(name);
}

void LaunchScript::word(std::string_view text) {
  lines_.back() += ' ' + shell_word(text);
}

void LaunchScript::makes(std::string_view folder) {
  lines_.back() = fmt::format("[ -d {} ] || {}", shell_word(folder), lines_.back());
  maker_ = lines_.size() - 1;
}

void LaunchScript::option(std::string_view name) {
  const RuntimeOptionRow* row = option_row(options_, runtime_, program_, name);
  if (row == nullptr || row->value != OptionValue::flag)
    return refuse(fmt::format("{} is not known to have the option {}", program_, name));
  lines_.back() += fmt::format(" {}", name);
}

void LaunchScript::option(std::string_view name, std::string_view value) {
  check(program_, name, value);
  lines_.back() += fmt::format(" {} {}", name, shell_word(value));
}

void LaunchScript::check(std::string_view program, std::string_view name, std::string_view value) {
  const RuntimeOptionRow* row = option_row(options_, runtime_, program, name);
  if (row == nullptr) return refuse(fmt::format("{} is not known to have {}", program, name));
  if (takes_value(*row, value)) return;
  std::string range;
  for (const auto choice : row->choices) range += fmt::format("{}{}", range.empty() ? "" : ", ", choice);
  if (row->least) range += fmt::format("{}at least {:g}", range.empty() ? "" : ", ", *row->least);
  if (row->most) range += fmt::format("{}at most {:g}", range.empty() ? "" : ", ", *row->most);
  refuse(fmt::format("{} takes no {} {}{}", program, name, clean(value),
                     range.empty() ? "" : " (it takes " + range + ")"));
}

void LaunchScript::comment(std::string_view text) {
  comments_ += "# ";
  for (const char c : text) {
    constexpr std::string_view kHarmless = " .,:=_/+-";
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    comments_ += letter || kHarmless.find(c) != std::string_view::npos ? c : ' ';
  }
  comments_ += '\n';
}

void LaunchScript::refuse(std::string why) {
  if (why_not_.empty()) why_not_ = std::move(why);
}

bool LaunchScript::needs_shell() const {
  return lines_.size() > 1 ||
         (!lines_.empty() && lines_.front().find_first_of("'\"\\|<>&$") != std::string::npos);
}

Launch LaunchScript::finish() const {
  if (refused()) return {"", why_not_};
  std::vector<std::string> lines = lines_;
  if (maker_)
    std::rotate(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(*maker_),
                lines.begin() + static_cast<std::ptrdiff_t>(*maker_) + 1);
  std::string text = comments_;
  for (std::size_t i = 0; i < lines.size(); ++i) text += lines[i] + (i + 1 < lines.size() ? " &&\n" : "");
  return {text, ""};
}

}  // namespace qwenfit
