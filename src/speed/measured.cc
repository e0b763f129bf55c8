#include "speed/measured.h"

#include <array>
#include <cmath>

#include "catalog/document.h"
#include "catalog/names.h"
#include "catalog/tables.h"

namespace qwenfit {
namespace {

using nlohmann::json;

constexpr std::size_t kMostRows = 1000;
/// No test is longer, in tokens, and no pass, batch or number of layers larger.
constexpr std::uint64_t kMostTokens = 100'000'000;
/// The mean of the rates and the rate of the mean time differ where repetitions differ, but not by more.
constexpr double kMostDisagreement = 2;
constexpr double kNanosecond = 1e-9;
constexpr std::string_view kHowTo = "write it with: llama-bench -o json > FILE";

Error file_error(const std::string& file, std::string message) {
  return {ErrorCode::bad_file, std::move(message), file, {}};
}

/// What the fields of one row hold; the first fault is kept.
class Fields {
 public:
  Fields(const std::string& file, const std::string& place, const json& object)
      : file_(file), place_(place), object_(object) {}

  void text(const char* key, std::string& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return fault(key, "expected text", *value);
    out = value->get<std::string>();
  }
  /// llama-bench has written flags as true and as 1.
  void flag(const char* key, bool& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (value->is_boolean()) {
      out = value->get<bool>();
    } else if (value->is_number_integer()) {
      out = value->get<std::int64_t>() != 0;
    } else {
      fault(key, "expected true or false", *value);
    }
  }
  template <typename Number>
  void count(const char* key, Number& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMostTokens)
      return fault(key, "expected a whole number from 0 to " + std::to_string(kMostTokens), *value);
    out = value->get<Number>();
  }
  void large_count(const char* key, std::uint64_t& out) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMost)
      return fault(key, "expected a whole number from 0", *value);
    out = value->get<std::uint64_t>();
  }
  std::optional<std::int64_t> integer(const char* key) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto most = static_cast<std::int64_t>(kMostTokens);
    if (!value->is_number_integer() || value->get<std::int64_t>() > most ||
        value->get<std::int64_t>() < -most) {
      fault(key, "expected a whole number", *value);
      return std::nullopt;
    }
    return value->get<std::int64_t>();
  }
  std::optional<double> positive(const char* key) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() <= 0) {
      fault(key, "expected a number above 0", *value);
      return std::nullopt;
    }
    return value->get<double>();
  }
  void missing(const char* key, const std::string& expected) {
    if (!error_)
      error_ = at("", "expected " + expected + " in \"" + key + "\", there is none: is this of llama-bench?");
  }
  void contradiction(const std::string& text) {
    if (!error_) error_ = at("", text);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  Error at(const std::string& key, std::string message) const {
    const bool pointer = place_.starts_with("/");
    const std::string where = file_ + (pointer ? ":" : ", ") + place_;
    return {ErrorCode::bad_file,
            std::move(message),
            key.empty() ? where : where + (pointer ? "/" : ", ") + key,
            {}};
  }
  void fault(const char* key, const std::string& expected, const json& value) {
    constexpr auto kReplace = json::error_handler_t::replace;
    if (!error_) error_ = at(key, expected + ", not " + printable(value.dump(-1, ' ', false, kReplace)));
  }

  const std::string& file_;
  const std::string& place_;
  const json& object_;
  std::optional<Error> error_;
};

void read_set_up(Fields& fields, BenchRow& row) {
  fields.text("cpu_info", row.cpu);
  fields.text("gpu_info", row.gpus);
  fields.text("backends", row.backends);
  fields.text("model_filename", row.model_file);
  fields.text("model_type", row.model_type);
  fields.large_count("model_size", row.model_bytes);
  fields.large_count("model_n_params", row.parameters);
  fields.count("n_batch", row.batch);
  fields.count("n_ubatch", row.ubatch);
  row.gpu_layers = fields.integer("n_gpu_layers");
  fields.count("n_cpu_moe", row.cpu_moe_layers);
  fields.text("type_k", row.kv_k);
  fields.text("type_v", row.kv_v);
  fields.text("split_mode", row.split_mode);
  fields.text("devices", row.devices);
  fields.text("tensor_split", row.tensor_split);
  fields.text("tensor_buft_overrides", row.overrides);
  row.main_gpu = fields.integer("main_gpu").value_or(0);
  fields.flag("no_kv_offload", row.kv_on_host);
  fields.flag("embeddings", row.embeddings);
}

void read_test(Fields& fields, const json& object, BenchRow& row) {
  for (const char* key : {"n_prompt", "n_gen"}) {
    if (!object.contains(key)) fields.missing(key, "a number of tokens");
  }
  fields.count("n_prompt", row.prompt);
  fields.count("n_gen", row.generated);
  fields.count("n_depth", row.depth);
  const auto rate = fields.positive("avg_ts");
  const auto mean_ns = fields.positive("avg_ns");
  if (!rate) return fields.missing("avg_ts", "a rate in tokens per second");
  row.tok_s = *rate;
  const double tokens = static_cast<double>(row.prompt + row.generated);
  if (tokens == 0) return fields.contradiction("expected tokens in n_prompt or n_gen, both are 0");
  if (!mean_ns) return;
  const double apart = *rate * *mean_ns * kNanosecond / tokens;
  if (apart > kMostDisagreement || apart < 1 / kMostDisagreement)
    fields.contradiction("avg_ts and avg_ns contradict each other: expected both as llama-bench wrote them");
}

Result<BenchRow> read_row(const std::string& file, std::string place, const json& object) {
  BenchRow row;
  row.place = std::move(place);
  Fields fields(file, row.place, object);
  if (!object.is_object()) {
    fields.contradiction(std::string("expected an object per test, not ") + object.type_name());
  } else {
    read_set_up(fields, row);
    read_test(fields, object, row);
    if (row.model_type.empty() && row.model_file.empty()) fields.missing("model_type", "the model");
  }
  if (fields.error()) return *fields.error();
  return row;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// A text that is not JSON: which of llama-bench's other formats it is, and what to do.
std::string other_format(std::string_view text) {
  const std::string_view head = text.substr(0, kMaxTextBytes);
  const std::string end = std::string("; ") + std::string(kHowTo);
  if (has(head, "INSERT INTO") || has(head, "CREATE TABLE"))
    return "this is SQL, expected the JSON of llama-bench" + end;
  if (has(head, "build_commit,") || has(head, "n_prompt,n_gen") || has(head, "avg_ts,stddev_ts"))
    return "this is CSV, expected the JSON of llama-bench" + end;
  if (head.starts_with("|") || has(head, "| model ") || has(head, "t/s |"))
    return "this is a Markdown table, expected the JSON of llama-bench" + end;
  if (has(head, "ggml_") || has(head, "llama_") || has(head, "build:"))
    return "expected nothing but JSON, there are lines of a log; " + std::string(kHowTo) + " (without 2>&1)";
  return "expected the JSON of llama-bench" + end;
}

/// llama-bench prints rates that it could not work out as C does.
bool has_no_number(std::string_view text) {
  constexpr std::array<std::string_view, 4> kTokens = {": nan", ": -nan", ": inf", ": -inf"};
  for (const std::string_view token : kTokens) {
    if (has(text, token)) return true;
  }
  return false;
}

Error not_json(const std::string& file, std::string_view text, const Findings& findings) {
  if (has_no_number(text))
    return file_error(file, "a rate is not a number (nan or inf): run llama-bench again");
  Error error = to_error(findings.front());
  if (findings.front().text.find("the text ends too early") != std::string::npos)
    error.message += ": llama-bench did not finish, or the file was cut off";
  return error;
}

Result<OwnMeasurements> parse_array(const std::string& file, const std::string& text) {
  Findings findings;
  const auto document = parse_document(file, text, findings);
  if (!document) return not_json(file, text, findings);
  OwnMeasurements own{file, {}};
  for (const json& object : document->value) {
    auto row = read_row(file, "/" + std::to_string(own.rows.size()), object);
    if (!row) return row.error();
    own.rows.push_back(std::move(*row));
  }
  return own;
}

Result<OwnMeasurements> parse_lines(const std::string& file, const std::string& text) {
  const std::string in_file = file + ", ";
  OwnMeasurements own{file, {}};
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string place = "line " + std::to_string(number);
    const std::string where = in_file + place;
    Findings findings;
    const auto document = parse_document(where, line, findings);
    if (!document) {
      Error error = not_json(where, line, findings);
      if (findings.front().pointer.empty() && !has_no_number(line))
        error.message = "expected one whole JSON object, as llama-bench -o jsonl writes them";
      return error;
    }
    auto row = read_row(file, place, document->value);
    if (!row) return row.error();
    own.rows.push_back(std::move(*row));
    if (own.rows.size() > kMostRows) break;
  }
  return own;
}

}  // namespace

Result<OwnMeasurements> parse_measurements(const std::string& file, const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos)
    return file_error(file, "the file is empty, expected the output of llama-bench -o json");
  const bool array = text[first] == '[';
  if (const auto at = invalid_utf8_at(text)) {
    return file_error(file, "expected UTF-8 text, byte " + std::to_string(*at + 1) +
                                " is not; a shell may have " +
                                "written another encoding: " + std::string(kHowTo));
  }
  // A log line may begin with a bracket: JSON has an object or the end after it.
  const auto second = array ? text.find_first_not_of(" \t\r\n", first + 1) : first;
  if (second == text.npos)
    return file_error(file, "the file is cut off, expected the whole output of llama-bench");
  if (text[second] != '{' && text[second] != ']') return file_error(file, other_format(text));
  auto own = array ? parse_array(file, text) : parse_lines(file, text);
  if (!own) return own;
  if (own->rows.empty()) return file_error(file, "there is no test in it: llama-bench wrote an empty list");
  if (own->rows.size() > kMostRows)
    return file_error(file, "expected at most " + std::to_string(kMostRows) + " tests");
  return own;
}

Result<OwnMeasurements> read_measurements(const std::string& path) {
  Findings findings;
  const auto text = read_text(path, findings);
  if (!text) return to_error(findings.front());
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return parse_measurements(path,
                            text->starts_with(kByteOrderMark) ? text->substr(kByteOrderMark.size()) : *text);
}

}  // namespace qwenfit
