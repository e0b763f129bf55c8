#pragma once

#include <string_view>

#include "catalog/index.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// Which option a device name was given to.
enum class DeviceOption : std::uint8_t { gpu, cpu };

/// Looks names up in a catalog's rows; see Catalog for what each finds and which errors it gives.
Result<const ModelRow*> find_model(const CatalogRows& rows, const CatalogIndex& index, std::string_view name);
Result<const QuantRow*> find_quant(const CatalogRows& rows, const CatalogIndex& index, std::string_view name);
Result<const DeviceRow*> find_device(const CatalogRows& rows, const CatalogIndex& index,
                                     std::string_view name, DeviceOption option, Suggest suggest);

/// The row with exactly this id, or nullptr.
const ModelRow* model_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id);
const QuantRow* quant_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id);
const DeviceRow* device_with_id(const CatalogRows& rows, const CatalogIndex& index, std::string_view id);

}  // namespace qwenfit
