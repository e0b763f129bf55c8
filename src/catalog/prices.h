#pragma once

#include <span>

#include "qwenfit/catalog_rows.h"

namespace qwenfit {

/// What a person is willing to buy.
enum class PriceWish : std::uint8_t { any, used, fresh };

/// The range to count with: the newest of what is sold (used, new or both, as wished); prices of doubtful
/// sources, then list prices, only where nothing else is known, and what a buying guide under audit says only
/// where nobody else says anything. Of ranges of one date the first. A range over several models is no price
/// of one. Null where nothing of the wished kind is known.
const PriceRange* counted_price(std::span<const PriceRange> prices, PriceWish wish);

/// Boards that hold so many GPUs of a device: what is bought, powered and put into slots.
std::uint32_t boards_of(const DeviceRow& device, std::uint32_t gpus);

}  // namespace qwenfit
