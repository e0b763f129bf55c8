#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/run.h"

namespace {

/// True when output failed because nobody reads it any more: that is no fault. Writes once more to see why.
bool reader_is_gone() {
  std::cout.clear();
  errno = 0;
  std::cout.put('\n').flush();
  return errno == EPIPE;
}

/// Runs the program, and where somebody looks on with a line on the screen while it takes long.
int answer(const std::vector<std::string>& args, qwenfit::Environment env) {
  if (!env.error_terminal || env.term == "dumb" || env.term.empty())
    return qwenfit::run(args, std::cin, std::cout, std::cerr, env);
  qwenfit::Progress progress(STDERR_FILENO);
  qwenfit::EndsProgress errors(std::cerr, progress);
  std::optional<qwenfit::EndsProgress> output;
  if (env.terminal) output.emplace(std::cout, progress);
  env.progress = &progress;
  return qwenfit::run(args, std::cin, std::cout, std::cerr, env);
}

/// Says why there is no answer, without needing memory for it.
int give_up(const char* why) {
  std::fputs("qwenfit: error: ", stderr);
  std::fputs(why, stderr);
  std::fputs("\n", stderr);
  return 3;
}

}  // namespace

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has seen enough is no reason to die
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error to tell
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int code = answer(args, qwenfit::environment_of_process());
  if (std::cout.flush() || reader_is_gone()) return code;
  return give_up("the output cannot be written; is its disk full, or a limit on files (ulimit -f) reached?");
} catch (const std::bad_alloc&) {
  return give_up("there is not enough memory; close other programs, or raise the limit (ulimit -v)");
} catch (const std::exception&) {
  return give_up("this question runs into a fault of the program; please report it with its command line");
}
