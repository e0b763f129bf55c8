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

TEST_CASE("estimates have no more digits than they deserve") {
  CHECK(estimated(0) == "0.00");
  CHECK(estimated(0.001) == "<0.01");
  CHECK(estimated(0.45) == "0.45");
  CHECK(estimated(0.996) == "1.0");
  CHECK(estimated(8.44) == "8.4");
  CHECK(estimated(9.96) == "10");
  CHECK(estimated(36.4) == "36");
  CHECK(estimated(121.2) == "121");
  CHECK(estimated(999.6) == "1,000");
  CHECK(estimated(1236) == "1,240");
  CHECK(estimated(123'456) == "123,000");
  CHECK(estimated(1e300) == ">9,999,999");
  CHECK(estimated(std::numeric_limits<double>::quiet_NaN()) == "?");
  CHECK(estimated(std::numeric_limits<double>::infinity()) == "?");
}

TEST_CASE("measured figures have three digits") {
  CHECK(three_digits(0.4567) == "0.46");
  CHECK(three_digits(8.417) == "8.42");
  CHECK(three_digits(9.996) == "10.0");
  CHECK(three_digits(24.1) == "24.1");
  CHECK(three_digits(27.34) == "27.3");
  CHECK(three_digits(99.96) == "100");
  CHECK(three_digits(1236) == "1,240");
}

TEST_CASE("times are in the unit that suits them, a range in that of its middle") {
  CHECK(duration(0.42) == "0.42 s");
  CHECK(duration(119.4) == "119 s");
  CHECK(duration(300) == "5.0 min");
  CHECK(duration(7200) == "2.0 h");
  CHECK(duration(3.31, 2.4, 4.5) == "3.3 s (2.4-4.5)");
  CHECK(duration(150, 90, 250) == "2.5 min (1.5-4.2)");
}
