// What the world does to a program: full disks, closed pipes, missing folders, little memory.

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.h"
#include "support/file_folder.h"
#include "support/sampling.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

struct Shell {
  int code = -1;
  std::string out;
};

/// Runs a script with `$q` as the program, its two outputs together.
Shell shell(const std::string& script) {
  // A build that counts lines writes no counts here: it would say so where it cannot.
  const std::string command =
      "LLVM_PROFILE_FILE=/dev/null; export LLVM_PROFILE_FILE; q='" QWENFIT_EXE "'; exec 2>&1; " + script;
  Shell ran;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  for (std::size_t size = 0; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ran.out.append(buffer.data(), size);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

const std::string kJob = " --gpu rtx3090 --model 27b";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a full disk is told, whatever is printed") {
  for (const char* line : {" --gpu rtx3090 --model 27b", " --gpu rtx3090 --model all --json", " gpus",
                           " claims", " --help-all", " completion bash", " buy --model 9b --budget 500"}) {
    const Shell ran = shell("\"$q\"" + std::string(line) + " > /dev/full");
    INFO(line << ": " << ran.out);
    CHECK(ran.code == 3);
    CHECK(contains(ran.out, "is its disk full"));
  }
}

TEST_CASE("a report that cannot be written whole leaves the one before") {
  const FileFolder folder;
  const std::string report = folder.path("report.html");
  std::ofstream(report) << "yesterday";
  // A file may have no more than a few KiB, as on a disk that fills up.
  const Shell ran =
      shell("trap '' XFSZ; ulimit -f 4; \"$q\"" + kJob + " --html '" + report + "' > /dev/null");
  INFO(ran.out);
  CHECK(ran.code == 3);
  CHECK(contains(ran.out, "cannot be written"));
  CHECK(content_of(report) == "yesterday");
  CHECK(shell("ls -A '" + folder.path("") + "'").out == "report.html\n");
}

TEST_CASE("a limit on the size of files is told, and leaves nothing behind") {
  const FileFolder folder;
  const Shell ran = shell("cd '" + folder.path("") + "' && ulimit -f 8 && \"$q\"" + kJob +
                          " --html x.html; c=$?; ls -A; exit $c");
  INFO(ran.out);
  CHECK(ran.code == 3);
  CHECK(contains(ran.out, "ulimit -f"));
  CHECK_FALSE(contains(ran.out, ".tmp"));
}

TEST_CASE("a reader that has seen enough is no fault") {
  for (const char* line : {" --gpu rtx3090 --model all --json", " --help-all", " gpus --json", " claims"}) {
    const Shell ran =
        shell("{ \"$q\"" + std::string(line) + " ; echo code $? >&2; } | head -c 5 > /dev/null");
    INFO(line);
    CHECK(ran.out == "code 0\n");
  }
  const Shell endless =
      shell("yes '{\"gpu\":\"rtx3090\",\"model\":\"9b\"}' 2> /dev/null | \"$q\" batch | head -n 3 | wc -l");
  CHECK(contains(endless.out, "3"));
  CHECK(endless.code == 0);
}

TEST_CASE("closed and missing streams are no crash") {
  CHECK(shell("\"$q\"" + kJob + " >&-").code == 3);
  CHECK(shell("\"$q\" --gpu nope --model 27b 2>&-").code == 2);
  CHECK(shell("\"$q\" batch <&-").code <= 3);
  const Shell none = shell("\"$q\" batch < /dev/null");
  CHECK(none.code <= 3);
}

TEST_CASE("a program without environment, home or terminal answers as always") {
  const std::string usual = shell("env -i LLVM_PROFILE_FILE=/dev/null \"$q\"" + kJob).out;
  REQUIRE(contains(usual, "RTX 3090"));
  for (const char* around :
       {"HOME=/nonexistent", "HOME=", "HOME=/dev/null", "XDG_CONFIG_HOME=/nonexistent", "TERM=", "TERM=dumb",
        "TERM=no-such-terminal", "LC_ALL=C", "LC_ALL=no_SUCH.locale", "LANG=", "COLUMNS=", "COLUMNS=abc",
        "COLUMNS=-5", "COLUMNS=99999999999999999999"}) {
    INFO(around);
    CHECK(shell("env -i LLVM_PROFILE_FILE=/dev/null " + std::string(around) + " \"$q\"" + kJob).out == usual);
  }
}

TEST_CASE("tables hold in tiny and in huge terminals, and in any locale") {
  for (const char* columns : {"1", "2", "10", "20", "40", "79", "1000", "65535"}) {
    for (const char* locale : {"C", "C.UTF-8", "C.utf8", "C.utf-8"}) {
      const Shell ran = shell("env -i LLVM_PROFILE_FILE=/dev/null COLUMNS=" + std::string(columns) +
                              " LC_ALL=" + locale + " \"$q\"" + kJob);
      INFO(columns << ' ' << locale);
      CHECK(ran.code == 0);
      CHECK(contains(ran.out, "Q4_K_M"));
      const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
      const bool ascii = std::all_of(ran.out.begin(), ran.out.end(), is_ascii);
      CHECK((ascii || locale != std::string("C")));
      if (columns == std::string("79")) CHECK(ascii == (locale == std::string("C")));
    }
  }
}

TEST_CASE("files that are no files are told") {
  const FileFolder folder;
  for (const char* line : {" plan ", " inspect ", " --gpu rtx3090 --model 27b --measured ",
                           " --gpu rtx3090 --model 27b --catalog ", " catalog check "}) {
    for (const std::string& path :
         {folder.path("missing.json"), std::string("/dev/null"), std::string("/proc/self/mem")}) {
      const Shell ran = shell("\"$q\"" + std::string(line) + path);
      INFO(line << path << ": " << ran.out);
      CHECK(ran.code >= 2);
      CHECK(ran.code <= 3);
      CHECK(contains(ran.out, path));
    }
  }
}

TEST_CASE("a home that cannot be read is told, and nothing else changes") {
  const FileFolder folder;
  const std::string file = folder.path("qwenfit");
  std::ofstream(file) << "not a folder";
  const Shell ran =
      shell("env -i LLVM_PROFILE_FILE=/dev/null XDG_CONFIG_HOME='" + folder.path("") + "' \"$q\"" + kJob);
  INFO(ran.out);
  CHECK(ran.code <= 3);
  CHECK_FALSE(contains(ran.out, "terminate"));
}

TEST_CASE("many lines with bad ones among them are answered one by one") {
  const int lines = random_cases(3000, 300);
  int wrong = 0, strange = 0;
  const FileFolder folder;
  const std::string path = folder.path("lines");
  {
    std::ofstream out(path);
    for (int i = 0; i < lines; ++i) {
      wrong += i % 10 == 3 ? 1 : 0;
      strange += i % 10 == 7 ? 1 : 0;
      if (i % 10 == 3) {
        out << "{\"gpu\": \n";
      } else if (i % 10 == 7) {
        out << "{\"gpu\":\"nope\",\"model\":\"9b\"}\n";
      } else {
        out << "{\"gpu\":\"rtx3090\",\"model\":\"9b\",\"quant\":\"q4_k_m\",\"ctx\":" << 1024 * (1 + i % 64)
            << "}\n";
      }
    }
  }
  const Shell ran = shell("\"$q\" batch < '" + path + "' | tee '" + folder.path("out") +
                          "' | wc -l; grep -c '\"code\":\"bad_file\"' '" + folder.path("out") +
                          "'; grep -c '\"code\":\"unknown_gpu\"' '" + folder.path("out") + "'");
  std::istringstream counts(ran.out);
  int all = 0, bad = 0, unknown = 0;
  counts >> all >> bad >> unknown;
  CHECK(all == lines);
  CHECK(bad == wrong);
  CHECK(unknown == strange);
}

// Sanitizers reserve more address space than there is memory.
#ifndef QWENFIT_SANITIZED
TEST_CASE("with little memory it answers, or says that it is too little") {
  CHECK(shell("ulimit -v 60000; \"$q\"" + kJob).code == 0);
  CHECK(shell("ulimit -v 60000; yes '{\"gpu\":\"rtx3090\",\"model\":\"9b\"}' | head -n 2000 | \"$q\" batch > "
              "/dev/null")
            .code == 0);
  for (int kib = 20000; kib > 8000; kib -= 250) {
    const std::string limited = "ulimit -v " + std::to_string(kib) + "; \"$q\"";
    // Below that the program cannot even be loaded.
    if (shell(limited + " --version").code != 0) break;
    const Shell ran = shell(limited + kJob);
    INFO(kib << " KiB: " << ran.out.substr(0, 200));
    CHECK((ran.code == 0 || ran.code == 3));
    CHECK_FALSE(contains(ran.out, "bad_alloc"));
  }
}
#endif
