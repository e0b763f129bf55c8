#include "catalog/document.h"

#include "catch.h"

using namespace qwenfit;

namespace {

Findings faults_of(const std::string& text) {
  Findings findings;
  const auto document = parse_document("x.json", text, findings);
  CHECK(document.has_value() == findings.empty());
  return findings;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("sound documents keep their text") {
  Findings findings;
  const auto document = parse_document("x.json", R"({"b":1,"a":[1,2.5,null,true,"é"]})", findings);
  REQUIRE(document);
  CHECK(findings.empty());
  CHECK(document->value.at("a").size() == 5);
  CHECK(document->text.starts_with("{\"b\""));
}

TEST_CASE("limits of a document hold exactly") {
  CHECK(faults_of(nested(kMaxDepth)).empty());
  CHECK(faults_of(nested(kMaxDepth + 1)).size() == 1);
  CHECK(faults_of("\"" + std::string(kMaxTextBytes, 'x') + "\"").empty());
  CHECK(faults_of("\"" + std::string(kMaxTextBytes + 1, 'x') + "\"").size() == 1);
  CHECK(faults_of("[18446744073709551615,-9223372036854775808]").empty());
  CHECK(faults_of("[18446744073709551616]").size() == 1);
  CHECK(faults_of("[-9223372036854775809]").size() == 1);
  CHECK(faults_of("[1e400]").size() == 1);
}

TEST_CASE("faults point to their place") {
  const Findings findings = faults_of(R"({"a":{"x/y":[0,{"k~":"\u0007"}]},"a":1})");
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].pointer == "/a/x~1y/1/k~0");
  CHECK(findings[1].pointer == "/a");
  CHECK(findings[1].text.find("twice") != std::string::npos);
}

TEST_CASE("the same key in two objects is no duplicate") {
  CHECK(faults_of(R"([{"a":{"a":1}},{"a":2}])").empty());
}

TEST_CASE("a NUL byte is a fault wherever it stands") {
  for (const std::string& text : {std::string("{}\n\0{}", 6), std::string("\0{}", 3), std::string("{}\0", 3),
                                  std::string("[\"a\0\"]", 6)}) {
    const Findings findings = faults_of(text);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].pointer.empty());
    CHECK(findings[0].text.find("text after a NUL byte") != std::string::npos);
  }
  const TextPlace place = faults_of(std::string("{}\n\0{}", 6))[0].place;
  CHECK(place.line == 2);
  CHECK(place.column == 1);
}
