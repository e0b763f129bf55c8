#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "detect/probe.h"

namespace qwenfit {

/// A computer as it was recorded: a text of sections, each begun by a line `=== KIND NAME`. Lines before the
/// first section say where the recording is from. Kinds: `system`, `file PATH`, `tool NAME [STATE]`, and for
/// tests `options` (what must come out) and `notes` (the codes). A tool is known by its program, the words
/// after it that are no query, and `short` for the query that old drivers answer.
class Recording final : public Probe {
 public:
  explicit Recording(std::string_view text);

  System system() const override { return system_; }
  std::optional<std::string> read(const std::string& path) const override;
  std::vector<std::string> list(const std::string& folder) const override;
  std::vector<ToolOutput> run(const std::vector<ToolCall>& calls) const override;

  /// The content of a section that tests look at, without blanks around it.
  std::string expected(const std::string& kind) const;
  /// Tools that were run, in order, as the sections name them.
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  void keep(std::string_view heading, std::string content);

  System system_ = System::linux_os;
  std::map<std::string, std::string> files_, expected_;
  std::map<std::string, ToolOutput> tools_;
  mutable std::vector<std::string> asked_;
};

}  // namespace qwenfit
