#pragma once

#include <concepts>

#include "catalog/fields_hardware.h"
#include "catalog/fields_models.h"
#include "catalog/fields_runtimes.h"
#include "catalog/fields_speed.h"

namespace qwenfit {

/// Structures inside a row that `fields` goes into.
template <typename T>
concept Nested = std::same_as<T, Architecture> || std::same_as<T, VisionArchitecture> ||
    std::same_as<T, GuideFigure> || std::same_as<T, FormatRule> || std::same_as<T, ReportedTotal> ||
    std::same_as<T, DeviceLimit> || std::same_as<T, PriceRange> || std::same_as<T, RuntimeKvType> ||
    std::same_as<T, ContextTier> || std::same_as<T, Caveat> || std::same_as<T, StateWidths> ||
    std::same_as<T, PagedRule> || std::same_as<T, PassTier> || std::same_as<T, PoolsRule> ||
    std::same_as<T, GrowingRule> || std::same_as<T, QuantNeed> || std::same_as<T, RuntimeHardware>;

}  // namespace qwenfit
