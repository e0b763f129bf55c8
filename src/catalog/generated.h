#pragma once

#include <array>
#include <span>
#include <string_view>

#include "catalog/index.h"
#include "qwenfit/catalog.h"

/// What qwenfit_catalog_generator writes: constants, nothing runs at start-up.
namespace qwenfit::generated {

struct SchemaText {
  std::string_view name;
  std::string_view text;
};

extern const CatalogRows rows;
extern const CatalogIndex index;
extern const std::array<TensorTypeRow, static_cast<std::size_t>(TensorType::count)> tensor_types;
/// Sorted by name.
extern const std::span<const SchemaText> schemas;

}  // namespace qwenfit::generated
