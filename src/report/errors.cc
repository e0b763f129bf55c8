#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "report/document.h"
#include "report/format.h"

namespace qwenfit {

void print_error(std::ostream& err, const Error& error) {
  const bool named = error.message.find(error.where) != std::string::npos;
  const std::string where = named ? "" : clean(error.where) + ": ";
  err << fmt::format("qwenfit: error: {}{}\n", where, clean(error.message));
  if (error.did_you_mean.empty()) return;
  std::vector<std::string> names;
  for (const std::string& name : error.did_you_mean) names.push_back(clean(name));
  const char* lead = error.code == ErrorCode::ambiguous_name ? "choose one of" : "did you mean";
  const char* end = error.code == ErrorCode::ambiguous_name ? "" : "?";
  err << fmt::format("  {}: {}{}\n", lead, joined(names, "or"), end);
}

void print_error_json(std::ostream& out, const Error& error, bool compact, const nlohmann::json* id) {
  JsonWriter w(!compact);
  w.begin_object();
  w.field("schema", "qwenfit.error/1");
  write_id(w, id);
  w.key("error");
  w.begin_object();
  w.field("code", error_code_id(error.code));
  w.field("message", error.message);
  w.key("did_you_mean");
  w.begin_array();
  for (const std::string& name : error.did_you_mean) w.value(name);
  w.end_array();
  w.text_or_null("where", error.where);
  w.end_object();
  w.end_object();
  out << std::move(w).take() << '\n';
}

}  // namespace qwenfit
