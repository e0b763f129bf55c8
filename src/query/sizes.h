#pragma once

#include <string_view>

#include "qwenfit/error.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// No memory that can be asked for is larger: 1 PiB, also the limit of the catalog's schemas.
inline constexpr Bytes kLargestSize = Bytes{1} << 50;

/// A size with its unit: `24GiB`, `64GB`, `1.5 TiB`, `24576MiB`; `64G` is 64 GB. Decimal units are powers of
/// 1000. At least one byte, at most `kLargestSize`. `where` is the option the size belongs to.
Result<Bytes> parse_size(std::string_view text, std::string_view where);

}  // namespace qwenfit
