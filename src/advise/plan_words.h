#pragma once

#include <cmath>
#include <cstdint>
#include <string>

/// Figures in the texts of findings.
namespace qwenfit {

inline std::string whole(double value) {
  return std::to_string(static_cast<std::int64_t>(std::llround(value)));
}
/// `8.4`, from ten on whole.
inline std::string short_number(double value) {
  constexpr double kWholeFrom = 10;
  if (value >= kWholeFrom) return whole(value);
  const auto tenths = std::llround(value * 10);
  if (tenths % 10 == 0) return std::to_string(tenths / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}
/// `8.4`, below one with two digits, and never nothing where there is something.
inline std::string short_amount(double value) {
  constexpr double kLeast = 0.01;
  if (value >= 1 || value <= 0) return short_number(value);
  if (value < kLeast) return "less than 0.01";
  const std::string hundredths = std::to_string(std::llround(value * 100));
  if (hundredths.size() > 2) return "1";
  return hundredths.size() < 2 ? "0.0" + hundredths : "0." + hundredths;
}
/// `value` with the digits that it takes to show it below `limit`.
inline std::string below(double value, double limit) {
  std::string rounded = short_number(value);
  if (rounded != short_number(limit)) return rounded;
  const auto hundredths = static_cast<std::int64_t>(std::floor(value * 100));
  const std::string digits = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (digits.size() < 2 ? "0" : "") + digits;
}
/// `650-900 USD`.
inline std::string usd_words(double low, double high) {
  return whole(low) + (high > low ? "-" + whole(high) : "") + " USD";
}
/// `PCIe 4.0 x16`; a generation of 0 is not known.
inline std::string link_words(std::uint32_t gen, std::uint32_t lanes) {
  return "PCIe " + (gen > 0 ? std::to_string(gen) + ".0 " : "") + "x" + std::to_string(lanes);
}
inline std::string watts(double value) {
  return whole(value) + " W";
}
/// `12 s`, from two minutes on `3 min`.
inline std::string seconds(double value) {
  constexpr double kMinutesFrom = 120, kMinute = 60;
  return value < kMinutesFrom ? short_number(value) + " s" : whole(value / kMinute) + " min";
}

}  // namespace qwenfit
