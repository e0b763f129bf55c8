#include "advise/inspect.h"

#include <optional>
#include <ostream>
#include <type_traits>
#include <variant>

#include "cli/commands.h"
#include "cli/reply.h"
#include "query/text.h"
#include "report/inspect.h"

namespace qwenfit {
namespace {

/// The first option of the question that was given; empty: none.
std::string_view first_option(const Query& query) {
  for (const QueryOption& option : query_options()) {
    const bool given = std::visit(
        [&](auto field) {
          const auto& value = query.*field;
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, bool>) {
            return value;
          } else {
            return !value.empty();
          }
        },
        option.field);
    if (given) return option.name;
  }
  return {};
}

bool names_machine(const Query& query) {
  return !query.gpu.empty() || !query.cpu.empty();
}

Result<bool> check_line(const CommandLine& line) {
  if (line.words.empty())
    return usage_error("inspect", "inspect needs a file, such as qwenfit inspect model.gguf");
  if (line.words.size() > 1)
    return usage_error("inspect",
                       "inspect takes one file (of one in parts, the first): " + in_quotes(line.words[1]) +
                           " is one more; a name with blanks goes in quotes");
  if (!ModelFiles::is_path(line.words.front()))
    return usage_error("inspect", in_quotes(line.words.front()) +
                                      " is no file that inspect reads: give a .gguf file, or a config.json");
  if (names_machine(line.query)) {
    if (line.quiet || line.format == Format::table || line.format == Format::json) return true;
    return combination_error("inspect",
                             "inspect prints the tensors alone as --csv or --markdown: drop the machine, or "
                             "ask qwenfit --gpu NAME --model FILE");
  }
  const std::string_view option = first_option(line.query);
  if (option.empty()) return true;
  const std::string name = "--" + std::string(option);
  return combination_error(name,
                           name + " is about running the file: name a machine too, such as --gpu rtx3090");
}

void print_inspected(const Invocation& call, const Inspection& inspection, const InspectedRun& run) {
  if (call.line.quiet) return print_inspection_line(call.out, inspection);
  switch (call.line.format) {
    case Format::table:
      return print_inspection(call.out, inspection, call.style);
    case Format::json:
      return print_inspection_json(call.out, inspection, run, call.info);
    case Format::csv:
      return print_inspection_csv(call.out, inspection);
    case Format::markdown:
      return print_inspection_markdown(call.out, inspection);
  }
}

}  // namespace

Result<int> run_inspect(const Invocation& call) {
  if (const auto checked = check_line(call.line); !checked) return checked.error();
  Resolver resolver(call.catalog);
  const std::string& path = call.line.words.front();
  const auto file = resolver.files().open(path);
  if (!file) return file.error();
  const Inspection inspection = inspect(**file);
  if (!names_machine(call.line.query)) {
    print_inspected(call, inspection, {});
    return 0;
  }
  CommandLine line = call.line;
  line.query.model = {path};
  if (line.format == Format::json) {
    const auto reply = reply_to(line.query, resolver);
    if (!reply) return reply.error();
    print_inspected(call, inspection, {&reply->question, &reply->answers});
    return anything_fits(reply->answers) ? 0 : 1;
  }
  // What cannot be answered is an error before anything is printed.
  if (const auto question = resolver(line.query); !question) return question.error();
  print_inspected(call, inspection, {});
  if (!line.quiet) call.out << '\n';
  return run_fit(
      {line, call.catalog, call.info, call.style, call.in, call.out, call.err, call.here, call.progress});
}

}  // namespace qwenfit
