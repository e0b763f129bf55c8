#pragma once

#include <iosfwd>
#include <sstream>

#include "cli/options.h"
#include "cli/save_file.h"
#include "cli/this_machine.h"
#include "qwenfit/catalog.h"
#include "report/report.h"

namespace qwenfit {

class Progress;

/// What every command gets.
struct Invocation {
  const CommandLine& line;
  const Catalog& catalog;
  CatalogInfo info;
  Style style;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  ThisMachine& here;
  Progress* progress = nullptr;  ///< none: nobody looks
};

/// Reads the file of `--measured`, if there is one, for the resolver's questions.
Result<bool> read_own(const CommandLine& line, Resolver& resolver);

/// Writes the file of `--html`, if there is one, with what `print` puts on a stream. Before the answer is
/// printed: where the file cannot be written there is no answer either.
template <typename Print>
Result<bool> write_html(const CommandLine& line, Print&& print) {
  if (line.html.empty()) return true;
  std::ostringstream page;
  print(page);
  return save_html(line.html, page.view(), "--html");
}

/// Each returns the exit code, or an error that `run` reports.
Result<int> run_fit(const Invocation& call);
/// `--launch`: the command of the best row alone.
Result<int> run_launch(const Invocation& call);
Result<int> run_explain(const Invocation& call);
Result<int> run_models(const Invocation& call);
Result<int> run_quants(const Invocation& call);
Result<int> run_gpus(const Invocation& call);
Result<int> run_compare(const Invocation& call);
Result<int> run_claims(const Invocation& call);
/// A model, or a wish that only makes sense for machines, and no machine.
bool asks_for_machines(const CommandLine& line);
/// Machines that run a model.
Result<int> run_lookup(const Invocation& call);
Result<int> run_buy(const Invocation& call);
Result<int> run_plan(const Invocation& call);
/// A model's file, and with a machine how it runs there.
Result<int> run_inspect(const Invocation& call);
/// This computer as options.
Result<int> run_detect(const Invocation& call);
Result<int> run_batch(const Invocation& call);
/// `completion`: the script of a shell.
Result<int> run_completion(const CommandLine& line, std::ostream& out);
/// Looks at files instead of loading them, over the overlays in force.
Result<int> run_catalog_check(const CommandLine& line, const std::vector<std::string>& overlays,
                              std::ostream& out);

}  // namespace qwenfit
