#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "qwenfit/catalog.h"
#include "qwenfit/estimate.h"

namespace qwenfit {

/// The ids of an enum's values as data files and documents spell them, in the order of the values.
std::span<const std::string_view> ids_of(ModelKind);
std::span<const std::string_view> ids_of(ModelStatus);
std::span<const std::string_view> ids_of(DeviceClass);
std::span<const std::string_view> ids_of(ClaimKind);
std::span<const std::string_view> ids_of(ReserveKind);
std::span<const std::string_view> ids_of(Backend);
std::span<const std::string_view> ids_of(ComputeRules);
std::span<const std::string_view> ids_of(Os);
std::span<const std::string_view> ids_of(SplitMode);
std::span<const std::string_view> ids_of(MemoryModel);
std::span<const std::string_view> ids_of(VisionLoading);
std::span<const std::string_view> ids_of(Storage);
std::span<const std::string_view> ids_of(TensorType);
std::span<const std::string_view> ids_of(OptionValue);
std::span<const std::string_view> ids_of(Mixture);
std::span<const std::string_view> ids_of(SpeedBasis);
std::span<const std::string_view> ids_of(SpeedPhase);
std::span<const std::string_view> ids_of(MachineKind);
std::span<const std::string_view> ids_of(DeviceForm);
std::span<const std::string_view> ids_of(PriceCondition);
std::span<const std::string_view> ids_of(PowerState);
std::span<const std::string_view> ids_of(PowerScope);
std::span<const std::string_view> ids_of(PowerReading);
std::string_view machine_kind_id(MachineKind kind);
std::string_view price_condition_id(PriceCondition condition);

/// The value whose id is `id`, if any.
template <typename Enum>
std::optional<Enum> enum_from_id(std::string_view id) {
  const auto ids = ids_of(Enum{});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == id) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace qwenfit
