#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/units.h"

/// Reading the text that tools print.
namespace qwenfit {

/// Lines without their ends, `\r\n` included; at most `most`.
std::vector<std::string_view> lines_of(std::string_view text, std::size_t most = 4096);
/// The first line that is not blank, trimmed; empty where there is none.
std::string_view first_line(std::string_view text);

/// A table with one line of headings, separated by commas, cells in quotes or not. Lines before the headings
/// (warnings) are skipped.
class CommaTable {
 public:
  /// `heading`: one that the line of headings has, without its unit.
  CommaTable(std::string_view text, std::string_view heading);

  /// Whether there is a line of headings.
  bool found() const { return !headings_.empty(); }
  std::size_t rows() const { return rows_.size(); }
  /// A cell under a heading, whatever the case and the unit (`memory.total [MiB]`); empty where there is
  /// none and where the tool says that it does not know: `[N/A]`, `[Not Supported]`.
  std::string_view cell(std::size_t row, std::string_view heading) const;
  std::size_t cells(std::size_t row) const { return rows_[row].size(); }
  /// What a row begins with, whatever it means.
  const std::string& beginning(std::size_t row) const { return rows_[row].front(); }

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// Empty for what tools print in place of a value.
std::string_view known(std::string_view value);
/// A whole number of mebibytes, with or without its unit: `24576 MiB`.
std::optional<Bytes> mebibytes(std::string_view text);
/// A number of bytes within what memories have.
std::optional<Bytes> memory_bytes(std::string_view text);
/// A number of things of which there are few, such as lanes; 0 for others.
std::uint32_t small_number(std::string_view text);
/// A hexadecimal number of up to eight digits, `0x` before it or not.
std::optional<std::uint32_t> hexadecimal(std::string_view text);
/// A bus address as `0000:01:00.0` in lower case, of `00000000:01:00.0` or `01:00.0`; empty when it is none.
std::string bus_address(std::string_view text);
/// The text after `key`, blanks and `separator`, if a line begins so: `value_after("a: b", "a", ':')`.
std::optional<std::string_view> value_after(std::string_view line, std::string_view key, char separator);

}  // namespace qwenfit
