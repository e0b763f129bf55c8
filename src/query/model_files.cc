#include "query/model_files.h"

#include <algorithm>
#include <filesystem>

#include "catalog/names.h"
#include "query/file_names.h"
#include "query/hf_config.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kGguf = ".gguf", kJson = ".json", kSafetensors = ".safetensors";
constexpr std::string_view kFileEndings[] = {kGguf, kJson, ".jsn", kSafetensors};
constexpr const char* kConfig = "config.json";
constexpr std::size_t kMostIdBytes = 80;
constexpr std::size_t kMostNameShown = 60;

/// Lower case, of letters, digits, dots, dashes and underscores, a letter or digit first.
std::string as_id(std::string_view name) {
  std::string id = lower_case(name);
  for (char& c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '_' || c == '-';
    if (!plain) c = '-';
  }
  if (id.size() > kMostIdBytes) id.erase(0, id.size() - kMostIdBytes);
  const auto first =
      std::find_if(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); });
  id.erase(id.begin(), first);
  return id.empty() ? "model" : id;
}

/// The name of the folder that a file is in; where a link leads does not count.
std::string folder_of(const std::string& path) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(path, ignored).lexically_normal();
  return whole.parent_path().filename().string();
}

/// The last parts of a path: the file's name, for a config.json that of its folder before it.
std::string own_name(const std::string& path) {
  std::string file = std::filesystem::path(path).filename().string();
  if (!lower_case(file).ends_with(kJson)) return file;
  const std::string folder = folder_of(path);
  return folder.empty() ? file : folder + "-" + file;
}

std::string shown_name(const std::string& stated, const std::string& other) {
  const std::string name = printable(whole_characters(trimmed(stated), kMostNameShown));
  return name.empty() ? printable(whole_characters(other, kMostNameShown)) : name;
}

/// Takes the shape of a GGUF file; what it leaves open comes from the released model of the same shape.
void fill_row(ModelFile& file, Architecture shape, Tokens max_context,
              const std::optional<VisionArchitecture>& vision) {
  ModelRow& row = file.row;
  if (file.like != nullptr) {
    // The file may lack the MTP block that its model has.
    if (file.gguf) shape.mtp_layers = std::max(shape.mtp_layers, file.like->architecture.mtp_layers);
    row.family = file.like->family;
    row.has_vision = file.gguf && file.like->has_vision;
    if (row.has_vision) row.vision = file.like->vision;
  }
  if (vision) {
    row.has_vision = true;
    row.vision = *vision;
  }
  row.id = file.id;
  row.name = file.name;
  row.kind = shape.is_moe() ? ModelKind::moe : ModelKind::dense;
  row.architecture = shape;
  row.max_context = max_context;
  row.source = file.source;
}

Error file_error(const std::string& path, const std::string& what) {
  return {ErrorCode::bad_file, in_quotes(path) + " " + what, path, {}};
}

/// Where there is no such file: those of that folder with the nearest names, else the catalog's model of that
/// name.
Error with_near_names(Error error, const std::string& path, const Catalog& catalog) {
  if (!error.did_you_mean.empty() || error.where != path || is_there(path)) return error;
  error.did_you_mean = near_files(path);
  const ModelRow* row = error.did_you_mean.empty() ? model_in(stem_of(path), catalog) : nullptr;
  if (row != nullptr) error.did_you_mean = {std::string(row->id)};
  return error;
}

/// The file that a path means: of a folder its config.json.
Result<std::string> file_meant(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path given(path);
  if (fs::is_directory(given, ignored)) {
    std::string config = (given / kConfig).string();
    if (is_there(config)) return config;
    Error error = file_error(path, "is a folder without a config.json: give the GGUF file in it");
    error.did_you_mean = gguf_files_in(path);
    return error;
  }
  const std::string fault = path_fault(path);
  if (fault.empty() && lower_case(path).ends_with(kSafetensors)) {
    Error error = file_error(path,
                             "is a safetensors file: give the config.json of its folder, which says the "
                             "shape of the model");
    const std::string config = (given.parent_path() / kConfig).string();
    if (fs::is_regular_file(config, ignored)) error.did_you_mean = {config};
    return error;
  }
  if (ModelFiles::is_file_name(path)) return path;
  if (fault.empty())
    return file_error(path,
                      "is no .gguf file or config.json by its name: where it is one all the same, give "
                      "it such a name (ln -s FILE model.gguf)");
  Error error = file_error(path, fault);
  if (!is_there(path)) error.did_you_mean = near_files(path);
  return error;
}

/// The folder of a file, as a command takes it.
std::string folder_argument(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool is_same_shape(Architecture a, Architecture b) {
  a.mtp_layers = b.mtp_layers;
  return a == b;
}

}  // namespace

const ModelRow* same_shape(const Architecture& a, const std::string& stem, const Catalog& catalog) {
  const ModelRow* named = model_in(stem, catalog);
  if (named != nullptr && is_same_shape(a, named->architecture)) return named;
  for (const ModelRow& row : catalog.rows().models) {
    if (row.status == ModelStatus::released && is_same_shape(a, row.architecture)) return &row;
  }
  return nullptr;
}

bool ModelFiles::is_file_name(std::string_view typed) {
  const std::string name = lower_case(trimmed(typed));
  const bool ends = std::any_of(std::begin(kFileEndings), std::end(kFileEndings),
                                [&](std::string_view ending) { return name.ends_with(ending); });
  return ends && name.find('\0') == std::string::npos;
}

bool ModelFiles::is_path(std::string_view typed) {
  const std::string name(trimmed(typed));
  std::error_code ignored;
  return is_file_name(name) ||
         (name.find('\0') == std::string::npos &&
          (name.find_first_of("/\\") != std::string::npos || std::filesystem::is_directory(name, ignored)));
}

const ModelFile* ModelFiles::of(const ModelRow& row) const {
  const auto found = by_row_.find(&row);
  return found == by_row_.end() ? nullptr : found->second;
}

/// Neither another file's nor the path of one, so that it always means the same.
std::string ModelFiles::unused_id(const std::string& path, const std::string& canonical) const {
  std::error_code code;
  std::string id = as_id(own_name(path));
  const std::string_view extension = lower_case(path).ends_with(kGguf) ? kGguf : kJson;
  const std::string base = id.ends_with(extension) ? id.substr(0, id.size() - extension.size()) : id;
  for (std::size_t n = 2;; ++n) {
    const bool other = std::filesystem::exists(id, code) && std::filesystem::canonical(id, code) != canonical;
    if (!other && !by_id_.contains(id) && is_file_name(id)) return id;
    id = base + "-" + std::to_string(n) + std::string(extension);
  }
}

Result<const ModelFile*> ModelFiles::open(const std::string& typed) {
  if (const auto found = by_id_.find(trimmed(typed)); found != by_id_.end()) return found->second;
  std::string given(trimmed(typed));
  if (given.starts_with('-')) given.insert(0, "./");  // else every program takes it for an option
  const auto meant = file_meant(given);
  if (!meant) return meant.error();
  const std::string& path = *meant;
  std::error_code code;
  std::string canonical = std::filesystem::canonical(path, code).string();
  if (code) canonical = path;
  if (const auto found = by_path_.find(canonical); found != by_path_.end()) return found->second.get();

  auto file = std::make_unique<ModelFile>();
  file->path = path;
  file->id = unused_id(path, canonical);
  if (lower_case(path).ends_with(kGguf)) {
    auto contents = read_gguf_model(path, catalog_);
    if (!contents) return with_near_names(contents.error(), path, catalog_);
    file->gguf = std::move(*contents);
    const GgufModel& model = file->gguf->model;
    file->like = same_shape(model.shape, stem_of(path), catalog_);
    file->name = shown_name(model.name, stem_of(path));
    file->source = "table of tensors of " + path;
    fill_row(*file, model.shape, model.max_context, std::nullopt);
  } else {
    auto config = read_hf_config(path);
    if (!config) return with_near_names(config.error(), path, catalog_);
    file->folder = folder_argument(path);
    const std::string folder = folder_of(path);
    file->like = same_shape(config->architecture, folder, catalog_);
    file->name = shown_name(folder, path);
    file->source = "architecture of " + path;
    fill_row(*file, config->architecture, config->max_context, config->vision);
  }
  const ModelFile* read = file.get();
  by_id_.emplace(read->id, read);
  by_row_.emplace(&read->row, read);
  by_path_.emplace(canonical, std::move(file));
  return read;
}

}  // namespace qwenfit
