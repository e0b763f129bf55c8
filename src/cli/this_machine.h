#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "cli/options.h"
#include "detect/describe.h"
#include "detect/probe.h"

namespace qwenfit {

/// This computer in place of `auto`. It is looked at once, when the first `auto` is met.
class ThisMachine {
 public:
  /// `probe`: none where the program has no computer to look at.
  ThisMachine(const Probe* probe, const Catalog& catalog) : probe_(probe), catalog_(catalog) {}

  /// Whether the computer was looked at.
  bool was_used() const { return found_.has_value(); }
  /// What was found; an error where there is nothing to look at.
  Result<const Detection*> detected();
  /// Puts this computer in place of `--gpu auto`: its GPUs there, its memory, processor and system where
  /// nothing else is said. Queries without it stay as they are.
  Result<bool> complete(Query& query);
  /// The same for the whole command line, machines of `compare` and `--from` included.
  Result<bool> complete(CommandLine& line);

 private:
  /// This computer's GPUs as one machine of `option`.
  Result<std::string> one_machine(std::string_view option);

  const Probe* probe_;
  const Catalog& catalog_;
  std::optional<Detection> found_;
};

}  // namespace qwenfit
