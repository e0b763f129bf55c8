#include "catalog/locate.h"

#include "catch.h"

using namespace qwenfit;

TEST_CASE("a JSON pointer leads to the line of its value, comments or not") {
  const std::string text = R"({ // "a": 1
  "a": 1, /* "list": [
  */
  "list": [
    { "b": "}", "c/d": 2 },
    [1,
     2]
  ],
  "a\u0062": 7,
  "last": null
})";
  CHECK(line_of(text, "") == 1);
  CHECK(line_of(text, "/a") == 2);
  CHECK(line_of(text, "/list") == 4);
  CHECK(line_of(text, "/list/0/c~1d") == 5);
  CHECK(line_of(text, "/list/1/1") == 7);
  CHECK(line_of(text, "/ab") == 9);
  CHECK(line_of(text, "/last") == 10);
}

TEST_CASE("a pointer beyond the document leads to what is around it, the second of two equal keys wins") {
  CHECK(line_of("{\n\"a\": {\n\"b\": 1}}", "/a/c") == 2);
  CHECK(line_of("{\n\"a\": 1,\n\"a\": 2}", "/a") == 3);
  CHECK(line_of("[\n1", "/0") == 2);
  CHECK(line_of("", "/0") == 1);
  CHECK(line_of("{\"a\\\\\\\"b\": \"\\\"c\\\\\",\n\"d\": 1}", "/d") == 2);
  CHECK(line_of("{\n\"a\\\\\\\"b\": \"\\\"c\\\\\"}", "/a\\\"b") == 2);
  CHECK(line_of("{\"a\\", "/a") == 1);
  CHECK(line_of(std::string(100000, '['), "/0/0") == 1);
}

TEST_CASE("offsets have a line and a column") {
  const TextPlace place = place_of("ab\ncd", 4);
  CHECK(place.line == 2);
  CHECK(place.column == 2);
  CHECK(place_of("ab", 100).column == 3);
}
