#include <cmath>
#include <map>
#include <sstream>

#include "report/fixture.h"
#include "report/golden.h"
#include "report/speed_fixture.h"

using namespace qwenfit;

namespace {

/// RFC 4180, with line feeds between records.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record;
  std::string cell;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      record.push_back(std::move(cell));
      cell.clear();
      if (c == '\n') records.push_back(std::move(record));
      if (c == '\n') record.clear();
    } else {
      cell += c;
    }
  }
  return records;
}

}  // namespace

TEST_CASE("CSV reads back to the answers") {
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    std::ostringstream out;
    print_csv(out, c.question, c.answers);
    const auto records = parse_csv(out.str());
    REQUIRE(records.size() == c.answers.size() + 1);
    for (std::size_t i = 0; i < c.answers.size(); ++i) {
      REQUIRE(records[i + 1].size() == records[0].size());
      std::map<std::string, std::string> row;
      for (std::size_t k = 0; k < records[0].size(); ++k) row[records[0][k]] = records[i + 1][k];
      CHECK(row["model"] == c.answers[i].subject->model.id);
      CHECK(row["quant"] == c.answers[i].build->quant_id);
      CHECK(row["publisher"] == c.answers[i].build->publisher);
      CHECK(row["machine"] == c.question.machine.name);
      CHECK(row["verdict"] == verdict_id(c.answers[i].estimate.verdict));
      if (c.answers[i].build->file_bytes)
        CHECK(row["file_bytes"] == std::to_string(*c.answers[i].build->file_bytes));
      CHECK(row["kv_cache_bytes"].empty() == c.answers[i].estimate.guide_only);
      const std::optional<Speed>& speed = c.answers[i].estimate.speed;
      const bool known = speed && speed->decode && std::isfinite(speed->decode->tok_s);
      REQUIRE(row["decode_tok_s"].empty() == !known);
      CHECK(row["decode_basis"].empty() == !(speed && speed->decode));
      if (!known) continue;
      CHECK(std::stod(row["decode_tok_s"]) == speed->decode->tok_s);
      CHECK(std::stod(row["decode_at_context_high"]) == speed->decode_at_context->high);
      CHECK(std::stod(row["load_s"]) == *speed->load_s);
      CHECK(row["ttft_s"].empty() == !speed->ttft_s);
    }
  }
}

TEST_CASE("CSV is as agreed") {
  std::ostringstream out;
  const Case c = single_gpu();
  print_csv(out, c.question, c.answers);
  check_golden("fit_single_gpu.csv", out.str());
  out.str("");
  const Case fast = speed_measured();
  print_csv(out, fast.question, fast.answers);
  check_golden("fit_speed.csv", out.str());
}

TEST_CASE("Markdown tables have as many cells as headings") {
  for (const auto& [name, c] : all_cases()) {
    std::ostringstream out;
    print_markdown(out, c.question, c.answers);
    std::istringstream in(out.str());
    std::size_t rows = 0;
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("|")) continue;
      std::size_t bars = 0;
      for (std::size_t i = 0; i < line.size(); ++i)
        bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
      INFO(name << ": " << line);
      CHECK(bars == 14);
      ++rows;
    }
    CHECK(rows == c.answers.size() + 2);
  }
  std::ostringstream out;
  const Case c = single_gpu();
  print_markdown(out, c.question, c.answers);
  check_golden("fit_single_gpu.md", out.str());
  out.str("");
  const Case fast = speed_of_device();
  print_markdown(out, fast.question, fast.answers);
  check_golden("fit_speed.md", out.str());
}
