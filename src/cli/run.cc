#include "cli/run.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

#include "catalog/names.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/progress.h"
#include "query/text.h"
#include "report/detect.h"

namespace qwenfit {
namespace {

/// Narrowest and widest screen that tables are made for.
constexpr unsigned kNarrowest = 40, kWidest = 400;

Style style_of(const CommandLine& line, const Environment& env) {
  const bool dumb = env.term == "dumb";
  Style style;
  style.color = line.color == ColorWish::always ||
                (line.color == ColorWish::automatic && env.terminal && env.no_color.empty() && !dumb);
  style.width = std::clamp(env.width, kNarrowest, kWidest);
  style.unicode = env.utf8 && !dumb;
  return style;
}

/// The user's own folder of overlays; empty where there is none.
std::string own_folder(const Environment& env) {
  std::string base = env.config_home;
  if (base.empty() && !env.home.empty()) base = env.home + "/.config";
  std::error_code ignored;
  const bool exists = !base.empty() && std::filesystem::is_directory(base + "/qwenfit", ignored);
  return exists ? base + "/qwenfit" : "";
}

/// Whether the answer rests on rows of the catalog: what is the same for everybody does not.
bool reads_catalog(const CommandLine& line) {
  return !line.init && !line.schema;
}

/// The user's own folder of overlays, if there is one, then those of the command line.
std::vector<std::string> overlay_paths(const CommandLine& line, const Environment& env) {
  std::vector<std::string> paths;
  if (!reads_catalog(line)) return paths;
  if (std::string own = own_folder(env); line.user_catalog && !own.empty()) paths.push_back(std::move(own));
  paths.insert(paths.end(), line.catalogs.begin(), line.catalogs.end());
  return paths;
}

Result<int> run_command(const Invocation& call) {
  switch (call.line.command) {
    case Command::fit:
      if (asks_for_machines(call.line)) return run_lookup(call);
      return call.line.launch.empty() ? run_fit(call) : run_launch(call);
    case Command::explain:
      return run_explain(call);
    case Command::inspect:
      return run_inspect(call);
    case Command::claims:
      return run_claims(call);
    case Command::models:
      return run_models(call);
    case Command::quants:
      return run_quants(call);
    case Command::gpus:
      return run_gpus(call);
    case Command::compare:
      return run_compare(call);
    case Command::buy:
      return run_buy(call);
    case Command::plan:
      return run_plan(call);
    case Command::detect:
      return run_detect(call);
    case Command::batch:
      return run_batch(call);
    case Command::catalog_check:
      return run_catalog_check(call.line, {}, call.out);
    case Command::completion:
      return run_completion(call.line, call.out);
  }
  return 0;
}

/// A catalog file that stops every command: what to do about it.
Error with_way_on(Error error, const CommandLine& line, const Environment& env) {
  // A path that was typed and leads to nothing that can be read.
  if (contains(line.catalogs, error.where)) return error;
  const std::string own = line.user_catalog ? own_folder(env) : "";
  if (!own.empty() && error.where == own) {
    error.message += "; --catalog none leaves it out";
    return error;
  }
  error.message += "; qwenfit catalog check FILE tells every fault of a file";
  if (!own.empty() && error.where.starts_with(own + "/"))
    error.message += ", --catalog none leaves out those in " + printable(own);
  return error;
}

Result<int> run_with_catalog(const CommandLine& line, std::istream& in, std::ostream& out, std::ostream& err,
                             const Environment& env) {
  const auto paths = overlay_paths(line, env);
  std::optional<Catalog> own;
  if (!paths.empty()) {
    auto loaded = Catalog::with_overlays(paths);
    if (!loaded) return with_way_on(loaded.error(), line, env);
    own = std::move(*loaded);
  }
  const Catalog& catalog = own ? *own : Catalog::builtin();
  const CatalogInfo info{QWENFIT_VERSION,         std::string(catalog.rows().date),
                         catalog.overlays(),      catalog.rows().speed_words,
                         catalog.rows().runtimes, catalog.rows().runtime_options,
                         &catalog.rows()};
  ThisMachine here(env.probe, catalog);
  CommandLine completed = line;
  const auto done = here.complete(completed);
  const bool told = here.was_used();
  if (told) print_this_machine(err, **here.detected(), line.quiet || !done);
  if (!done) return done.error();
  // Who types the lines sees how far they are.
  if (line.command == Command::batch && env.input_terminal && env.progress != nullptr) env.progress->stop();
  auto code = run_command({completed, catalog, info, style_of(line, env), in, out, err, here, env.progress});
  // `detect` and the lines of `batch` look for themselves; the text of detect has its notes in it.
  const bool silent = line.command == Command::batch || line.quiet;
  if (!told && here.was_used() && silent) print_this_machine(err, **here.detected(), true);
  return code;
}

Result<int> run_line(const CommandLine& line, std::istream& in, std::ostream& out, std::ostream& err,
                     const Environment& env) {
  if (line.help != Help::none) {
    print_help(out, line.help, env.width, line.command);
    return 0;
  }
  if (line.version) {
    out << "qwenfit " << QWENFIT_VERSION << " (catalog of " << Catalog::builtin().rows().date << ")\n";
    return 0;
  }
  if (line.command == Command::catalog_check) return run_catalog_check(line, overlay_paths(line, env), out);
  if (line.command == Command::completion) return run_completion(line, out);
  return run_with_catalog(line, in, out, err, env);
}

/// What can stand at the end of a line that a shell has; catalog files with faults are as good as none.
int run_complete(const std::vector<std::string>& words, std::ostream& out, const Environment& env) {
  const auto paths = overlay_paths(catalogs_of(words), env);
  auto own = paths.empty() ? Result<Catalog>(Error{}) : Catalog::with_overlays(paths);
  print_completion(out, complete_line(words, own ? *own : Catalog::builtin()));
  return 0;
}

}  // namespace

int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err,
        const Environment& env) {
  if (args.empty()) {
    print_help(err, Help::brief, env.width);
    return exit_code_of(ErrorCode::usage);
  }
  if (args.front() == kCompleteCommand) return run_complete({args.begin() + 1, args.end()}, out, env);
  const auto line = parse_command_line(args);
  const auto code = line ? run_line(*line, in, out, err, env) : Result<int>(line.error());
  if (code) return *code;
  print_error(err, code.error());
  if (std::find(args.begin(), args.end(), "--json") != args.end()) print_error_json(out, code.error());
  return exit_code_of(code.error().code);
}

}  // namespace qwenfit
