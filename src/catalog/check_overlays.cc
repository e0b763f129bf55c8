#include <algorithm>
#include <filesystem>

#include "catalog/check_benchmarks.h"
#include "catalog/generated.h"
#include "catalog/overlay.h"
#include "qwenfit/catalog.h"

namespace qwenfit {
namespace {

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code code;
  return a == b || std::filesystem::equivalent(a, b, code);
}

/// The files of the overlays in force without those that are checked.
std::vector<std::string> files_under(const std::vector<std::string>& under,
                                     const std::vector<std::string>& checked, Findings& findings) {
  std::vector<std::string> files = overlay_files(under, findings);
  std::erase_if(files, [&](const std::string& file) {
    return std::any_of(checked.begin(), checked.end(),
                       [&](const std::string& other) { return is_same_file(file, other); });
  });
  return files;
}

/// The files that `paths` stand for; a folder without any is a fault.
std::vector<std::string> files_to_check(const std::vector<std::string>& paths, Findings& findings) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const std::size_t before = findings.size();
    const auto found = overlay_files({path}, findings);
    if (found.empty() && findings.size() == before)
      findings.push_back({path, "", "expected a file *.json in this folder"});
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

FileCheck& entry_of(std::vector<FileCheck>& checks, const std::string& file) {
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const FileCheck& check) { return check.file == file; });
  return found != checks.end() ? *found : checks.emplace_back(FileCheck{file, {}, true});
}

}  // namespace

std::vector<FileCheck> check_overlays(const std::vector<std::string>& paths,
                                      const std::vector<std::string>& under) {
  Findings findings;
  std::vector<FileCheck> checks;
  std::vector<Document> benchmarks;
  const std::vector<std::string> files = files_to_check(paths, findings);
  std::vector<std::string> merging = files_under(under, files, findings);
  for (const std::string& file : files) {
    entry_of(checks, file);
    if (auto document = benchmark_document(file))
      benchmarks.push_back(std::move(*document));
    else
      merging.push_back(file);
  }
  Merged merged;
  const bool complete = merge_overlays(generated::rows, merging, merged, findings);
  for (const Document& document : benchmarks) check_benchmarks(document, rows_of(merged.tables), findings);
  for (const Finding& finding : findings)
    entry_of(checks, finding.file).findings.push_back(to_error(finding));
  for (FileCheck& check : checks) check.complete = complete;
  return checks;
}

}  // namespace qwenfit
