#include "catalog/row_reader.h"

namespace qwenfit {
namespace {

std::optional<double> number_at(const RowJson& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string text_at(const RowJson& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

/// The price shown is the newest dated range; among ranges of one date the first.
void derive(const RowReader& reader, Arena& arena, DeviceRow& row) {
  const RowJson* prices = reader.find("prices");
  if (prices == nullptr || !prices->is_array()) return;
  const RowJson* newest = nullptr;
  for (const RowJson& price : *prices) {
    if (!price.is_object()) continue;
    if (newest == nullptr || text_at(price, "date") > text_at(*newest, "date")) newest = &price;
  }
  if (newest == nullptr) return;
  row.price_low_usd = number_at(*newest, "low_usd");
  row.price_high_usd = number_at(*newest, "high_usd");
  row.price_date = arena.keep(text_at(*newest, "date"));
}

void derive(const RowReader& reader, Arena&, MetalLimitRow& row) {
  const RowJson* capacity = reader.find("capacity_gb");
  if (capacity != nullptr && capacity->is_number_unsigned())
    row.capacity = mul(capacity->get<std::uint64_t>(), kGiB);
}

}  // namespace qwenfit
