#include "catalog/schemas.h"

#include "catalog/generated.h"

namespace qwenfit {

std::string_view embedded_schema(std::string_view name) {
  for (const generated::SchemaText& schema : generated::schemas) {
    if (schema.name == name) return schema.text;
  }
  return {};
}

}  // namespace qwenfit
