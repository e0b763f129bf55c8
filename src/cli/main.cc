#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli/run.h"

namespace {

/// True when output failed because nobody reads it any more: that is no fault. Writes once more to see why.
bool reader_is_gone() {
  std::cout.clear();
  errno = 0;
  std::cout.put('\n').flush();
  return errno == EPIPE;
}

}  // namespace

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has seen enough is no reason to die
  std::ios::sync_with_stdio(false);
  const auto env = qwenfit::environment_of_process();
  const int code =
      qwenfit::run({argv + (argc > 0 ? 1 : 0), argv + argc}, std::cin, std::cout, std::cerr, env);
  if (std::cout.flush() || reader_is_gone()) return code;
  std::cerr << "qwenfit: error: the output cannot be written\n";
  return 3;
} catch (const std::exception& fault) {
  std::cerr << "qwenfit: error: " << fault.what() << '\n';
  return 3;
}
