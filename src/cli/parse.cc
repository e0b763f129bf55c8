#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/options.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The parser of one command line: CLI11's options and commands beside the tables they come from. Only those
/// that were typed are declared.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& args) : args_(args) {
    app_.set_help_flag();
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    for (const auto& option : query_options()) query_.push_back(declare(option.name, option.value));
    for (const auto& option : buy_options()) buy_.push_back(declare(option.name, option.value));
    for (const auto& option : answer_options()) answer_.push_back(declare(option.name, option.value));
    short_help_ = app_.add_flag("-h");
    for (const auto& row : commands()) declare_command(row);
  }

  Result<CommandLine> parse() {
    try {
      app_.parse(std::vector<std::string>(args_.rbegin(), args_.rend()));
    } catch (const CLI::ParseError& fault) {
      return parse_fault(fault.what());
    }
    CommandLine line;
    if (const auto known = check_values(); !known) return known.error();
    read_command(line);
    if (const auto read = read_words(line); !read) return read.error();
    if (const auto read = read_fields(query_options(), query_, line.query); !read) return read.error();
    if (const auto read = read_fields(buy_options(), buy_, line.buying); !read) return read.error();
    if (const auto read = read_answer(line); !read) return read.error();
    if (const auto used = check_command(line); !used) return used.error();
    return line;
  }

 private:
  CLI::Option* declare(std::string_view name, std::string_view value) {
    const std::string flag = "--" + std::string(name);
    const auto is_typed = [&](const std::string& arg) {
      return arg.starts_with(flag) && (arg.size() == flag.size() || arg[flag.size()] == '=');
    };
    if (std::none_of(args_.begin(), args_.end(), is_typed)) return absent_;
    if (value.empty()) return app_.add_flag(flag);
    return app_.add_option(flag)->expected(1)->allow_extra_args(false)->multi_option_policy(
        CLI::MultiOptionPolicy::TakeAll);
  }

  bool is_word(std::string_view word) const {
    return std::find(args_.begin(), args_.end(), word) != args_.end();
  }

  void declare_command(const CommandRow& row) {
    const auto space = row.name.find(' ');
    const std::string_view first = row.name.substr(0, space);
    if (!is_word(first)) return commands_.push_back(&nobody_);
    CLI::App* command = app_.add_subcommand(std::string(first));
    if (space != std::string_view::npos) {
      prepare(*command);
      command->require_subcommand(0, 1);
      command = command->add_subcommand(std::string(row.name.substr(space + 1)));
    }
    prepare(*command);
    commands_.push_back(command);
  }

  static void prepare(CLI::App& command) {
    command.set_help_flag();
    command.fallthrough();
    command.allow_extras();
  }

  static Error needs_value(const std::string& option, const std::string& where) {
    std::string usage;
    const auto look = [&](const auto& table) {
      for (const auto& row : table) {
        if ("--" + std::string(row.name) == option) usage = ": " + option + " " + std::string(row.value);
      }
    };
    look(query_options());
    look(buy_options());
    look(answer_options());
    return usage_error(option, option + " needs a value" + where + usage);
  }

  /// CLI11 begins its messages with the option.
  static Error parse_fault(const std::string& what) {
    const std::string option = what.substr(0, what.find_first_of(": "));
    if (option.starts_with("--")) return needs_value(option, "");
    return usage_error("", "the command line cannot be read: " + what + "; see qwenfit --help");
  }

  /// Values that are empty, or an option that was taken for the value of the one before it.
  Result<bool> check_values() const {
    std::vector<const CLI::Option*> options(query_.begin(), query_.end());
    options.insert(options.end(), buy_.begin(), buy_.end());
    options.insert(options.end(), answer_.begin(), answer_.end());
    for (const auto* option : options) {
      if (option->results().empty()) continue;
      const std::string name = option->get_name();
      const bool is_flag = option->get_expected_min() == 0;
      for (const auto& value : option->results()) {
        if (is_flag && value != "true")
          return usage_error(name, name + " takes no value; type it alone or leave it out");
        if (value.empty()) return needs_value(name, "");
        if (value.starts_with("--")) return needs_value(name, " before " + in_quotes(value));
      }
    }
    return true;
  }

  /// The first word of a command of two, without the second.
  Result<bool> check_catalog(const CommandLine& line) const {
    if (line.command != Command::fit || !is_word("catalog") || app_.get_subcommand("catalog")->count() == 0)
      return true;
    return usage_error("catalog", "catalog has one command: qwenfit catalog check FILE");
  }

  /// Words beside the options: the argument of a command that takes one, else a fault.
  Result<bool> read_words(CommandLine& line) const {
    for (const auto& word : app_.remaining(true)) {
      if (word.starts_with("-")) return unknown_option(word);
      if (const auto whole = check_catalog(line); !whole) return whole.error();
      const bool takes_argument = line.command != Command::fit &&
                                  !commands()[static_cast<std::size_t>(line.command) - 1].argument.empty();
      if (!takes_argument) return unknown_argument(word);
      if (!line.argument.empty()) line.argument += ' ';
      line.argument += word;
      line.words.push_back(word);
    }
    return true;
  }

  /// The option of ours that other programs write so; empty: none.
  static std::string option_meant(std::string_view typed) {
    const std::string word = lower_case(typed);
    if (word == "help" || word == "-?") return "--help";
    return word == "version" || word == "-v" ? "--version" : "";
  }

  Error unknown_option(const std::string& typed) const {
    std::vector<std::string_view> names;
    for (const auto& option : query_options()) names.push_back(option.name);
    for (const auto& option : buy_options()) names.push_back(option.name);
    for (const auto& option : answer_options()) names.push_back(option.name);
    const std::string name = typed.substr(0, typed.find('='));
    Error error =
        usage_error(name, "there is no option " + in_quotes(name) + "; qwenfit --help-all lists them");
    if (const auto meant = option_meant(name); !meant.empty())
      error.did_you_mean = {meant};
    else
      for (const auto& near : nearest_names(name, names)) error.did_you_mean.push_back("--" + near);
    return error;
  }

  Error unknown_argument(const std::string& typed) const {
    std::vector<std::string_view> names;
    for (const auto& row : commands()) names.push_back(row.name);
    Error error =
        usage_error("command", "there is no command " + in_quotes(typed) +
                                   "; names go with --gpu and --model, in quotes where they have blanks");
    // What has digits is a forgotten --gpu or --model rather than a command.
    if (const auto meant = option_meant(typed); !meant.empty())
      error.did_you_mean = {meant};
    else if (typed.find_first_of("0123456789") == std::string::npos)
      error.did_you_mean = nearest_names(typed, names);
    return error;
  }

  /// The values of a table's options into the members of `target` that the table names.
  template <typename Row, typename Target>
  static Result<bool> read_fields(std::span<const Row> table, const std::vector<CLI::Option*>& options,
                                  Target& target) {
    for (std::size_t i = 0; i < options.size(); ++i) {
      const auto& field = table[i].field;
      const auto& values = options[i]->results();
      if (values.empty()) continue;
      if (const auto* flag = std::get_if<bool Target::*>(&field)) {
        target.*(*flag) = true;
      } else if (const auto* list = std::get_if<std::vector<std::string> Target::*>(&field)) {
        target.*(*list) = values;
      } else if (values.size() > 1) {
        return usage_error(options[i]->get_name(),
                           options[i]->get_name() + " is given more than once; give one");
      } else {
        target.*std::get<std::string Target::*>(field) = values.front();
      }
    }
    return true;
  }

  const CLI::Option& answer(std::string_view name) const {
    const auto options = answer_options();
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const AnswerOption& o) { return o.name == name; });
    return *answer_[static_cast<std::size_t>(found - options.begin())];
  }
  bool is_set(std::string_view name) const { return answer(name).count() > 0; }

  Result<bool> read_answer(CommandLine& line) const {
    if (is_set("json") + is_set("csv") + is_set("markdown") + is_set("quiet") > 1) {
      return combination_error("--json",
                               "--json, --csv, --markdown and --quiet exclude each other; give one");
    }
    if (is_set("json")) line.format = Format::json;
    if (is_set("csv")) line.format = Format::csv;
    if (is_set("markdown")) line.format = Format::markdown;
    line.quiet = is_set("quiet");
    line.init = is_set("init");
    line.schema = is_set("schema");
    line.version = is_set("version");
    line.help = is_set("help-all")                           ? Help::all
                : is_set("help") || short_help_->count() > 0 ? Help::brief
                                                             : Help::none;
    for (const auto& value : answer("color").results()) {
      if (value != "auto" && value != "always" && value != "never")
        return value_error("--color", value, {"auto", "always", "never"});
      line.color = value == "always"  ? ColorWish::always
                   : value == "never" ? ColorWish::never
                                      : ColorWish::automatic;
    }
    if (const auto& files = answer("measured").results(); files.size() > 1) {
      return usage_error("--measured",
                         "--measured is given more than once; one file takes the tests of all models");
    } else if (!files.empty()) {
      line.measured = files.front();
    }
    if (const auto& runtimes = answer("launch").results(); runtimes.size() > 1) {
      return usage_error("--launch", "--launch is given more than once; it names one runtime");
    } else if (!runtimes.empty()) {
      if (line.quiet || line.format != Format::table) {
        return combination_error("--launch",
                                 "--launch prints a command alone; drop --json, --csv, --markdown "
                                 "or --quiet");
      }
      line.launch = runtimes.front();
    }
    if (const auto read = read_html(line); !read) return read.error();
    for (const auto& value : answer("catalog").results()) {
      if (value == "none")
        line.user_catalog = false;
      else
        line.catalogs.push_back(value);
    }
    return true;
  }

  Result<bool> read_html(CommandLine& line) const {
    const auto& files = answer("html").results();
    if (files.empty()) return true;
    if (files.size() > 1) return usage_error("--html", "--html is given more than once; it names one file");
    if (files.front() == "-")
      return usage_error("--html", "--html needs a file, as standard output has the usual answer");
    if (!line.launch.empty())
      return combination_error("--html",
                               "--launch prints a command alone; drop it, the report has the command");
    if (line.init || line.schema)
      return combination_error("--html",
                               "--html is a report on a build; --init and --schema make none: drop one");
    line.html = files.front();
    return true;
  }

  void read_command(CommandLine& line) const {
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      if (commands_[i]->count() > 0) line.command = static_cast<Command>(i + 1);
    }
  }

  /// `text, --json or --quiet`.
  static std::string printed(const CommandRow& row) {
    const auto formats = split(row.prints, ' ');
    std::string words;
    for (std::size_t i = 0; i < formats.size(); ++i) {
      if (i > 0) words += i + 1 < formats.size() ? ", " : " or ";
      words += formats[i] == "text" ? "text" : "--" + std::string(formats[i]);
    }
    return words;
  }

  /// What to do with an option that a command (or, without one, a question) does not take.
  static std::string instead_of(const CommandRow* row, const std::string& option) {
    if (option == "--init" || option == "--schema") return option + " goes with plan: qwenfit plan " + option;
    if (option == "--json" || option == "--csv" || option == "--markdown" || option == "--quiet")
      return std::string(row->name) + " prints " + printed(*row) + "; drop " + option;
    const std::string_view place = option == "--html"       ? "it goes with --gpu, compare, buy and plan"
                                   : option == "--launch"   ? "it goes with --gpu and --model alone"
                                   : option == "--measured" ? "it goes with --gpu, explain and batch"
                                                            : "drop it";
    return std::string(row->name) + " takes no " + option + "; " + std::string(place);
  }

  /// Options that a command has no use for are refused, not ignored.
  Result<bool> check_command(const CommandLine& line) const {
    if (line.help != Help::none) return true;
    if (const auto whole = check_catalog(line); !whole) return whole.error();
    const CommandRow* row = row_of(line.command);
    for (const auto* list : {&answer_, &query_, &buy_}) {
      for (const auto* option : *list) {
        if (option->count() == 0) continue;
        const std::string name = option->get_name();
        if (takes_option(row, name.substr(2))) continue;
        // A search for machines says itself what it has no use for.
        if (row == nullptr && list == &buy_) continue;
        return combination_error(name, instead_of(row, name));
      }
    }
    return true;
  }

  const std::vector<std::string>& args_;
  CLI::App app_, nobody_;
  CLI::Option* absent_ = nobody_.add_flag("--absent");  ///< has no results
  std::vector<CLI::Option*> query_, buy_, answer_;
  std::vector<CLI::App*> commands_;
  CLI::Option* short_help_ = nullptr;
};

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& args) {
  return Parser(args).parse();
}

}  // namespace qwenfit
