#pragma once

#include <string_view>

/// Segments of devices that rules speak of, as in the device rows.
namespace qwenfit {

inline constexpr std::string_view kDesktopSegment = "desktop", kWorkstationSegment = "workstation",
                                  kServerSegment = "server", kHedtSegment = "hedt";
/// Cards that are soldered into laptops.
inline constexpr std::string_view kLaptopSegment = "laptop";
/// Whole computers with an APU.
inline constexpr std::string_view kMiniPcSegment = "mini-pc";

}  // namespace qwenfit
