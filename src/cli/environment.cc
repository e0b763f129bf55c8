#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/run.h"
#include "detect/system_probe.h"
#include "query/text.h"

namespace qwenfit {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

unsigned screen_width() {
  const long columns = std::strtol(variable("COLUMNS").c_str(), nullptr, 10);
  if (columns > 0 && columns < 10000) return static_cast<unsigned>(columns);
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

/// The first of the locale variables that is set decides.
bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = lower_case(variable(name));
    if (!value.empty())
      return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Environment environment_of_process() {
  Environment env;
  env.terminal = isatty(STDOUT_FILENO) == 1;
  env.input_terminal = isatty(STDIN_FILENO) == 1;
  env.error_terminal = isatty(STDERR_FILENO) == 1;
  env.width = screen_width();
  env.utf8 = utf8_locale();
  env.no_color = variable("NO_COLOR");
  env.term = variable("TERM");
  env.config_home = variable("XDG_CONFIG_HOME");
  env.home = variable("HOME");
  static const SystemProbe probe;
  env.probe = &probe;
  return env;
}

}  // namespace qwenfit
