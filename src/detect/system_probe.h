#pragma once

#include <string>

#include "detect/probe.h"

namespace qwenfit {

/// This computer. Tools get no input, the C locale, a process group of their own and little time; one that
/// hangs is killed and, if even that does not end it, left behind.
class SystemProbe final : public Probe {
 public:
  /// `root` stands before every path that is read.
  explicit SystemProbe(std::string root = "") : root_(std::move(root)) {}

  System system() const override;
  std::optional<std::string> read(const std::string& path) const override;
  std::vector<std::string> list(const std::string& folder) const override;
  std::vector<ToolOutput> run(const std::vector<ToolCall>& calls) const override;

 private:
  std::string root_;
};

}  // namespace qwenfit
