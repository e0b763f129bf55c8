#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// Time and memory of whole processes: EMPTY and PROGRAM ARGUMENTS in turn, so that both see the same machine.
// Prints the medians of both, the median of the ratios of each pair, and the most memory that PROGRAM took.

extern char** environ;

namespace {

struct Run {
  double ms = 0;
  long peak_kib = 0;
  bool started = false;
};

Run run(const std::vector<const char*>& arguments) {
  std::vector<char*> argv;
  for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  Run result;
  result.started = posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&files);
  if (!result.started) return result;
  int status = 0;
  rusage usage{};
  result.started = wait4(child, &status, 0, &usage) == child && WIFEXITED(status);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  result.ms = took.count();
  result.peak_kib = usage.ru_maxrss;
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: bench_process PAIRS EMPTY PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const int pairs = std::max(std::atoi(argv[1]), 1);
  const std::vector<const char*> empty = {argv[2]};
  const std::vector<const char*> program(argv + 3, argv + argc);
  std::vector<double> empty_ms, program_ms, ratios;
  long peak_kib = 0;
  for (int i = 0; i < pairs; ++i) {
    const Run a = run(empty);
    const Run b = run(program);
    if (!a.started || !b.started) {
      std::fprintf(stderr, "%s cannot be run\n", a.started ? argv[3] : argv[2]);
      return 1;
    }
    empty_ms.push_back(a.ms);
    program_ms.push_back(b.ms);
    ratios.push_back(b.ms / a.ms);
    peak_kib = std::max(peak_kib, b.peak_kib);
  }
  std::string command;
  for (const char* word : program) command += std::string(command.empty() ? "" : " ") + word;
  std::printf("%s\n  %.2f ms, an empty program %.2f ms, ratio %.2f (medians of %d pairs); at most %.1f MiB\n",
              command.c_str(), median(program_ms), median(empty_ms), median(ratios), pairs,
              static_cast<double>(peak_kib) / 1024);
  return 0;
}
