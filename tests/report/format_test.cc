#include "report/format.h"

#include <limits>

#include "catch.h"

using namespace qwenfit;

TEST_CASE("memory is shown in GiB with one decimal and never as zero when there is some") {
  CHECK(gib(Bytes{0}) == "0.0");
  CHECK(gib(Bytes{1}) == "<0.1");
  CHECK(gib(kGiB / 10) == "0.1");
  CHECK(gib(24 * kGiB) == "24.0");
  CHECK(gib(std::numeric_limits<Bytes>::max()) == ">99999");
  CHECK(gib(std::optional<Bytes>()) == "?");
}

TEST_CASE("a deficit is never shown smaller than it is") {
  CHECK(gib(SignedBytes{-1}) == "-0.1");
  CHECK(gib(-static_cast<SignedBytes>(kGiB * 5 / 2)) == "-2.5");
  CHECK(gib(-static_cast<SignedBytes>(kGiB * 251 / 100)) == "-2.6");
  CHECK(gib(std::numeric_limits<SignedBytes>::min()) == "<-99999");
  CHECK(gib(SignedBytes{0}) == "0.0");
}

TEST_CASE("files are shown in GB") {
  CHECK(gb(16'740'812'704) == "16.7");
  CHECK(gb(std::nullopt) == "?");
  CHECK(gb(1) == "<0.1");
}

TEST_CASE("a largest context is rounded down to what can be typed") {
  CHECK(tokens_at_most(262144) == "256k");
  CHECK(tokens_at_most(129792) == "126k");
  CHECK(tokens_at_most(1023) == "1023");
  CHECK(tokens_at_most(0) == "0");
  CHECK(tokens_exact(8192) == "8k");
  CHECK(tokens_exact(10000) == "10,000");
  CHECK(grouped(1) == "1");
  CHECK(grouped(123456) == "123,456");
  CHECK(grouped(std::numeric_limits<std::uint64_t>::max()) == "18,446,744,073,709,551,615");
}

TEST_CASE("text for a terminal has no control characters and is UTF-8") {
  CHECK(clean("plain") == "plain");
  CHECK(clean("a\x1b[31m\nb\x7f") == "a?[31m?b?");
  CHECK(clean("\xff\xc3x") == "??x");
  CHECK(clean("\xc3\xa9") == "\xc3\xa9");
  CHECK(clean("\xe2\x80\xae") == "?");
}

TEST_CASE("display width counts columns") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("\xe2\x96\x88\xe2\x96\x88") == 2);
  CHECK(display_width("\xe6\x98\xbe") == 2);
  CHECK(cut("abcdef", 4) == "abc~");
  CHECK(cut("abcd", 4) == "abcd");
}

TEST_CASE("wrapped text keeps its words and its width") {
  CHECK(wrap("one two three", 7, 2) == std::vector<std::string>{"one two", "  three"});
  CHECK(wrap("abcdefghij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(wrap("", 4) == std::vector<std::string>{""});
  for (std::size_t width = 10; width < 60; ++width) {
    for (const std::string& line :
         wrap("  a line with averyveryverylongword and \xe6\x98\xbe\xe5\x8d\xa1 in it", width, 4)) {
      CHECK(display_width(line) <= width);
    }
  }
}

TEST_CASE("lists read as sentences") {
  CHECK(joined({}) == "");
  CHECK(joined({"a"}) == "a");
  CHECK(joined({"a", "b", "c"}, "or") == "a, b or c");
}
