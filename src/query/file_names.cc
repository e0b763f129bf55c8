#include "query/file_names.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "catalog/names.h"
#include "query/model_files.h"
#include "query/text.h"

namespace qwenfit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparators = "-_.";

bool is_plain_file(const fs::directory_entry& entry) {
  std::error_code unreadable;
  return entry.is_regular_file(unreadable);
}

/// What --model takes: a file by its name, or a folder with a config.json.
bool is_model_in(const fs::directory_entry& entry) {
  if (is_plain_file(entry)) return ModelFiles::is_file_name(entry.path().string());
  return is_there((entry.path() / "config.json").string());
}

/// Names in a folder that are wanted, in their order.
std::vector<std::string> names_in_folder(const fs::path& folder,
                                         const std::function<bool(const fs::directory_entry&)>& wanted) {
  constexpr std::ptrdiff_t kMostLookedAt = 4096;
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entry(folder.empty() ? fs::path(".") : folder, code);
  for (std::ptrdiff_t seen = 0; !code && entry != fs::directory_iterator() && seen < kMostLookedAt;
       entry.increment(code), ++seen) {
    if (wanted(*entry)) names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string stem_of(std::string_view path) {
  std::string_view name = path.substr(std::min(path.find_last_of("/\\") + 1, path.size()));
  constexpr std::string_view kExtension = ".gguf";
  if (lower_case(name).ends_with(kExtension)) name.remove_suffix(kExtension.size());
  constexpr std::size_t kPartSize = std::string_view("-00001-of-00002").size();
  if (name.size() > kPartSize && name.substr(name.size() - kPartSize + 6, 4) == "-of-")
    name.remove_suffix(kPartSize);
  return std::string(name.substr(0, kMaxNameBytes));
}

const ModelRow* model_in(const std::string& stem, const Catalog& catalog) {
  for (std::size_t end = stem.size(); end != 0 && end != stem.npos;
       end = stem.find_last_of(kSeparators, end - 1)) {
    const auto row = catalog.model(stem.substr(0, end));
    if (row && (*row)->status == ModelStatus::released) return *row;
  }
  return nullptr;
}

const QuantRow* quant_in(const std::string& stem, const Catalog& catalog) {
  for (auto at = stem.find_first_of(kSeparators); at != stem.npos;
       at = stem.find_first_of(kSeparators, at + 1)) {
    const auto row = catalog.quant(stem.substr(at + 1));
    if (row && (*row)->format == "gguf") return *row;
  }
  return nullptr;
}

bool is_there(const std::string& path) {
  std::error_code code;
  return std::filesystem::symlink_status(path, code).type() != std::filesystem::file_type::not_found;
}

std::string path_fault(const std::string& path) {
  std::error_code code, ignored;
  const bool absent = fs::status(path, code).type() == fs::file_type::not_found;
  if (!absent && !code) return "";
  if ((absent || code == std::errc::too_many_symbolic_link_levels) &&
      fs::is_symlink(fs::symlink_status(path, ignored)))
    return "is a link that leads to no file; mend or remove it";
  if (absent) return "does not exist: no such file or folder; look for a slip in its path";
  return "cannot be looked at: permission is missing on a folder above it, or the path is wrong "
         "(ls -ld shows either)";
}

std::vector<std::string> near_files(const std::string& path) {
  const fs::path missing(path);
  const std::string extension = lower_case(missing.extension().string());
  const bool file = ModelFiles::is_file_name(path);
  const auto names = names_in_folder(missing.parent_path(), [&](const fs::directory_entry& entry) {
    return file ? is_plain_file(entry) && lower_case(entry.path().extension().string()) == extension
                : is_model_in(entry);
  });
  std::vector<std::string> near = nearest_names(missing.filename().string(), {names.begin(), names.end()});
  for (std::string& name : near) name = (missing.parent_path() / name).string();
  return near;
}

std::vector<std::string> gguf_files_in(const std::string& folder) {
  constexpr std::size_t kMostOffered = 3;
  auto names = names_in_folder(folder, [](const fs::directory_entry& entry) {
    const std::string name = lower_case(entry.path().filename().string());
    return is_plain_file(entry) && name.ends_with(".gguf") && !name.starts_with("mmproj");
  });
  names.resize(std::min(names.size(), kMostOffered));
  for (std::string& name : names) name = (fs::path(folder) / name).string();
  return names;
}

}  // namespace qwenfit
