#include <sstream>

#include "report/explain.h"
#include "report/fixture.h"
#include "report/format.h"
#include "report/golden.h"
#include "support/schema_check.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

/// Machines of every kind, each as the options that name it.
std::vector<Query> machines() {
  std::vector<Query> queries(5);
  queries[0].gpu = {"rtx3090"};
  queries[1].gpu = {"2xrtx3090", "rtx3060-12gb"};
  queries[1].ram = "64GiB";
  queries[2].gpu = {"m4-max-40c-64gb"};
  queries[3].gpu = {"none"};
  queries[3].ram = "32GiB";
  queries[4].gpu = {"3xcustom:memory=2000GiB,name=a planned accelerator with a rather long name"};
  return queries;
}

std::vector<std::string> all_models() {
  std::vector<std::string> ids;
  for (const ModelRow& row : Catalog::builtin().rows().models) ids.emplace_back(row.id);
  return ids;
}

void check_width(const std::string& text, std::size_t width) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    INFO("width " << width << ": " << line);
    REQUIRE(display_width(line) <= width);
  }
}

}  // namespace

TEST_CASE("every model on every kind of machine keeps the width and the schema") {
  for (Query query : machines()) {
    query.model = all_models();
    if (is_sampled()) query.quant = {"q4_k_m"};
    const auto question = resolve(query, Catalog::builtin());
    INFO((query.gpu.empty() ? "" : query.gpu.front()) << ": " << (question ? "" : question.error().message));
    REQUIRE(static_cast<bool>(question));
    const std::vector<Answer> answers = sweep(*question);
    for (const unsigned width : {40U, 64U, 80U, 100U, 132U, 200U}) {
      std::ostringstream out;
      print_table(out, *question, answers, {false, width, true});
      check_width(out.str(), width);
    }
    std::ostringstream document;
    print_json(document, *question, answers, sample_info());
    CHECK(schema_faults("qwenfit.fit", document.str()) == "");
  }
}

TEST_CASE("the parts of every term of every model sum to the term") {
  for (Query query : machines()) {
    query.model = all_models();
    query.quant = {"q4_k_m"};
    const auto question = resolve(query, Catalog::builtin());
    REQUIRE(static_cast<bool>(question));
    for (const Answer& answer : sweep(*question, Explain::yes)) {
      for (std::size_t row = 0; row < answer.estimate.devices.size(); ++row) {
        for (const TermParts& term : terms_of(answer.estimate, row)) {
          INFO(answer.subject->model.id << " device " << row << " " << term_id(term.term));
          CHECK(term.unaccounted == 0);
        }
      }
      std::ostringstream out;
      print_explain(out, *question, answer, Catalog::builtin(), {false, 72, true});
      check_width(out.str(), 72);
    }
  }
}
