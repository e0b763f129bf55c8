// Reports in HTML: sound documents that say what the answers say.

#include <sstream>

#include "advise/advice.h"
#include "catch.h"
#include "report/fixture.h"
#include "report/format.h"
#include "report/html_axis.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "support/html_check.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

std::string page_of(const Case& c, const SpeedCurves& curves = {}) {
  std::ostringstream out;
  print_html(out, c.question, c.answers, sample_info(), nullptr, curves);
  return out.str();
}

bool has_row(const HtmlReading& page, const std::vector<std::string>& cells) {
  return std::any_of(page.rows.begin(), page.rows.end(), [&](const std::vector<std::string>& row) {
    return std::all_of(cells.begin(), cells.end(), [&](const std::string& cell) {
      return std::find(row.begin(), row.end(), cell) != row.end();
    });
  });
}

}  // namespace

TEST_CASE("a report on any answer is a sound document and the same each time") {
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    const std::string page = page_of(c);
    const HtmlReading read = HtmlReader(page).read();
    CHECK(read.fault == "");
    CHECK(std::count_if(read.headings.begin(), read.headings.end(),
                        [](const std::string& h) { return h.starts_with("h1"); }) == 1);
    CHECK(page == page_of(c));
  }
}

TEST_CASE("the reader of reports finds what must not be in one") {
  const auto fault_of = [](const std::string& body) {
    return HtmlReader("<!DOCTYPE html>\n<html lang=\"en\">" + body + "</html>\n").read().fault;
  };
  CHECK(fault_of("<p>sound &amp; safe</p>") == "");
  for (const char* body : {"<p>open", "<p>crossed<b></p></b>", "<script>x</script>", "<p onclick=\"x\">a</p>",
                           "<p>a & b</p>", "<p class=bare>a</p>", "<a href=\"x\">a</a>", "<img src=\"x\"/>",
                           "<style>a{background:url(x)}</style>", "<style>@import 'x'</style>",
                           "<p id=\"a\">a</p><p id=\"a\">b</p>", "<svg>unnamed</svg>"}) {
    INFO(body);
    CHECK(fault_of(body) != "");
  }
}

TEST_CASE("text from outside stays text") {
  const std::string hostile = "</title><script src=\"http://x\">alert('1')</script>&amp;\x1b\xff<b";
  Case c = single_gpu();
  c.question.machine.name = hostile;
  c.question.machine.devices.front().name = hostile;
  c.question.models.front().model.name = hostile;
  for (Build& build : c.question.models.front().builds) {
    build.quant_name = hostile;
    build.publisher = hostile;
  }
  CatalogInfo info = sample_info();
  info.overlays = {hostile};
  std::ostringstream out;
  const SpeedCurves curves = {{&c.answers.front(), {{0, {30, 20, 40}}, {8192, {20, 15, 25}}}}};
  print_html(out, c.question, c.answers, info, nullptr, curves);
  const HtmlReading read = HtmlReader(out.str()).read();
  CHECK(read.fault == "");
  CHECK(has(read.text, clean(hostile)));
  CHECK_FALSE(has(out.str(), "<script"));
}

TEST_CASE("the bars of memory come with every term, the sum, the limit and what is free") {
  const Case c = offload();
  const Answer& shown = c.answers.front();
  HtmlWriter w = html_page("test");
  memory_chart(w, "Memory", memory_bars(c.question, shown));
  const HtmlReading read = HtmlReader(end_html_page(std::move(w), sample_info())).read();
  CHECK(read.fault == "");
  CHECK(read.drawings == 1);
  for (const DeviceMemory& m : shown.estimate.devices) {
    std::vector<std::string> cells = {clean(place_name(c.question.machine, m)), gib(m.total()), gib(m.usable),
                                      gib(m.free())};
    for (std::size_t t = 0; t < kTermCount; ++t) {
      if (const Bytes bytes = m.terms[static_cast<Term>(t)]; bytes > 0) cells.push_back(gib(bytes));
    }
    CHECK(has_row(read, cells));
  }
}

TEST_CASE("what does not fit is drawn beyond the limit and said") {
  const Case c = no_fit();
  const std::string page = page_of(c);
  CHECK(has(page, "class=\"limit\""));
  CHECK(has(HtmlReader(page).read().text, "does not fit"));
}

TEST_CASE("scales hold what they show, at round values") {
  for (const double most : {0.003, 0.9, 1.0, 7.3, 24.0, 99.0, 1234.5, 3e9}) {
    const ChartAxis axis = axis_from_zero(most);
    CHECK(axis.most >= most);
    CHECK(axis.most <= most * 2.1);
    CHECK(axis.ticks.front() == 0);
    CHECK(axis.ticks.size() <= 7);
    CHECK(axis.at(0) == 0);
    CHECK(axis.at(axis.most) == Approx(100));
  }
  for (const double most : {1.0, 300.0, 8192.0, 130000.0, 262144.0}) {
    const ChartAxis axis = token_axis(most);
    CHECK(axis.most >= most);
    CHECK(axis.ticks.size() <= 5);
  }
  for (const auto& [least, most] :
       {std::pair(100.0, 100.0), std::pair(150.0, 900.0), std::pair(150.0, 30000.0), std::pair(7.0, 1e6)}) {
    const ChartAxis axis = price_axis(least, most);
    CHECK(axis.logarithmic == (most / least > 8));
    CHECK(axis.least <= least);
    CHECK(axis.most >= most);
    CHECK(axis.at(least) >= 0);
    CHECK(axis.at(most) <= 100);
    CHECK(axis.at(least) <= axis.at(most));
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 7);
  }
}

TEST_CASE("nothing to draw draws nothing") {
  HtmlWriter w = html_page("test");
  memory_chart(w, "Memory", {});
  speed_chart(w, "Speed", {{"a", nullptr}});
  price_chart(w, "Price", {});
  rate_chart(w, "Rates", {{"a", std::nullopt, false}});
  const HtmlReading read = HtmlReader(end_html_page(std::move(w), sample_info())).read();
  CHECK(read.fault == "");
  CHECK(read.drawings == 0);
}
