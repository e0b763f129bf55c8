#include "cli/progress.h"

#include <unistd.h>

#include <array>
#include <sstream>
#include <string>

#include "catch.h"
#include "support/terminal.h"

using namespace qwenfit;

namespace {

const std::string kWipe = "\r\x1b[K";

/// A pipe in the place of a terminal.
struct Screen {
  Screen() { REQUIRE(pipe(ends) == 0); }
  ~Screen() {
    finish();
    close(ends[0]);
  }
  /// Nothing more will be shown.
  void finish() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  /// Waits until `text` was shown.
  std::string until(const std::string& text) {
    std::array<char, 512> chunk{};
    while (shown.find(text) == std::string::npos) {
      const auto size = read(ends[0], chunk.data(), chunk.size());
      if (size <= 0) break;
      shown.append(chunk.data(), static_cast<std::size_t>(size));
    }
    return shown;
  }
  int ends[2] = {-1, -1};
  std::string shown;
};

}  // namespace

TEST_CASE("progress in words") {
  CHECK(progress_text(3, 0, 0, 0) == "qwenfit: working, 3 s");
  CHECK(progress_text(3, 1, 10, 0) == "qwenfit: 1 line");
  CHECK(progress_text(3, 1000, 50, 200) == "qwenfit: 1000 lines, 25 %");
  CHECK(progress_text(3, 1000, 300, 200) == "qwenfit: 1000 lines, 100 %");
  CHECK(progress_text(999999, 99999999999, 1, 2).size() < 40);
}

TEST_CASE("progress is shown after a while and wiped before anything else is") {
  Screen screen;
  Progress progress(screen.ends[1], std::chrono::milliseconds(1));
  progress.expect(100);
  progress.add_line(25);
  screen.until("1 line, 25 %");
  std::ostringstream out;
  {
    EndsProgress watch(out, progress);
    out << "answer" << 42 << '\n';
    out.put('x').flush();
  }
  CHECK_FALSE(progress.active());
  CHECK(out.str() == "answer42\nx");
  screen.finish();
  CHECK(screen.until("more").ends_with(kWipe));
}

TEST_CASE("who does not wait sees no progress") {
  Screen screen;
  {
    Progress progress(screen.ends[1], std::chrono::hours(1));
    CHECK(progress.active());
  }
  screen.finish();
  CHECK(screen.until("qwenfit").empty());
  Progress none;
  none.add_line(1);
  none.stop();
  CHECK_FALSE(none.active());
}

TEST_CASE("a stream that fails keeps its state after progress") {
  Progress none;
  std::ostringstream out;
  {
    EndsProgress watch(out, none);
    out.setstate(std::ios::failbit);
  }
  CHECK(out.fail());
  out.clear();
  out << "x";
  CHECK(out.str() == "x");
}

TEST_CASE("a batch that waits for its lines says so on the terminal, and only there") {
  // Standard input is a pipe that nobody writes to.
  Terminal terminal({QWENFIT_EXE, "batch"}, [] {
    int ends[2];
    if (pipe(ends) != 0) _exit(127);
    dup2(ends[0], 0);
    setenv("TERM", "xterm", 1);
  });
  CHECK(terminal.until("qwenfit: working").ends_with(kWipe + "qwenfit: working"));
  Terminal dumb({QWENFIT_EXE, "--version"}, [] { setenv("TERM", "dumb", 1); });
  CHECK(dumb.until("\n").find("working") == std::string::npos);
}
