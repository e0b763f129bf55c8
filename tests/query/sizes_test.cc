#include "query/sizes.h"

#include <string>

#include "catch.h"

using namespace qwenfit;

TEST_CASE("sizes name their unit") {
  struct Case {
    const char* text;
    Bytes bytes;
  };
  for (const Case& c :
       {Case{"24GiB", 24 * kGiB}, Case{"64GB", 64000000000}, Case{"512MB", 512000000},
        Case{"24576MiB", 24 * kGiB}, Case{"1.5 GiB", kGiB + kGiB / 2}, Case{" 64g ", 64000000000},
        Case{"2TiB", 2048 * kGiB}, Case{"1tb", 1000000000000}, Case{".5GiB", kGiB / 2},
        Case{"1024TiB", Bytes{1} << 50}, Case{"64gb", 64000000000}, Case{"1KiB", 1024}}) {
    INFO(c.text);
    const auto size = parse_size(c.text, "--ram");
    REQUIRE(size);
    CHECK(*size == c.bytes);
  }
}

TEST_CASE("a bare number is a question") {
  const auto size = parse_size("64", "--ram");
  REQUIRE_FALSE(size);
  CHECK(size.error().where == "--ram");
  CHECK(size.error().message.find("64GiB") != std::string::npos);
  CHECK(size.error().message.find("64GB") != std::string::npos);
}

TEST_CASE("nothing is no size, whatever its unit") {
  for (const char* text : {"0", "0.0", "0GB", "0.0MiB", "0.0001KiB"}) {
    const auto size = parse_size(text, "--ram");
    REQUIRE_FALSE(size);
    CHECK(size.error().message == "--ram must be more than zero, not \"" + std::string(text) + "\"");
  }
}

TEST_CASE("bad sizes are refused") {
  for (const char* text :
       {"",        " ",      "GiB",     "-1GiB",  "+1GiB",      "nanGiB",  "infGB",
        "1e30GB",  "1e30",   "0GB",     "0.0MiB", "2PB",        "1025TiB", "99999999999999999999999999GB",
        "1.2.3GB", "24GiBs", "24 Gi B", "0x10GB", "\xff\xfeGB", "1,5GB",   "24Gb/s"}) {
    INFO(text);
    const auto size = parse_size(text, "--ram");
    REQUIRE_FALSE(size);
    CHECK(size.error().code == ErrorCode::usage);
    CHECK(size.error().message.find("--ram") != std::string::npos);
  }
}
