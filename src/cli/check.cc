#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "query/text.h"

namespace qwenfit {

Result<int> run_catalog_check(const CommandLine& line, std::ostream& out) {
  if (line.argument.empty())
    return usage_error("catalog check", "catalog check needs a file: qwenfit catalog check FILE");
  if (line.quiet || (line.format != Format::table && line.format != Format::json)) {
    return combination_error("catalog check",
                             "catalog check prints text, or one document with --json; drop the other format");
  }
  const std::vector<Error> findings = check_overlay(line.argument);
  if (line.format == Format::json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Error& finding : findings) {
      list.push_back(
          {{"where", finding.where}, {"message", finding.message}, {"did_you_mean", finding.did_you_mean}});
    }
    const nlohmann::ordered_json document = {
        {"schema", "qwenfit.catalog_check/1"}, {"file", line.argument}, {"findings", list}};
    out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  } else if (findings.empty()) {
    out << in_quotes(line.argument) << " is good\n";
  } else {
    for (const Error& finding : findings) {
      out << finding.message;
      if (!finding.did_you_mean.empty()) out << " (did you mean " << listed(finding.did_you_mean) << "?)";
      out << '\n';
    }
  }
  return findings.empty() ? 0 : exit_code_of(ErrorCode::bad_file);
}

}  // namespace qwenfit
