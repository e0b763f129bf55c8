#include "advise/figures.h"

#include <algorithm>

#include "query/sizes.h"

namespace qwenfit {
namespace {

AdviceFigures read_figures() {
  const auto rows = Catalog::builtin().rows().advice;
  const auto row = [&](std::string_view id) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const AdviceRow& r) { return r.id == id; });
    return found != rows.end() ? *found : AdviceRow{};
  };
  const auto whole = [&](std::string_view id) {
    return static_cast<std::uint64_t>(row(id).value.value_or(0));
  };
  const auto option = [&](std::string_view id) {
    const Names options = row(id).options;
    return options.empty() ? std::string_view() : options.front();
  };
  return {row("comfortable-speed").value.value_or(0),
          static_cast<std::uint32_t>(whole("most-useful-bits")),
          static_cast<std::uint32_t>(whole("least-useful-bits")),
          whole("left-to-macos"),
          option("fast-ram"),
          row("ram-of-desktops").options,
          row("ram-of-servers").options,
          option("usual-ram"),
          static_cast<int>(whole("stale-price")),
          option("common-quant"),
          whole("noticeable-ram"),
          whole("shortest-context"),
          row("compared-contexts").options,
          row("compared-quants").options};
}

}  // namespace

const AdviceFigures& advice_figures() {
  static const AdviceFigures kFigures = read_figures();
  return kFigures;
}

std::vector<std::string_view> larger_ram(Names options, Bytes capacity) {
  std::vector<std::string_view> totals;
  for (const std::string_view option : options) {
    const auto bytes = parse_size(option, "--ram");
    if (bytes && *bytes > capacity) totals.push_back(option);
  }
  return totals;
}

}  // namespace qwenfit
