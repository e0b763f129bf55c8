#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// What advice rests on beside the hardware, from the compiled-in rows of `advice`.
struct AdviceFigures {
  double comfortable_tok_s = 0;  ///< slower than this, speed is worth more than quality
  /// More bits than the most cost memory for nothing that can be measured; fewer than the least lose quality
  /// that people notice.
  std::uint32_t most_useful_bits = 0, least_useful_bits = 0;
  Bytes left_to_macos = 0;        ///< by a raised Metal limit, at least
  std::string_view fast_ram;      ///< the fastest that is usual, as `--cpu` takes it
  Names desktop_ram;              ///< usual totals of system RAM, least first
  Names server_ram;               ///< those beyond desktops
  std::string_view usual_ram;     ///< of a desktop computer that nothing was said of
  int stale_months = 0;           ///< a price older than this is marked
  std::string_view common_quant;  ///< that machines are compared at
  Bytes noticeable_ram = 0;       ///< taken of system RAM without being counted, it is told from here on
  Tokens shortest_context = 0;    ///< that is advised
  Names compared_contexts;        ///< when full, and
  Names compared_quants;          ///< at which the order of machines is looked at again
};
const AdviceFigures& advice_figures();

/// The totals among `options`, such as AdviceFigures::desktop_ram, above `capacity`, least first.
std::vector<std::string_view> larger_ram(Names options, Bytes capacity);

}  // namespace qwenfit
