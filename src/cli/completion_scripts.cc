#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/complete.h"
#include "query/text.h"

namespace qwenfit {
namespace {

// Readline replaces only what follows the last break character (= : @), so that candidates lose what stands
// before it. Works with the bash 3.2 of macOS.
constexpr std::string_view kBash =
    R"(# Completion of qwenfit for bash. The program itself says what can stand here, so that names are its own
# and those of your catalog files.
_qwenfit() {
  local line="${COMP_LINE:0:COMP_POINT}" words=() word lead candidate program="${1/#\~/$HOME}" part="$2"
  # shellcheck disable=SC2162  # backslashes quote here as they do on the line
  read -a words <<< "$line"
  [[ "$line" == *[[:blank:]] ]] && words+=("")
  word="${words[${#words[@]}-1]}"
  [[ "$part" == [=:] ]] && part=""
  lead="${word%"$part"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [[ "$candidate" == :files ]]; then
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$part")
      compopt -o filenames 2> /dev/null
    else
      candidate="${candidate%%$'\t'*}"
      [[ "$candidate" == "$lead"* ]] && COMPREPLY+=("${candidate#"$lead"}")
    fi
  done < <("$program" __complete "${words[@]:1}" 2> /dev/null)
  if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *[=:@] ]]; then
    compopt -o nospace 2> /dev/null
  fi
}
complete -o nosort -F _qwenfit qwenfit 2> /dev/null || complete -F _qwenfit qwenfit
)";

constexpr std::string_view kZsh = R"(#compdef qwenfit
# Completion of qwenfit for zsh. The program itself says what can stand here, so that names are its own
# and those of your catalog files.
_qwenfit() {
  local program=${(Q)words[1]} line name files=0
  local -a lines whole open whole_shown open_shown
  program=${program/#\~/$HOME}
  lines=("${(@f)$("$program" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
  for line in "${lines[@]}"; do
    name=${line%%$'\t'*}
    if [[ $line == :files ]]; then
      files=1
    elif [[ $name == *[=:@] ]]; then
      open+=("$name")
      open_shown+=("${line/$'\t'/  -- }")
    elif [[ -n $name ]]; then
      whole+=("$name")
      whole_shown+=("${line/$'\t'/  -- }")
    fi
  done
  local -a match=(-M 'm:{a-zA-Z}={A-Za-z}')
  (( $#whole )) && compadd $match -V names -l -d whole_shown -a whole
  (( $#open )) && compadd $match -V names -S '' -l -d open_shown -a open
  if (( files )); then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  fi
}
if [[ $funcstack[1] == _qwenfit ]]; then
  _qwenfit "$@"
else
  compdef _qwenfit qwenfit
fi
)";

constexpr std::string_view kFish =
    R"(# Completion of qwenfit for fish. The program itself says what can stand here, so that names are its own
# and those of your catalog files.
function __qwenfit_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l program (string replace -r '^~' "$HOME" -- $words[1])
    for line in ($program __complete $words[2..] $token 2>/dev/null)
        if test "$line" = ":files"
            set -l lead (string match -r '^--[^=]*=' -- $token)
            for path in (__fish_complete_path (string replace -r '^--[^=]*=' '' -- "$token"))
                echo "$lead$path"
            end
        else
            echo $line
        end
    end
end
complete -c qwenfit -f -k -a '(__qwenfit_complete)'
)";

constexpr CompletionScript kScripts[] = {
    {"bash", "qwenfit", kBash},
    {"zsh", "_qwenfit", kZsh},
    {"fish", "qwenfit.fish", kFish},
};

}  // namespace

const CompletionScript* script_for(std::string_view shell) {
  const auto* const found =
      std::find_if(std::begin(kScripts), std::end(kScripts),
                   [&](const CompletionScript& script) { return script.shell == shell; });
  return found != std::end(kScripts) ? found : nullptr;
}

std::vector<std::string_view> known_shells() {
  std::vector<std::string_view> names;
  for (const CompletionScript& script : kScripts) names.push_back(script.shell);
  return names;
}

Result<int> run_completion(const CommandLine& line, std::ostream& out) {
  constexpr std::string_view kWhere = "completion";
  if (line.argument.empty())
    return usage_error(kWhere, "completion needs a shell: qwenfit completion bash, zsh or fish");
  const CompletionScript* script = script_for(lower_case(line.argument));
  if (script == nullptr) return value_error(kWhere, line.argument, known_shells());
  out << script->text;
  return 0;
}

}  // namespace qwenfit
