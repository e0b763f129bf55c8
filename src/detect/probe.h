#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qwenfit {

/// The system a computer runs; `windows` is one whose tools are reached through a POSIX layer.
enum class System : std::uint8_t { linux_os, macos, windows };

/// How a tool ended, and whether it told what it was asked for.
enum class ToolState : std::uint8_t {
  ok,         ///< exit code 0
  failed,     ///< any other end; what it printed may say why
  missing,    ///< there is no such program
  timed_out,  ///< cut off
  too_long,   ///< printed more than is read
  unreadable  ///< exit code 0, and an answer that says nothing that can be read
};
std::string_view tool_state_id(ToolState state);

/// A program and its words; no shell reads them.
struct ToolCall {
  std::vector<std::string> words;
  unsigned limit_ms = 0;  ///< 0: the usual limit
};

struct ToolOutput {
  ToolState state = ToolState::missing;
  std::string text;  ///< of standard output
};

/// Longest file or output that is read.
inline constexpr std::size_t kMostProbeBytes = std::size_t{2} << 20;
/// Most entries of a folder that are looked at.
inline constexpr std::size_t kMostProbeEntries = 256;

/// What detection asks of the computer. The real one is `SystemProbe`; tests have recordings.
class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  virtual System system() const = 0;
  /// The file's content, cut at kMostProbeBytes; none when it cannot be read.
  virtual std::optional<std::string> read(const std::string& path) const = 0;
  /// Names in a folder, sorted, at most kMostProbeEntries; empty when it cannot be read.
  virtual std::vector<std::string> list(const std::string& folder) const = 0;
  /// Runs the tools side by side; one output per call.
  virtual std::vector<ToolOutput> run(const std::vector<ToolCall>& calls) const = 0;
};

}  // namespace qwenfit
