#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "report/launch.h"

namespace qwenfit {

/// Layers to ask for, of llama.cpp and what runs on it, when none stays behind, whatever the file.
inline constexpr std::uint32_t kAllLayers = 99;

/// A launch command under construction. Words are quoted, options and values checked against the table; the
/// first fault leaves no command but its reason.
class LaunchScript {
 public:
  LaunchScript(std::span<const RuntimeOptionRow> options, std::string_view runtime)
      : options_(options), runtime_(runtime) {}

  /// Begins a command. `name` is a program of the table: what is typed, with its subcommand.
  void program(std::string_view name);
  /// A word that is no option.
  void word(std::string_view text);
  /// The command that was begun makes `folder`: it runs before all others, where the folder is not there yet.
  /// To a shell `||` and `&&` bind alike, so there is one such command at most.
  void makes(std::string_view folder);
  void option(std::string_view name);
  void option(std::string_view name, std::string_view value);
  void option(std::string_view name, std::uint64_t value) { option(name, std::to_string(value)); }
  /// Text that the shell is meant to read: a redirection or the like.
  void raw(std::string_view text) { lines_.back() += std::string(" ") + std::string(text); }
  /// A setting of `program` that is no option of a command line: checked, for the caller to place.
  void check(std::string_view program, std::string_view name, std::string_view value);
  /// A `#` line in front of the commands; characters that any shell might read become blanks.
  void comment(std::string_view text);
  /// There is no command; the first reason counts.
  void refuse(std::string why);
  bool refused() const { return !why_not_.empty(); }
  /// Whether it takes a POSIX shell: several commands, or words that are quoted or redirected.
  bool needs_shell() const;

  Launch finish() const;

 private:
  std::span<const RuntimeOptionRow> options_;
  std::string_view runtime_, program_;
  std::vector<std::string> lines_;
  std::string comments_, why_not_;
  std::optional<std::size_t> maker_;  ///< line of the command that makes a folder
};

/// Whether the option takes the value; for a flag, none.
bool takes_value(const RuntimeOptionRow& option, std::string_view value);

/// The row of an option by its first name, or nullptr.
const RuntimeOptionRow* option_row(std::span<const RuntimeOptionRow> options, std::string_view runtime,
                                   std::string_view program, std::string_view name);

/// In place of a name: the runtime has no such cache.
inline constexpr std::string_view kNoCache = "none";

/// What a builder has to go on.
struct LaunchInput {
  const Question& question;
  const Answer& answer;
  const RuntimeRow& runtime;

  const Build& build() const { return *answer.build; }
  const Settings& settings() const { return answer.settings; }
  const Placement& placement() const { return answer.estimate.placement; }
  /// No layer was left in system RAM.
  bool all_layers_on_gpus() const;
  /// What the runtime calls a type of cache, or kNoCache.
  std::string_view kv_name(TensorType type) const;
};

/// One per runtime: puts the command of the answer into the script.
void build_llama_cpp(const LaunchInput& input, LaunchScript& script);
void build_ollama(const LaunchInput& input, LaunchScript& script);
void build_lmstudio(const LaunchInput& input, LaunchScript& script);
void build_mlx(const LaunchInput& input, LaunchScript& script);
void build_vllm(const LaunchInput& input, LaunchScript& script);
void build_sglang(const LaunchInput& input, LaunchScript& script);

/// Of a path with control characters.
inline constexpr std::string_view kNoShellName =
    "the file has no name that a command line could take: rename it to letters and digits";

/// Repository of a format that is no GGUF; refuses where none is known.
std::string repository_of(const LaunchInput& input, LaunchScript& script);
/// The file of a build that no repository is known of: the one that was read, else a name as llama-quantize's
/// users give theirs, to be put in. Refuses where no shell could take it.
std::string own_file(const LaunchInput& input, LaunchScript& script);

}  // namespace qwenfit
