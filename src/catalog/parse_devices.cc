#include "catalog/prices.h"
#include "catalog/row_reader.h"

namespace qwenfit {

void derive(const RowReader&, Arena&, DeviceRow& row) {
  const PriceRange* price = counted_price(row.prices, PriceWish::any);
  if (price == nullptr) return;
  row.price_low_usd = price->low_usd;
  row.price_high_usd = price->high_usd;
  row.price_date = price->date;
}

void derive(const RowReader& reader, Arena&, MetalLimitRow& row) {
  const RowJson* capacity = reader.find("capacity_gb");
  if (capacity != nullptr && capacity->is_number_unsigned())
    row.capacity = mul(capacity->get<std::uint64_t>(), kGiB);
}

}  // namespace qwenfit
