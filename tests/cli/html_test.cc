// `--html FILE`: what is written, where, and what becomes of what was there.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "catalog/overlay_files.h"
#include "catch.h"
#include "cli/save_file.h"
#include "cli/support.h"
#include "report/format.h"
#include "support/html_check.h"
#include "support/text.h"

using namespace qwenfit;
namespace fs = std::filesystem;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Ran run_with(std::string line, const std::string& file) {
  std::vector<std::string> args = words(line);
  args.insert(args.end(), {"--html", file});
  return run_program(args);
}

HtmlReading report_on(const std::string& line) {
  const OverlayFolder folder;
  const Ran ran = run_with(line, folder.path("report.html"));
  INFO(line << ": " << ran.err);
  CHECK(ran.code <= 1);
  HtmlReading read = HtmlReader(read_file(folder.path("report.html"))).read();
  CHECK(read.fault == "");
  return read;
}

std::size_t files_in(const OverlayFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator{}));
}

bool has_cell(const HtmlReading& page, const std::string& cell) {
  for (const auto& row : page.rows) {
    for (const std::string& text : row) {
      // The first cell of a row may have a mark and a number before it.
      if (text == cell || (text.ends_with(" " + cell) && &text == &row.front())) return true;
    }
  }
  return false;
}

/// Cells of the tables in Markdown, without headings.
std::vector<std::string> markdown_cells(const std::string& text) {
  std::vector<std::string> cells;
  std::istringstream in(text);
  bool heading = true;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| ---")) {
      heading = false;
      continue;
    }
    if (!line.starts_with("| ")) heading = true;
    if (heading) continue;
    for (std::size_t at = 2; at < line.size();) {
      const std::size_t end = line.find(" |", at);
      std::string cell = line.substr(at, end - at);
      if (cell.starts_with("**")) cell = cell.substr(2, cell.size() - 4);
      std::erase(cell, '\\');
      if (!cell.empty() && cell != "|") cells.push_back(cell);
      at = end + 3;
    }
  }
  return cells;
}

/// Cells of the rows of a wide screen.
std::vector<std::string> screen_cells(const std::string& text) {
  constexpr std::size_t kLeast = 8;
  std::vector<std::string> cells;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> row;
    if (line.starts_with("* ")) line.erase(0, 2);
    for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;) {
      const std::size_t end = std::min(line.find("  ", at), line.size());
      row.push_back(line.substr(at, end - at));
      at = line.find_first_not_of(' ', end);
    }
    if (row.size() < kLeast || row[2].find_first_of("0123456789?") == std::string::npos) continue;
    cells.insert(cells.end(), row.begin(), row.end());
  }
  return cells;
}

/// Lines with an answer of every sort; in a sampled run every third, about few machines to buy.
std::vector<std::string> lines() {
  const std::vector<std::string> all = {"--gpu rtx3090 --model 27b",
                                        "--gpu rtx3060-12gb",
                                        "--gpu 2xrtx3060-12gb --ram 64GB --model 122b-a10b --ctx 32k",
                                        "--gpu rtx3060-12gb --model 397b-a17b",
                                        "--gpu none --ram 32GB --model 9b --parallel 4",
                                        "compare rtx3090 m4-max-40c-64gb --model 27b,35b-a3b",
                                        "compare rtx4090 --model qwen3-32b,27b",
                                        few("buy --model 27b --budget 2000 --power-price 0.3 --api-price 2"),
                                        few("buy --model 27b --budget 20"),
                                        few("buy --model 9b --from rtx3060-12gb"),
                                        few("buy --budget 1000"),
                                        few("buy --budget 5"),
                                        few("--model 9b"),
                                        "plan " QWENFIT_TEST_DATA "/builds/good.json",
                                        "plan " QWENFIT_TEST_DATA "/builds/underpowered.json"};
  std::vector<std::string> some;
  for (std::size_t i = 0; i < all.size(); i += std::min<std::size_t>(sample_stride(), 3))
    some.push_back(all[i]);
  return some;
}

}  // namespace

TEST_CASE("a report is sound, and the answer beside it is the usual one") {
  const OverlayFolder folder;
  const std::string file = folder.path("report.html");
  for (const std::string& line : lines()) {
    INFO(line);
    const Ran usual = run_program(words(line)), with = run_with(line, file);
    CHECK(with.code == usual.code);
    CHECK(with.out == usual.out);
    CHECK(with.err == usual.err);
    const std::string page = read_file(file);
    const HtmlReading read = HtmlReader(page).read();
    CHECK(read.fault == "");
    CHECK(run_with(line + " --quiet", file).out == run_program(words(line + " --quiet")).out);
    CHECK(read_file(file) == page);
    CHECK(files_in(folder) == 1);
  }
}

TEST_CASE("every figure of the tables is in the report") {
  for (const std::string& line : lines()) {
    INFO(line);
    const HtmlReading page = report_on(line);
    Environment wide;
    wide.width = 300;
    const bool fit = line.starts_with("--gpu"), plan = line.starts_with("plan");
    const auto cells = fit ? screen_cells(run_program(words(line), "", wide).out)
                           : markdown_cells(run_program(words(line + " --markdown")).out);
    CHECK(cells.size() >= (has(line, "--budget 5") || has(line, "--budget 20") ? 0 : 8));
    for (const std::string& cell : cells) {
      INFO(cell);
      // What was found about a plan is a list in the report.
      CHECK((has_cell(page, cell) || (plan && has(page.text, cell))));
    }
  }
}

TEST_CASE("the terms and speeds of a report are those of the document") {
  const std::string line = "--gpu 2xrtx3060-12gb --model 27b --quant q4_k_m --ctx 16k";
  const HtmlReading page = report_on(line);
  const auto result = nlohmann::json::parse(run_program(words(line + " --json")).out).at("results").at(0);
  for (const auto& device : result.at("memory").at("devices")) {
    for (const auto& [term, bytes] : device.at("terms").items()) {
      if (bytes.get<Bytes>() > 0) CHECK(has_cell(page, gib(bytes.get<Bytes>())));
    }
    if (!device.at("free_bytes").is_null())
      CHECK(has_cell(page, gib(device.at("free_bytes").get<SignedBytes>())));
  }
  const auto& speed = result.at("speed").at("decode_at_context");
  const auto words_of = [&](const char* key) { return estimated(speed.at(key).get<double>()); };
  const std::vector<std::string> row = {
      "16k", words_of("tok_s") + " (" + words_of("low") + "-" + words_of("high") + ")"};
  CHECK(std::find(page.rows.begin(), page.rows.end(), row) != page.rows.end());
  CHECK(page.commands == result.at("launch").at("llama.cpp").get<std::string>());
}

TEST_CASE("reports on purchases have prices with dates and sources, and what is beaten") {
  const HtmlReading page = report_on("buy --model 27b");
  CHECK(page.drawings >= 3);
  CHECK(std::count(page.headings.begin(), page.headings.end(), "h2 Where the prices come from") == 1);
  CHECK(std::count(page.headings.begin(), page.headings.end(), "h2 What they beat") == 1);
  CHECK_FALSE(page.commands.empty());
}

TEST_CASE("names from files and options stay text in a report") {
  const OverlayFolder folder;
  const std::string build = folder.write(
      "build.json",
      R"({"name": "</h1><script>alert('1')</script>", "gpus": [{"id": "rtx3090"}], "workloads": [{"name": "<img src=x onerror=alert(1)>", "model": "9b"}]})");
  const Ran ran = run_program({"plan", build, "--html", folder.path("a.html")});
  INFO(ran.err);
  REQUIRE(ran.code <= 1);
  const HtmlReading read = HtmlReader(read_file(folder.path("a.html"))).read();
  CHECK(read.fault == "");
  CHECK(has(read.text, "</h1><script>alert('1')</script>"));
  CHECK(has(read.text, "<img src=x onerror=alert(1)>"));
  const Ran custom = run_program({"--gpu", "custom:memory=24GiB,bandwidth=900,name=<b onclick='x'>&lt;",
                                  "--model", "9b", "--html", folder.path("b.html")});
  INFO(custom.err);
  REQUIRE(custom.code == 0);
  const HtmlReading other = HtmlReader(read_file(folder.path("b.html"))).read();
  CHECK(other.fault == "");
  CHECK(has(other.text, "<b onclick='x'>&lt;"));
}

TEST_CASE("where a report makes no sense it is refused with the reason") {
  for (const auto& [line, part] : {
           std::pair("--gpu rtx3090 --model 9b --html", "needs a value"),
           std::pair("--gpu rtx3090 --model 9b --html -", "standard output has the usual answer"),
           std::pair("--gpu rtx3090 --model 9b --html a.html --html b.html", "more than once"),
           std::pair("--gpu rtx3090 --model 9b --html a.html --launch ollama", "drop it"),
           std::pair("explain --gpu rtx3090 --model 9b --html a.html", "explain takes no --html"),
           std::pair("models --html a.html", "models takes no --html"),
           std::pair("batch --html a.html", "batch takes no --html"),
           std::pair("catalog check x.json --html a.html", "catalog check takes no --html"),
           std::pair("plan --init --html a.html", "--init and --schema make none"),
       }) {
    INFO(line);
    const Ran ran = run_program(words(line));
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, part));
  }
}

TEST_CASE("a report that cannot be written is an error, and nothing is lost") {
  const OverlayFolder folder;
  const std::string notes = folder.write("notes.txt", "keep me");
  fs::create_directory(folder.path("inner"));
  for (const auto& [file, part] :
       {std::pair(folder.path("none/a.html"), "folder does not exist"),
        std::pair(folder.path("inner"), "it is a folder"),
        std::pair(folder.path("notes.txt/a.html"), "is a file, not a folder"), std::pair(notes, "is no HTML"),
        std::pair(folder.path(std::string(300, 'x')), "too long"),
        std::pair(std::string("/dev/null"), "no ordinary file")}) {
    const Ran ran = run_with("--gpu rtx3090 --model 9b", file);
    INFO(ran.err);
    CHECK(ran.code == 3);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, part));
  }
  CHECK(read_file(notes) == "keep me");
  CHECK(files_in(folder) == 2);
  const Ran failed = run_with("--gpu rtx3090 --model 9b --json", folder.path("inner"));
  CHECK(failed.code == 3);
  CHECK(nlohmann::json::parse(failed.out).at("error").at("where") == "--html");
}

TEST_CASE("what begins as HTML does is replaced") {
  const OverlayFolder folder;
  for (const char* text : {"", "<!DOCTYPE html><p>", "<html><body>", "\n\n <HTML lang=en>",
                           "\xEF\xBB\xBF<!doctype HTML>", "<!-- made by\nhand -->\n<!DOCTYPE html>"}) {
    INFO(text);
    const std::string file = folder.write("old.html", text);
    CHECK(run_with("--gpu rtx3090 --model 9b", file).code == 0);
    CHECK(read_file(file).starts_with("<!DOCTYPE html>"));
  }
  for (const char* text : {"<?xml version='1.0'?>", "<!-- open", "html", "<htm", "<htmlx>", "<html", "{}"}) {
    INFO(text);
    const std::string file = folder.write("old.html", text);
    CHECK(run_with("--gpu rtx3090 --model 9b", file).code == 3);
    CHECK(read_file(file) == text);
  }
}

TEST_CASE("a build file is not replaced by the report on it") {
  const OverlayFolder folder;
  const std::string text = R"({"gpus": [{"id": "rtx3090"}], "workloads": [{"model": "9b"}]})";
  const std::string build = folder.write("build.json", text);
  CHECK(run_program({"plan", build, "--html", build}).code == 3);
  CHECK(read_file(build) == text);
}

TEST_CASE("a full disk leaves the old report and no leftovers") {
  const OverlayFolder folder;
  const std::string file = folder.write("report.html", "<!DOCTYPE html>\nold");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto saved = save_html(file, "<!DOCTYPE html>" + std::string(100'000, 'x'), "--html");
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old);
  CHECK_FALSE(saved);
  CHECK(read_file(file) == "<!DOCTYPE html>\nold");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a report replaces one, through a link and with the same permissions") {
  const OverlayFolder folder;
  const std::string file = folder.write("report.html", "<!doctype HTML>old");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("report.html", folder.path("link.html"));
  REQUIRE(save_html(folder.path("link.html"), "<!DOCTYPE html>new", "--html"));
  CHECK(read_file(file) == "<!DOCTYPE html>new");
  CHECK(fs::is_symlink(folder.path("link.html")));
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(files_in(folder) == 2);
}

TEST_CASE("a link that leads nowhere is left as it is") {
  const OverlayFolder folder;
  for (const char* target : {"nowhere/x.html", "nothing.html", "link.html"}) {
    fs::create_symlink(target, folder.path("link.html"));
    const auto saved = save_html(folder.path("link.html"), "<!DOCTYPE html>new", "--html");
    REQUIRE_FALSE(saved);
    CHECK(has(saved.error().message, "its link leads to no file; name another"));
    CHECK(fs::is_symlink(folder.path("link.html")));
    CHECK(files_in(folder) == 1);
    fs::remove(folder.path("link.html"));
  }
}
