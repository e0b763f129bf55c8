#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "catalog/tables.h"

namespace qwenfit {

/// Limits on a data file: far above any real one, low enough that a hostile one cannot hang or crash a
/// reader.
inline constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxDepth = 32;
inline constexpr std::size_t kMaxTextBytes = 4096;
inline constexpr std::size_t kMaxRows = 20000;
inline constexpr std::size_t kMaxListItems = 1000;  ///< items of a list inside a row

/// A data file that is JSON: `value` for validation, `text` to read rows from in their written order.
struct Document {
  std::string file;
  std::string text;
  nlohmann::json value;
};

/// Reads a regular file of at most kMaxFileBytes. What is wrong goes to `findings`.
std::optional<std::string> read_text(const std::string& path, Findings& findings);

/// Whether a file may hold `//` and `/* */`.
enum class Comments : bool { no, yes };

/// Parses `text` after checking all that JSON allows and this program does not: nesting, duplicate keys,
/// numbers beyond 64 bits, control bytes, over-long text. All such faults go to `findings`.
std::optional<Document> parse_document(std::string file, std::string text, Findings& findings,
                                       Comments comments = Comments::no);

}  // namespace qwenfit
