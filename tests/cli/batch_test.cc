#include "cli/batch.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "cli/options.h"
#include "cli/support.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

std::vector<json> documents(const std::string& text) {
  std::vector<json> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(json::parse(line));
  return out;
}

std::vector<json> batch(const std::string& input, int code) {
  const Ran ran = run_program({"batch"}, input);
  CHECK(ran.code == code);
  CHECK(ran.err.empty());
  return documents(ran.out);
}

}  // namespace

TEST_CASE("a number that no reader takes is told as one") {
  const Ran ran = run_program({"batch"}, "{\"gpu\":\"rtx3090\",\"model\":\"27b\",\"ctx\":1e999}\n");
  CHECK(ran.code == 3);
  CHECK(ran.out.find("or has a number too large") != std::string::npos);
}

TEST_CASE("one answer a line, with its id") {
  const auto answers = batch(
      "{\"id\":\"a\",\"gpu\":[\"rtx3090\"],\"model\":[\"27b\"],\"quant\":[\"q4_k_m\"],\"ctx\":8192,\"kv\":"
      "\"q8_0\",\"headless\":true}\n"
      "\n   \n"
      "{\"id\":2,\"gpu\":\"rtx3090\",\"model\":\"397b\"}\r\n"
      "{\"gpu\":\"rtx3090\",\"model\":\"9b\",\"quant\":\"q8_0\",\"tensor_split\":[1]}",
      0);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].at("id") == "a");
  CHECK(answers[0].at("results").size() == 1);
  CHECK(answers[0].at("results").at(0).at("settings").at("kv_type_k") == "q8_0");
  CHECK(answers[0].at("results").at(0).at("settings").at("headless") == true);
  CHECK(answers[1].at("id") == 2);
  CHECK(answers[1].at("status") == "no_fit");
  CHECK(answers[2].at("schema") == "qwenfit.fit/1");
  CHECK_FALSE(answers[2].contains("id"));
  CHECK(batch(R"({"id":null,"gpu":"rtx3090","model":"9b"})", 0).at(0).at("id").is_null());
}

TEST_CASE("a bad line gets an error document and the rest go on") {
  const auto answers = batch(
      "{\"id\":\"a\",\"gpux\":\"rtx3090\"}\n"
      "not json\n"
      "[1,2]\n"
      "{\"id\":\"b\",\"gpu\":\"rtx3091\",\"model\":\"27b\"}\n"
      "{\"id\":\"c\",\"gpu\":\"rtx3090\",\"model\":\"27b\",\"quant\":\"q4_k_m\"}\n"
      "{\"id\":\"d\",\"html\":\"a.html\"}\n",
      3);
  REQUIRE(answers.size() == 6);
  CHECK(answers[5].at("error").at("did_you_mean").empty());
  for (std::size_t i = 0; i < 4; ++i) CHECK(answers[i].at("schema") == "qwenfit.error/1");
  CHECK(answers[0].at("id") == "a");
  CHECK(answers[0].at("error").at("did_you_mean").at(0) == "gpu");
  CHECK(answers[3].at("id") == "b");
  CHECK(answers[3].at("error").at("code") == "unknown_gpu");
  CHECK(answers[4].at("schema") == "qwenfit.fit/1");
}

TEST_CASE("errors name their line") {
  const std::string too_long(kBatchLineBytes + 10, 'x');
  const auto answers = batch(
      "{\"gpu\":\"rtx3090\",\"model\":\"9b\",\"quant\":\"q4_k_m\"}\n"
      "\n"
      "not json\n"
      "{\"gpu\":\"rtx3090\",\"model\":\"9b\",\"ctx\":true}\n" +
          too_long + "\n{\"gpu\":\"rtx3090\",\"model\":\"9b\",\"ctx\":-1}",
      3);
  REQUIRE(answers.size() == 5);
  const std::vector<std::string> where = {"line 3", "line 4, ctx", "line 5", "line 6, --ctx"};
  for (std::size_t i = 0; i < where.size(); ++i) CHECK(answers[i + 1].at("error").at("where") == where[i]);
}

TEST_CASE("a NUL byte is not the end of a line") {
  const std::string line = R"({"gpu":"rtx3090","model":"9b","quant":"q4_k_m"})";
  std::string input = line + "@\n" + line + "@{\n@\n" + line;
  std::replace(input.begin(), input.end(), '@', '\0');
  const auto answers = batch(input, 3);
  REQUIRE(answers.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(answers[i].at("error").at("message").get<std::string>().find("NUL") != std::string::npos);
  }
  CHECK(answers[3].at("schema") == "qwenfit.fit/1");
}

TEST_CASE("an id comes back as it was or not at all") {
  for (const std::string id :
       {"18446744073709551615", "-9223372036854775808", "0.5", "\"18446744073709551616\""}) {
    const auto parsed = parse_batch_line("{\"id\":" + id + "}");
    REQUIRE(parsed.id);
    CHECK(parsed.id->dump() == id);
  }
  for (const std::string id :
       {"18446744073709551616", "-9223372036854775809", "100000000000000000000000000000"}) {
    const auto parsed = parse_batch_line("{\"id\":" + id + "}");
    CHECK_FALSE(parsed.id);
    REQUIRE_FALSE(parsed.query);
    CHECK(parsed.query.error().where == "id");
    CHECK(parsed.query.error().message.find("64 bits") != std::string::npos);
  }
}

TEST_CASE("input that cannot be read is an error") {
  std::ifstream folder(QWENFIT_ROOT);
  REQUIRE(folder.is_open());
  std::ostringstream out, err;
  CHECK(run({"batch"}, folder, out, err, {}) == 3);
  CHECK(out.str().empty());
  CHECK(err.str().starts_with("qwenfit: error: standard input cannot be read; give it a file"));
}

TEST_CASE("wrong types and hostile lines") {
  const std::string deep(100000, '[');
  const std::vector<std::string> lines = {R"({"gpu":5})",
                                          R"({"gpu":[5]})",
                                          R"({"ctx":[1]})",
                                          R"({"ctx":true})",
                                          R"({"headless":"yes"})",
                                          R"({"headless":1})",
                                          R"({"id":[1],"gpu":"rtx3090"})",
                                          R"({"id":{},"gpu":"rtx3090"})",
                                          R"({"gpu":"rtx3090","gpu":"rtx4090"})",
                                          R"({"gpu":"rtx3090","gpu-layers":20,"gpu_layers":3})",
                                          R"({"ctx":""})",
                                          R"({"tensor-split":["a"]})",
                                          R"({"tensor-split":[]})",
                                          R"({"json":true})",
                                          R"({"gpu":"rtx3090","model":"27b","ctx":1e30})",
                                          R"({"gpu":"rtx3090","model":"27b","ctx":-1})",
                                          R"({"gpu":"rtx3090","model":"27b","ram":64})",
                                          "{",
                                          "\"",
                                          "null",
                                          "{}",
                                          "\xff\xfe",
                                          "{\"gpu\":\"\xff\"}",
                                          "{\"a\":" + deep,
                                          deep,
                                          R"({"gpu":[[["rtx3090"]]]})",
                                          R"({"gpu":"\ud800","model":"27b"})",
                                          "{\"gpu\":\"rtx3090\",\"model\":\"27b\"} x"};
  std::string input;
  for (const auto& line : lines) input += line + "\n";
  const auto answers = batch(input, 3);
  REQUIRE(answers.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(lines[i].substr(0, 60));
    CHECK(answers[i].at("schema") == "qwenfit.error/1");
  }
}

TEST_CASE("lines that are too long are passed over") {
  const std::string good = R"({"gpu":"rtx3090","model":"27b","quant":"q4_k_m"})";
  const std::string fits =
      good.substr(0, good.size() - 1) + std::string(kBatchLineBytes - good.size() - 1, ' ') + "}";
  const auto answers = batch(std::string(kBatchLineBytes + 10, 'x') + "\n" + good + "\n" + fits + "\n" +
                                 std::string(2 * kBatchLineBytes, 'y'),
                             3);
  REQUIRE(answers.size() == 4);
  CHECK(answers[0].at("schema") == "qwenfit.error/1");
  CHECK(answers[1].at("schema") == "qwenfit.fit/1");
  CHECK(answers[2].at("schema") == "qwenfit.fit/1");
  CHECK(answers[3].at("schema") == "qwenfit.error/1");
}

TEST_CASE("nothing in, nothing out") {
  CHECK(batch("", 0).empty());
}

TEST_CASE("every option of the command line is a key, with the same meaning") {
  for (const auto& option : query_options()) {
    INFO(option.name);
    const bool flag = std::holds_alternative<bool Query::*>(option.field);
    const std::string name(option.name);
    const auto line = parse_command_line(flag ? std::vector<std::string>{"--" + name}
                                              : std::vector<std::string>{"--" + name, "7"});
    REQUIRE(line);
    const auto parsed = parse_batch_line("{\"" + name + "\":" + (flag ? "true" : "\"7\"") + "}");
    REQUIRE(parsed.query);
    if (const auto* field = std::get_if<bool Query::*>(&option.field)) {
      CHECK(line->query.*(*field));
      CHECK(((*parsed.query).*(*field)));
    } else if (const auto* list = std::get_if<std::vector<std::string> Query::*>(&option.field)) {
      CHECK(line->query.*(*list) == std::vector<std::string>{"7"});
      CHECK(((*parsed.query).*(*list)) == std::vector<std::string>{"7"});
    } else {
      const auto field_of = std::get<std::string Query::*>(option.field);
      CHECK(line->query.*field_of == "7");
      CHECK((*parsed.query).*field_of == "7");
    }
  }
}
