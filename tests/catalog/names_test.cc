#include "catalog/names.h"

#include "catch.h"

using namespace qwenfit;

TEST_CASE("spellings of a device become one key") {
  for (const char* name : {"rtx3090", "RTX 3090", "rtx-3090", "NVIDIA GeForce RTX 3090",
                           "nvidia_geforce_rtx_3090", " RTX  3090 "}) {
    CHECK(device_key(name) == "rtx3090");
  }
  CHECK(device_key("Intel(R) Arc(TM) A770") == "arca770");
  CHECK(device_key("Apple M4 Max (40-core GPU, 128GB)") == "m4max40gpu128gb");
  CHECK(device_key("m4-max-40c-128gb") == "m4max40c128gb");
  CHECK(device_key("Intel Core i9-14900K") == "i914900k");
  CHECK(device_key("RTX 5060 Ti") != device_key("RTX 5060"));
  CHECK(device_key("").empty());
}

TEST_CASE("spellings of a model become one key") {
  for (const char* name : {"qwen3.5-27b", "Qwen 3.5 27B", "qwen/qwen3.5-27b", "Qwen/Qwen3.5-27B",
                           "qwen3.5:27b", "qwen-3.5-27b"}) {
    CHECK(model_key(name) == "qwen3.5-27b");
  }
  for (const char* name : {"unsloth/Qwen3.5-27B-GGUF", "Qwen3.5-27B-GGUF", "bartowski/Qwen_Qwen3.5-27B-GGUF",
                           "hf.co/unsloth/Qwen3.5-27B-GGUF", "Qwen_Qwen3.5-27B"}) {
    CHECK(model_key(name) == "qwen3.5-27b");
  }
  CHECK(model_key("someone/27b") == "someone-27b");
  CHECK(model_key("gguf") == "gguf");
  CHECK(model_key("qwen/") == "qwen");
  CHECK(model_key("27B") == "27b");
  CHECK(model_key("35B A3B") == "35b-a3b");
}

TEST_CASE("spellings of a quant become one key") {
  CHECK(quant_key("UD-Q4_K_XL") == quant_key("ud_q4-k-xl"));
  CHECK(quant_key("Q4_K_M") == "q4km");
}

TEST_CASE("the memory word is taken out of a device name") {
  CHECK(split_memory("rtx 3060 12gb").base == "rtx3060");
  CHECK(split_memory("rtx 3060 12gb").gib == 12U);
  CHECK(split_memory("RTX 3060 (12 GB)").gib == 12U);
  CHECK(split_memory("m4-max-40c-128gb").base == "m4max40c");
  CHECK(split_memory("mac studio 64gb m4 max").base == "macstudiom4max");
  CHECK_FALSE(split_memory("rtx 3060").gib);
  CHECK_FALSE(split_memory("8gb 16gb").gib);
  CHECK_FALSE(split_memory("99999999999999999999gb").gib);
}

TEST_CASE("a number at the end of a device name can be read as memory") {
  CHECK(number_as_memory("M4 Max 128") == "m4 max 128gb");
  CHECK(number_as_memory("m4-max-128") == "m4 max 128gb");
  CHECK_FALSE(number_as_memory("3090"));
  CHECK_FALSE(number_as_memory("m4 max"));
  CHECK_FALSE(number_as_memory("m4 max 128gb"));
  CHECK_FALSE(number_as_memory(""));
}

TEST_CASE("text for messages holds no control bytes and no broken UTF-8") {
  CHECK(printable("a\x1b[31mb\n") == "a?[31mb?");
  CHECK(printable("\xff\xfe") == "??");
  CHECK(printable("\xc2\x9b") == "?");
  CHECK(printable("\xe2\x82\xac") == "\xe2\x82\xac");
  CHECK(printable(std::string(100000, 'x')).size() <= kMaxNameBytes + 3);
  CHECK(invalid_utf8_at("abc\xc0\x80") == 3U);
  CHECK(invalid_utf8_at("\xed\xa0\x80") == 0U);
  CHECK(invalid_utf8_at("\xf5\x80\x80\x80") == 0U);
  CHECK(invalid_utf8_at("ok\xe2\x82") == 2U);
  CHECK_FALSE(invalid_utf8_at("\xf0\x9f\x98\x80 \xe2\x82\xac"));
}

TEST_CASE("text is cut between characters") {
  CHECK(whole_characters("abc", 3) == "abc");
  CHECK(whole_characters("abcd", 3) == "abc");
  const std::string text = "ab\u65e5\u672c";  // two characters of three bytes each
  CHECK(whole_characters(text, 5) == "ab\u65e5");
  for (const std::size_t most : {2U, 3U, 4U}) CHECK(whole_characters(text, most) == "ab");
  CHECK(whole_characters(text, 7) == "ab\u65e5");
  CHECK(whole_characters("\xf0\x9f\x98\x80", 3).empty());
  // What is no text is cut too.
  CHECK(whole_characters(std::string(100, '\x80'), 50).size() >= 47);
  CHECK(whole_characters("", 0).empty());
}
