#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/units.h"

/// Numbers and text for people. Memory has one decimal, to the nearest; speeds and times have no more digits
/// than they deserve; what is not zero never shows as zero; a deficit never shows smaller than it is, a
/// largest context never larger.
namespace qwenfit {

/// Shown where a value is unknown.
inline constexpr std::string_view kUnknown = "?";

/// GiB with one decimal, without unit: `15.3`, `<0.1`, `0.0` only for zero.
std::string gib(Bytes bytes);
/// GiB of a difference; deficits round away from zero: `-3.2`, `-0.1`.
std::string gib(SignedBytes bytes);
/// A deficit, given as negative free memory, in words without sign: `3.2` for what `gib` shows as `-3.2`.
std::string short_gib(SignedBytes free);
std::string gib(std::optional<Bytes> bytes);
std::string gib(std::optional<SignedBytes> bytes);
/// GB (1e9 bytes) with one decimal, as download pages show file sizes.
std::string gb(std::optional<Bytes> bytes);
/// MiB with one decimal.
std::string mib(Bytes bytes);

/// An estimated speed or time: two decimals below 1, one below 10, else whole, at most three digits that are
/// not zero: `0.45`, `8.4`, `36`, `1,240`.
std::string estimated(double value);
/// A measured or derived one: three digits: `0.45`, `8.42`, `24.1`, `121`, `1,240`.
std::string three_digits(double value);
/// A share as a whole percentage without its sign.
std::string percent(double share);
/// Seconds, minutes or hours: `3.3 s`, `12 min`.
std::string duration(double seconds);
/// The same with its range: `3.3 s (2.4-4.5)`.
std::string duration(double seconds, double low, double high);

/// `8k` for a multiple of 1,024, else all digits: `10,000`.
std::string tokens_exact(Tokens tokens);
/// Whole k (1,024 tokens), rounded down: what can be typed after `--ctx` and still fits.
std::string tokens_at_most(Tokens tokens);
/// Digits in groups of three.
std::string grouped(std::uint64_t value);

/// `text` fit for a terminal: control characters and bytes that are no UTF-8 become `?`.
std::string clean(std::string_view text);
/// Columns that `text` (UTF-8) takes on a terminal.
std::size_t display_width(std::string_view text);
/// `text` cut to `width` columns, the last one `~` when something is missing.
std::string cut(std::string_view text, std::size_t width);
/// `text` broken at spaces into lines of at most `width` columns; later lines start with `indent` spaces. A
/// word that does not fit on a line is broken.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent = 0);
/// `wrap` as one string, every line ended.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);
/// `first, second and third`.
std::string joined(const std::vector<std::string>& items, std::string_view last = "and");

}  // namespace qwenfit
