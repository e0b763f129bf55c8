#include "catalog/dates.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "catalog/names.h"

namespace qwenfit {
namespace {

using json = nlohmann::json;

/// Keys whose text is a date: year and month, often with the day.
constexpr std::array<std::string_view, 4> kDateKeys = {"date", "released", "launched", "published"};

/// The number in `count` digits of a text that its schema has looked at.
unsigned number_at(std::string_view text, std::size_t at, std::size_t count) {
  unsigned number = 0;
  for (const char c : text.substr(at, count)) number = number * 10 + static_cast<unsigned>(c - '0');
  return number;
}

/// What is wrong with `2026-02-30`; empty: nothing.
std::string date_fault(std::string_view text) {
  constexpr std::size_t year = 4, month_at = 5, month_end = 7, day_at = 8, day_end = 10;
  const bool is_text = text.size() == year || text.size() == month_end || text.size() == day_end;
  if (!is_text || text.find_first_not_of("0123456789-") != std::string_view::npos) return "";
  if (text.size() == year) return "";
  const std::chrono::month month(number_at(text, month_at, 2));
  if (!month.ok()) return "expected a month from 01 to 12";
  if (text.size() == month_end) return "";
  const std::chrono::year_month_day last(std::chrono::year(static_cast<int>(number_at(text, 0, year))) /
                                         month / std::chrono::last);
  const auto days = static_cast<unsigned>(last.day());
  const unsigned day = number_at(text, day_at, 2);
  if (day >= 1 && day <= days) return "";
  return "expected a day from 01 to " + std::to_string(days) + " in " +
         std::string(text.substr(0, month_end));
}

void check_below(const json& value, const std::string& pointer, const std::string& file, Findings& findings) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      check_below(value[i], pointer + "/" + std::to_string(i), file, findings);
    return;
  }
  if (!value.is_object()) return;
  for (const auto& [key, inside] : value.items()) {
    std::string here = pointer;
    here += '/';
    here += key;
    check_below(inside, here, file, findings);
    if (!inside.is_string() || std::find(kDateKeys.begin(), kDateKeys.end(), key) == kDateKeys.end())
      continue;
    const auto& text = inside.get_ref<const std::string&>();
    if (const std::string fault = date_fault(text); !fault.empty())
      findings.push_back({file, here, fault + ", found \"" + printable(text) + "\""});
  }
}

}  // namespace

void check_dates(const Document& document, Findings& findings) {
  check_below(document.value, "", document.file, findings);
}

}  // namespace qwenfit
