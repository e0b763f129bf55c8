#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "report/document.h"
#include "report/format.h"

namespace qwenfit {
namespace {

constexpr std::size_t kErrorWidth = 80;  ///< columns of the list of names
constexpr std::size_t kMostNames = 12;   ///< shown to a person; documents have all

/// The command that lists names of the kind that the error is about; empty when there is none.
std::string_view listing_command(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_gpu:
    case ErrorCode::unknown_cpu:
    case ErrorCode::ambiguous_name:
    case ErrorCode::never_existed:
      return "qwenfit gpus NAME";
    case ErrorCode::unknown_model:
      return "qwenfit models NAME";
    case ErrorCode::unknown_quant:
      return "qwenfit quants NAME";
    default:
      return "";
  }
}

std::string names_line(const Error& error) {
  const bool choice = error.code == ErrorCode::ambiguous_name;
  std::vector<std::string> names;
  for (const std::string& name : error.did_you_mean) names.push_back(clean(name));
  const std::string lead = choice ? "  choose one of: " : "  did you mean: ";
  if (names.size() <= kMostNames) return lead + joined(names, "or") + (choice ? "" : "?");
  const std::size_t more = names.size() - kMostNames;
  names.resize(kMostNames);
  names.push_back(fmt::format("{} more", more));
  const std::string_view command = listing_command(error.code);
  const std::string see = command.empty() ? "" : fmt::format("; see {}", command);
  return lead + joined(names) + (choice ? "" : "?") + see;
}

void write_error(JsonWriter& w, const Error& error) {
  w.begin_object();
  w.field("code", error_code_id(error.code));
  w.field("message", error.message);
  w.key("did_you_mean");
  w.begin_array();
  for (const std::string& name : error.did_you_mean) w.value(name);
  w.end_array();
  w.text_or_null("where", error.where);
  w.end_object();
}

void write_errors(std::ostream& out, std::span<const Error> errors, bool compact, const nlohmann::json* id) {
  JsonWriter w(!compact);
  w.begin_object();
  w.field("schema", "qwenfit.error/1");
  write_id(w, id);
  w.key("error");
  write_error(w, errors.front());
  if (errors.size() > 1) {
    w.key("also");
    w.begin_array();
    for (const Error& error : errors.subspan(1)) write_error(w, error);
    w.end_array();
  }
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace

void print_error(std::ostream& err, const Error& error) {
  const bool named = error.message.find(error.where) != std::string::npos;
  const std::string where = named ? "" : clean(error.where) + ": ";
  err << fmt::format("qwenfit: error: {}{}\n", where, clean(error.message));
  if (error.did_you_mean.empty()) return;
  err << wrapped(names_line(error), kErrorWidth, 4);
}

void print_error_json(std::ostream& out, const Error& error, bool compact, const nlohmann::json* id) {
  write_errors(out, std::span(&error, 1), compact, id);
}

void print_errors_json(std::ostream& out, std::span<const Error> errors) {
  write_errors(out, errors, false, nullptr);
}

}  // namespace qwenfit
