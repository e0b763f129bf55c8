#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "query/text.h"

namespace qwenfit {
namespace {

void print_check(std::ostream& out, const FileCheck& check) {
  if (check.good()) {
    out << in_quotes(check.file) << " is good\n";
  } else if (check.findings.empty()) {
    out << in_quotes(check.file)
        << " has no fault of its own so far; mend the other file, then check again\n";
  }
  for (const Error& finding : check.findings) {
    out << finding.message;
    if (!finding.did_you_mean.empty()) out << " (did you mean " << listed(finding.did_you_mean) << "?)";
    out << '\n';
  }
}

void print_checks_json(std::ostream& out, const std::vector<FileCheck>& checks) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const FileCheck& check : checks) {
    files.push_back({{"file", check.file}, {"good", check.good()}});
    for (const Error& finding : check.findings) {
      findings.push_back(
          {{"where", finding.where}, {"message", finding.message}, {"did_you_mean", finding.did_you_mean}});
    }
  }
  const nlohmann::ordered_json document = {{"schema", "qwenfit.catalog_check/1"},
                                           {"file", checks.front().file},
                                           {"findings", findings},
                                           {"files", files}};
  out << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace

Result<int> run_catalog_check(const CommandLine& line, const std::vector<std::string>& overlays,
                              std::ostream& out) {
  if (line.words.empty())
    return usage_error("catalog check", "catalog check needs a file: qwenfit catalog check FILE");
  const std::vector<FileCheck> checks = check_overlays(line.words, overlays);
  if (line.format == Format::json) {
    print_checks_json(out, checks);
  } else {
    for (const FileCheck& check : checks) print_check(out, check);
  }
  const bool good =
      std::all_of(checks.begin(), checks.end(), [](const FileCheck& check) { return check.good(); });
  return good ? 0 : exit_code_of(ErrorCode::bad_file);
}

}  // namespace qwenfit
