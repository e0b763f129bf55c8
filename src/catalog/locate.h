#pragma once

#include <cstddef>
#include <string_view>

namespace qwenfit {

/// Line (from 1) of the value at a JSON pointer of `text`, which may hold comments; where the document does
/// not go so far, of the nearest value around it. Of a key that is there twice, the last.
std::size_t line_of(std::string_view text, std::string_view pointer);

/// Line and column (from 1, in bytes) of an offset.
struct TextPlace {
  std::size_t line = 1, column = 1;
};
TextPlace place_of(std::string_view text, std::size_t offset);

}  // namespace qwenfit
