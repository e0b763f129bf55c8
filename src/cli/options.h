#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "qwenfit/error.h"
#include "qwenfit/query.h"
#include "report/report.h"

namespace qwenfit {

enum class OptionGroup : std::uint8_t { machine, model, settings, answer };

/// Where the value of an option goes: one text, a list that grows with every use, or a flag.
using OptionField = std::variant<std::string Query::*, std::vector<std::string> Query::*, bool Query::*>;

/// An option of the command line and key of a batch line. The help and the parsers are made from this table.
struct QueryOption {
  std::string_view name;   ///< without dashes
  std::string_view value;  ///< what follows it; empty for a flag
  OptionGroup group;
  std::string_view help;
  OptionField field;
};
std::span<const QueryOption> query_options();

/// An option that says how to answer; not a key of a batch line.
struct AnswerOption {
  std::string_view name, value, help;
};
std::span<const AnswerOption> answer_options();

/// What was typed of prices, budgets and wishes for a machine; nothing looked up.
struct BuyWords {
  std::string budget, min_tps, machine_class, power_price, api_price;
  std::vector<std::string> from;
  std::vector<std::string> price;  ///< ID=USD
  bool used = false, fresh = false;
};
using BuyField =
    std::variant<std::string BuyWords::*, std::vector<std::string> BuyWords::*, bool BuyWords::*>;

/// An option of looking for machines; not a key of a batch line.
struct BuyOption {
  std::string_view name, value, help;
  BuyField field;
  bool buy_only = false;  ///< goes with `buy` alone, not with a bare --model
};
std::span<const BuyOption> buy_options();

enum class Command : std::uint8_t {
  fit,
  explain,
  compare,
  buy,
  plan,
  inspect,
  claims,
  models,
  quants,
  gpus,
  detect,
  batch,
  catalog_check,
  completion
};
struct CommandRow {
  std::string_view name, argument, help;
  /// Options of the question that it takes, separated by blanks; `*` for all, then those it does not take.
  std::string_view takes = {};
  bool buys = false;     ///< takes the options of looking for machines
  bool reports = false;  ///< takes --html
  /// What it prints: text, and what of json, csv, markdown and quiet it knows, separated by blanks.
  std::string_view prints = "text json csv markdown quiet";
};
/// The commands by name, in the order of `Command`, `fit` (which has no name) left out.
std::span<const CommandRow> commands();
/// The row of a command; nullptr for `fit`, which has no name.
const CommandRow* row_of(Command command);
/// True where an option (its name without dashes) means something to the command; `nullptr` is `fit`.
bool takes_option(const CommandRow* row, std::string_view option);

enum class Help : std::uint8_t { none, brief, all };
enum class ColorWish : std::uint8_t { automatic, always, never };

/// A command line taken apart; nothing looked up.
struct CommandLine {
  Command command = Command::fit;
  std::vector<std::string> words;  ///< beside the options: machines of `compare`, file of `plan`, files
  std::string argument;            ///< FILTER: the words joined by blanks
  Query query;
  BuyWords buying;
  Format format = Format::table;
  bool quiet = false;
  ColorWish color = ColorWish::automatic;
  std::vector<std::string> catalogs;  ///< overlays in order
  bool user_catalog = true;           ///< false after `--catalog none`
  std::string measured;               ///< file of `--measured`
  std::string launch;                 ///< runtime of `--launch`
  std::string html;                   ///< file of `--html`
  bool init = false, schema = false;  ///< of `plan`: a file to start from, the schema of it
  Help help = Help::none;
  bool version = false;
};

/// Unknown options and commands name the nearest.
Result<CommandLine> parse_command_line(const std::vector<std::string>& args);

}  // namespace qwenfit
