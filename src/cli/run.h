#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace qwenfit {

class Probe;
class Progress;

/// What the program takes from its surroundings; tests make their own.
struct Environment {
  bool terminal = false;         ///< standard output is one
  bool input_terminal = false;   ///< standard input is one
  bool error_terminal = false;   ///< standard error is one
  Progress* progress = nullptr;  ///< told how far a long command is; none: nobody looks
  unsigned width = 80;           ///< columns
  bool utf8 = false;             ///< the locale's encoding
  std::string no_color;          ///< NO_COLOR: any text means no colour
  std::string term;              ///< TERM
  std::string config_home;       ///< XDG_CONFIG_HOME
  std::string home;              ///< HOME
  const Probe* probe = nullptr;  ///< the computer to look at for `detect` and `--gpu auto`, if any
};

/// The surroundings of this process.
Environment environment_of_process();

/// The whole program but for the process around it. `args` without the program's name. Returns the exit code.
int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err,
        const Environment& env);

}  // namespace qwenfit
