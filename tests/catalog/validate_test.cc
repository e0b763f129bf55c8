#include "catalog/validate.h"

#include "catalog/expectation.h"
#include "catch.h"

using namespace qwenfit;
using json = nlohmann::json;

namespace {

std::string words(const std::string& schema) {
  const json part = json::parse(schema);
  return expectation(part, part);
}

Findings findings_of(const std::string& row_schema, const std::string& row) {
  const std::string schema =
      R"({"type":"object","required":["schema","rows"],"additionalProperties":false,"properties":{)"
      R"("schema":{"type":"string"},"rows":{"type":"array","items":{"$ref":"#/definitions/row"}}},)"
      R"("definitions":{"row":)" +
      row_schema + "}}";
  Findings findings;
  const auto document =
      parse_document("x.json", R"({"schema":"qwenfit.data.test/1","rows":[)" + row + "]}", findings);
  REQUIRE(document);
  const auto source = [&](std::string_view name) {
    return name == "data.test" ? std::string_view(schema) : "";
  };
  const bool valid = validate_schema(*document, source, findings);
  CHECK(valid == findings.empty());
  return findings;
}

}  // namespace

TEST_CASE("a schema is told in plain words") {
  CHECK(words(R"({"type":"integer","minimum":1,"maximum":1024})") == "a whole number from 1 to 1024");
  CHECK(words(R"({"type":["integer","null"],"minimum":1})") == "a whole number of at least 1 or null");
  CHECK(words(R"({"type":"number","exclusiveMinimum":0})") == "a number greater than 0");
  CHECK(words(R"({"type":"number","maximum":0.5})") == "a number of at most 0.5");
  CHECK(words(R"({"type":"boolean"})") == "true or false");
  CHECK(words(R"({"type":"string","minLength":1})") == "text, not empty");
  CHECK(words(R"({"type":"string","maxLength":8})") == "text of at most 8 characters");
  CHECK(words(R"({"type":"array","minItems":1})") == "a list of at least 1 items");
  CHECK(words(R"({"enum":["a","b",null]})") == "one of a, b or null");
  CHECK(words(R"({"const":"x/1"})") == "x/1");
  CHECK(words(R"({"anyOf":[{"type":"null"},{"type":"integer"}]})") == "null or a whole number");
  CHECK(words("{}") == "another value");
}

TEST_CASE("findings follow references and alternatives to the value at fault") {
  const std::string row =
      R"({"type":"object","additionalProperties":false,"properties":{"n":{"anyOf":[{"type":"null"},)"
      R"({"type":"object","additionalProperties":false,"properties":{"size":{"type":"integer","minimum":1}}}]}}})";
  CHECK(findings_of(row, R"({"n":null})").empty());
  CHECK(findings_of(row, R"({"n":{"size":2}})").empty());
  const Findings low = findings_of(row, R"({"n":{"size":0}})");
  REQUIRE(low.size() == 1);
  CHECK(low[0].pointer == "/rows/0/n/size");
  CHECK(low[0].text == "expected a whole number of at least 1, found 0");
  const Findings wrong = findings_of(row, R"({"n":7})");
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].pointer == "/rows/0/n");
  CHECK(wrong[0].text == "expected null or an object, found 7");
}

TEST_CASE("a schema that cannot be used is a finding, not a crash") {
  for (const char* schema : {"{\"$ref\":\"#/definitions/none\"}", "{\"pattern\":\"[\"}", "{\"type\":7}"}) {
    CHECK(findings_of(schema, "\"a\"").size() == 1);
  }
}
