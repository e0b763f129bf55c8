#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "qwenfit/catalog.h"

namespace qwenfit {

/// First word of a command line that asks what can stand at its end; for the scripts of `completion` alone.
inline constexpr std::string_view kCompleteCommand = "__complete";

/// What can take the place of the last word.
struct Completion {
  struct Candidate {
    std::string text, help;
  };
  std::vector<Candidate> candidates;
  bool files = false;  ///< names of files too
};

/// `words`: a command line without the program's name, as far as it is typed; the last word is not finished
/// and may be empty.
Completion complete_line(const std::vector<std::string>& words, const Catalog& catalog);

/// One candidate a line, its help after a tab; `:files` on a line of its own asks the shell for files.
void print_completion(std::ostream& out, const Completion& completion);

/// The catalog that such a command line names.
CommandLine catalogs_of(const std::vector<std::string>& words);

/// What a script needs to know of a shell; nullptr for one that has none.
struct CompletionScript {
  std::string_view shell;
  std::string_view file;  ///< its usual name among the shell's completions
  std::string_view text;
};
const CompletionScript* script_for(std::string_view shell);
/// The shells that have one.
std::vector<std::string_view> known_shells();

}  // namespace qwenfit
