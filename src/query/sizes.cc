#include "query/sizes.h"

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "query/text.h"

namespace qwenfit {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array<Unit, 10> kUnits = {{{"mib", 1048576.0},
                                          {"gib", 1073741824.0},
                                          {"tib", 1099511627776.0},
                                          {"kib", 1024.0},
                                          {"mb", 1e6},
                                          {"gb", 1e9},
                                          {"tb", 1e12},
                                          {"m", 1e6},
                                          {"g", 1e9},
                                          {"t", 1e12}}};

std::optional<double> unit_bytes(std::string_view name) {
  const std::string lower = lower_case(name);
  for (const Unit& unit : kUnits) {
    if (unit.name == lower) return unit.bytes;
  }
  return std::nullopt;
}

}  // namespace

Result<Bytes> parse_size(std::string_view text, std::string_view where) {
  const std::string option(where);
  const auto typed = trimmed(text);
  const auto digits = std::min(typed.find_first_not_of("0123456789."), typed.size());
  const auto number = parse_decimal(typed.substr(0, digits));
  const auto unit_name = trimmed(typed.substr(digits));
  if (!number) {
    return usage_error(where, option + " takes a size such as 24GiB or 64GB, not " + in_quotes(text));
  }
  const auto too_small = [&] {
    return usage_error(where, option + " must be more than zero, not " + in_quotes(typed));
  };
  if (*number <= 0) return too_small();
  if (unit_name.empty()) {
    return usage_error(where, option + " " + in_quotes(typed) + " has no unit: type " + std::string(typed) +
                                  "GiB (1024^3 bytes) or " + std::string(typed) + "GB (1000^3 bytes)");
  }
  const auto unit = unit_bytes(unit_name);
  if (!unit) {
    return usage_error(where, option + " has an unknown unit in " + in_quotes(typed) +
                                  "; sizes take GB, GiB, MB, MiB, TB or TiB");
  }
  const double bytes = std::round(*number * *unit);
  if (!(bytes >= 1)) return too_small();
  if (!(bytes <= static_cast<double>(kLargestSize))) {
    return usage_error(where, option + " " + in_quotes(typed) + " is too large; the largest size is 1024TiB");
  }
  return static_cast<Bytes>(bytes);
}

}  // namespace qwenfit
