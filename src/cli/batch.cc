#include "cli/batch.h"

#include <algorithm>
#include <cmath>
#include <istream>
#include <limits>
#include <ostream>
#include <set>
#include <vector>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/reply.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using nlohmann::json;

/// What to type, after what is wrong with a whole line.
constexpr std::string_view kOneObject =
    R"(; a line is one object, such as {"gpu":["rtx3090"],"model":["27b"]})";

Error line_error(std::string where, std::string message) {
  return {ErrorCode::bad_file, std::move(message), std::move(where), {}};
}

/// Nesting of brackets outside of strings, before anything is parsed.
bool too_deep(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kBatchDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// The line as an object, or why it is none.
Result<json> parse_object(std::string_view line) {
  // The parser would take a NUL byte for the end of the line.
  if (line.find('\0') != std::string_view::npos)
    return line_error("line", "the line has a NUL byte; write plain text");
  if (too_deep(line)) return line_error("line", "the line nests values too deeply" + std::string(kOneObject));
  std::set<std::string> keys;
  std::string twice;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (event != json::parse_event_t::key || depth != 1) return true;
    auto key = value.get<std::string>();
    if (const auto [known, is_new] = keys.insert(std::move(key)); !is_new) twice = *known;
    return true;
  };
  json object = json::parse(line.begin(), line.end(), watch, false);
  if (object.is_discarded())
    return line_error("line",
                      "the line is not JSON in UTF-8, or has a number too large" + std::string(kOneObject));
  if (!object.is_object())
    return line_error("line", "the line is not a JSON object" + std::string(kOneObject));
  if (!twice.empty()) return line_error(twice, "key " + in_quotes(twice) + " is given twice; keep one");
  return object;
}

Error wrong_type(std::string_view key, std::string_view expected, const json& value) {
  return line_error(std::string(key), "key " + in_quotes(key) + " takes " + std::string(expected) + ", not " +
                                          value.type_name());
}

/// Text or number as the command line would have it; none for other types and for empty text.
std::optional<std::string> as_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

Result<bool> set_text(std::string_view key, const json& value, std::string& field) {
  // Shares may be a list of numbers.
  if (value.is_array() && key == "tensor-split") {
    for (const json& item : value) {
      if (!item.is_number()) return wrong_type(key, "numbers", item);
      field += (field.empty() ? "" : ",") + item.dump();
    }
    if (field.empty())
      return line_error(std::string(key),
                        "key " + in_quotes(key) + " is empty; give a value or leave it out");
    return true;
  }
  auto text = as_text(value);
  if (!text) return wrong_type(key, "text or a number", value);
  if (text->empty())
    return line_error(std::string(key), "key " + in_quotes(key) + " is empty; give a value or leave it out");
  field = std::move(*text);
  return true;
}

Result<bool> set_list(std::string_view key, const json& value, std::vector<std::string>& field) {
  if (value.is_string()) {
    field.push_back(value.get<std::string>());
    return true;
  }
  if (!value.is_array()) return wrong_type(key, "text or a list of texts", value);
  for (const json& item : value) {
    if (!item.is_string()) return wrong_type(key, "text or a list of texts", item);
    field.push_back(item.get<std::string>());
  }
  return true;
}

Result<bool> set_field(const QueryOption& option, const json& value, Query& query) {
  if (value.is_null()) return true;
  if (const auto* list = std::get_if<std::vector<std::string> Query::*>(&option.field)) {
    return set_list(option.name, value, query.*(*list));
  }
  if (const auto* text = std::get_if<std::string Query::*>(&option.field)) {
    return set_text(option.name, value, query.*(*text));
  }
  if (!value.is_boolean()) return wrong_type(option.name, "true or false", value);
  query.*std::get<bool Query::*>(option.field) = value.get<bool>();
  return true;
}

Error unknown_key(const std::string& key) {
  if (key == "measured")
    return line_error(
        key, "a line names no files; give the measurements to all of them: qwenfit batch --measured FILE");
  std::vector<std::string_view> names = {"id"};
  for (const auto& option : query_options()) names.push_back(option.name);
  Error error =
      line_error(key, "there is no key " + in_quotes(key) + "; keys are the long options of a question");
  error.did_you_mean = nearest_names(key, names);
  return error;
}

Result<Query> read_query(const json& object) {
  Query query;
  std::set<std::string_view> given;
  for (const auto& [key, value] : object.items()) {
    if (key == "id") continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', '-');
    const auto options = query_options();
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const QueryOption& o) { return o.name == name; });
    if (option == options.end()) return unknown_key(key);
    if (!given.insert(option->name).second)
      return line_error(key, "key " + in_quotes(name) + " is given in two spellings; give one");
    if (const auto set = set_field(*option, value, query); !set) return set.error();
  }
  return query;
}

/// A whole number of more than 64 bits, which the parser has rounded.
bool is_rounded(const json& id) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  return id.is_number_float() && std::abs(id.get<double>()) >= kTwoTo63;
}

/// The error with the number of its line: `line 3`, or `line 3, --ctx` where a key is at fault.
Error at_line(Error error, std::size_t number) {
  const bool whole = error.where.empty() || error.where == "line";
  error.where = "line " + std::to_string(number) + (whole ? "" : ", " + error.where);
  return error;
}

/// What there is to read; 0 for what comes through a pipe or from a keyboard.
std::uint64_t bytes_left(std::istream& in) {
  const auto here = in.tellg();
  if (here < 0) {
    in.clear();
    return 0;
  }
  const auto end = in.seekg(0, std::ios::end).tellg();
  in.clear();
  in.seekg(here);
  return end > here ? static_cast<std::uint64_t>(end - here) : 0;
}

enum class LineKind : std::uint8_t { line, too_long, end };

/// The next line without its end; of one that is too long only that it was there.
LineKind next_line(std::istream& in, std::vector<char>& buffer, std::string_view& line) {
  in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  auto size = static_cast<std::size_t>(in.gcount());
  if (in.fail()) {
    if (size == 0 || in.bad()) return LineKind::end;
    in.clear();
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    return LineKind::too_long;
  }
  if (!in.eof()) --size;  // the line end that was taken
  line = trimmed({buffer.data(), size});
  return LineKind::line;
}

}  // namespace

BatchLine parse_batch_line(std::string_view line) {
  BatchLine parsed;
  auto object = parse_object(line);
  if (!object) {
    parsed.query = object.error();
    return parsed;
  }
  if (const auto id = object->find("id"); id != object->end()) {
    if (!id->is_string() && !id->is_number() && !id->is_null()) {
      parsed.query = wrong_type("id", "text or a number", *id);
      return parsed;
    }
    if (is_rounded(*id)) {
      parsed.query = line_error("id", "\"id\" is a number beyond 64 bits; give it as text");
      return parsed;
    }
    parsed.id = *id;
  }
  parsed.query = read_query(*object);
  return parsed;
}

Result<int> run_batch(const Invocation& call) {
  Resolver resolver(call.catalog);
  if (const auto read = read_own(call.line, resolver); !read) return read.error();
  if (call.progress != nullptr) call.progress->expect(bytes_left(call.in));
  std::vector<char> buffer(kBatchLineBytes + 1);
  bool all_good = true;
  std::size_t number = 0;
  const auto refuse = [&](const Error& error, const json* id) {
    print_error_json(call.out, at_line(error, number), true, id);
    all_good = false;
  };
  for (;;) {
    std::string_view line;
    const LineKind kind = next_line(call.in, buffer, line);
    if (kind == LineKind::end || !call.out) break;
    ++number;
    if (call.progress != nullptr) call.progress->add_line(line.size() + 1);
    if (kind == LineKind::too_long) {
      refuse(line_error("line", "the line is longer than 1 MiB" + std::string(kOneObject)), nullptr);
      continue;
    }
    if (line.empty()) continue;
    BatchLine parsed = parse_batch_line(line);
    const json* id = parsed.id ? &*parsed.id : nullptr;
    if (!parsed.query) {
      refuse(parsed.query.error(), id);
      continue;
    }
    if (const auto completed = call.here.complete(*parsed.query); !completed) {
      refuse(completed.error(), id);
      continue;
    }
    const auto reply = reply_to(*parsed.query, resolver);
    if (!reply) {
      refuse(reply.error(), id);
      continue;
    }
    print_json_line(call.out, reply->question, reply->answers, call.info, id);
  }
  if (call.in.bad())
    return Error{ErrorCode::bad_file,
                 "standard input cannot be read; give it a file: qwenfit batch < FILE",
                 "standard input",
                 {}};
  return all_good ? 0 : exit_code_of(ErrorCode::bad_file);
}

}  // namespace qwenfit
