#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/run.h"
#include "support/sampling.h"

namespace qwenfit {

struct Ran {
  int code = 0;
  std::string out, err;
};

/// Runs the program in process, without the user's own catalog files.
inline Ran run_program(const std::vector<std::string>& args, const std::string& input = "",
                       const Environment& env = {}) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Ran ran;
  ran.code = run(args, in, out, err, env);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

/// Words of a command line separated by single blanks; `~` stands for a blank within a word.
inline std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == ' ')
      out.emplace_back();
    else
      out.back() += c == '~' ? ' ' : c;
  }
  if (line.empty()) out.clear();
  return out;
}

/// A question about machines to buy, of Macs alone where the build is slow.
inline std::string few(const std::string& line) {
  return line + (is_sampled() ? " --class mac" : "");
}

}  // namespace qwenfit
