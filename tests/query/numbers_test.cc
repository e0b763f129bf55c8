#include "query/numbers.h"

#include <string>

#include "catch.h"
#include "query/memory_spec.h"

using namespace qwenfit;

TEST_CASE("tokens") {
  CHECK(*parse_tokens("8192", "--ctx", 1) == 8192);
  CHECK(*parse_tokens("8k", "--ctx", 1) == 8192);
  CHECK(*parse_tokens("128K", "--ctx", 1) == 131072);
  CHECK(*parse_tokens(" 32 k ", "--ctx", 1) == 32768);
  CHECK(*parse_tokens("0", "--depth", 0) == 0);
  CHECK(*parse_tokens("99999999999999999999999999", "--ctx", 1) > 1000000000);
  for (const char* text :
       {"", "k", "-5", "+5", "1.5k", "0", "0k", "8 192", "8,192", "1e5", "ten", "nan", "0x10", "8kk"}) {
    INFO(text);
    CHECK_FALSE(parse_tokens(text, "--ctx", 1));
  }
}

TEST_CASE("counts stay in their range") {
  CHECK(*parse_count("1", "--parallel", 1, 1024) == 1);
  CHECK(*parse_count("1024", "--parallel", 1, 1024) == 1024);
  for (const char* text : {"0", "1025", "-1", "1.0", "", "a", "4294967297", "99999999999999999999"}) {
    INFO(text);
    const auto count = parse_count(text, "--parallel", 1, 1024);
    REQUIRE_FALSE(count);
    CHECK(count.error().message.find("1 to 1024") != std::string::npos);
  }
}

TEST_CASE("layers: more than there are means all") {
  CHECK(*parse_layers("0", "--gpu-layers") == 0);
  CHECK(*parse_layers("99", "--gpu-layers") == 99);
  CHECK(*parse_layers("all", "--gpu-layers") == 2147483647);
  CHECK(*parse_layers("99999999999999999999", "--gpu-layers") == 2147483647);
  CHECK_FALSE(parse_layers("-1", "--gpu-layers"));
  CHECK_FALSE(parse_layers("some", "--gpu-layers"));
}

TEST_CASE("shares are kept as typed") {
  const auto shares = parse_shares("3,1", "--tensor-split");
  REQUIRE(shares);
  CHECK(*shares == std::vector<double>{3, 1});
  CHECK(*parse_shares("0,2", "--tensor-split") == std::vector<double>{0, 2});
  for (const char* text : {"", "0,0", "1,", "-1,2", "1,nan", "inf,1", "1e5,1", "a", "1;2", "9999999999,1"}) {
    INFO(text);
    CHECK_FALSE(parse_shares(text, "--tensor-split"));
  }
}

TEST_CASE("system memory in place of a CPU") {
  const auto plain = parse_memory_spec("DDR5-6000");
  REQUIRE(plain);
  REQUIRE(*plain);
  CHECK((*plain)->id == "ddr5-6000");
  CHECK((*plain)->name == "DDR5-6000");
  CHECK((**parse_memory_spec("ddr4-3200x4")).name == "DDR4-3200, 4 channels");
  CHECK((**parse_memory_spec("lpddr5x-8533")).name == "LPDDR5x-8533");
  CHECK_FALSE(parse_memory_spec("ryzen-9-7950x"));
  for (const char* text : {"ddr5", "ddr5-", "ddr5-99", "ddr5-99999", "ddr5-6000x0", "ddr5-6000x25",
                           "ddr5-6000x", "ddr5-6000x2x2", "ddr5-x2", "ddr5-fast"}) {
    INFO(text);
    const auto spec = parse_memory_spec(text);
    REQUIRE(spec);
    CHECK_FALSE(*spec);
  }
}
