#include "support/schema_check.h"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "report/golden.h"

namespace qwenfit {

std::string schema_faults(const std::string& name, const std::string& document) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  const auto schema_json =
      nlohmann::json::parse(read_file(std::string(QWENFIT_DATA) + "/schema/" + name + ".schema.json"));
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(Adapter(schema_json), schema);
  const auto value = nlohmann::json::parse(document, nullptr, false);
  if (value.is_discarded()) return "not JSON";
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema, Adapter(value), &results)) return "";
  std::string faults;
  for (const auto& error : results) {
    for (const std::string& step : error.context) faults += step;
    faults += ": " + error.description + "\n";
  }
  return faults;
}

}  // namespace qwenfit
