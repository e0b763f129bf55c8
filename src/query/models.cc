#include "query/models.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "memory/vision.h"
#include "query/file_names.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kModelOption = "--model";

/// The generation that `all` means.
bool is_default_family(const ModelRow& row) {
  return row.family == "qwen3.5" && row.status == ModelStatus::released;
}

void add_once(std::vector<const ModelRow*>& rows, const ModelRow* row) {
  if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
}

/// The names of a list. A file's name may hold commas.
std::vector<std::string_view> names_in(const std::string& list) {
  std::error_code ignored;
  const bool one = ModelFiles::is_path(list) && list.find(',') != std::string::npos &&
                   std::filesystem::exists(std::string(trimmed(list)), ignored);
  return one ? std::vector<std::string_view>{list} : split(list, ',');
}

/// `org/name`, and no folder of that name is there.
bool may_be_repository(std::string_view name) {
  const auto slash = name.find('/');
  std::error_code ignored;
  return slash != name.npos && name.find_first_of("/\\", slash + 1) == name.npos && slash > 0 &&
         slash + 1 < name.size() && name.front() != '.' && name.front() != '~' &&
         !std::filesystem::exists(std::string(name.substr(0, slash)), ignored);
}

/// A file or folder and no name of the catalog.
bool is_spelled_as_path(std::string_view name) {
  constexpr std::array<std::string_view, 6> kStarts = {"/", "./", "../", "~/", ".\\", "..\\"};
  return ModelFiles::is_file_name(name) ||
         std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

/// With a folder in it, and there, be it a link that leads nowhere.
bool is_path_in_place(std::string_view name) {
  return name.find_first_of("/\\") != name.npos && ModelFiles::is_path(name) && is_there(std::string(name));
}

Result<const ModelRow*> find_row(std::string_view name, const Catalog& catalog, ModelFiles* files) {
  if (!is_spelled_as_path(name) && (files == nullptr || !is_path_in_place(name))) {
    auto row = catalog.model(name);
    if (row || !ModelFiles::is_path(name)) return row;
    if (may_be_repository(name)) {
      Error error = row.error();
      error.message += "; nor is there such a file or folder";
      return error;
    }
  }
  if (files == nullptr)
    return usage_error(kModelOption, "a file such as " + in_quotes(name) +
                                         " goes with every question about running a model, with inspect and "
                                         "quants; here models of the catalog are asked for, such as 27b");
  const auto file = files->open(std::string(name));
  if (!file) return file.error();
  return &(*file)->row;
}

}  // namespace

Result<ModelWish> parse_models(const std::vector<std::string>& typed, const Catalog& catalog,
                               ModelFiles* files) {
  ModelWish wish;
  wish.everything = typed.empty();
  for (const auto& list : typed) {
    for (const auto name : names_in(list)) {
      if (name.empty()) return usage_error(kModelOption, "--model needs a name, such as --model 27b");
      if (lower_case(name) == "all") {
        wish.everything = true;
        continue;
      }
      const auto row = find_row(name, catalog, files);
      if (!row) {
        Error error = row.error();
        if (error.where.empty()) error.where = kModelOption;
        return error;
      }
      add_once(wish.rows, *row);
    }
  }
  if (wish.everything) {
    for (const ModelRow& row : catalog.rows().models) {
      if (is_default_family(row)) add_once(wish.rows, &row);
    }
  }
  return wish;
}

Model make_model(const ModelRow& row, const Catalog& catalog) {
  Model model;
  model.id = row.id;
  model.name = row.name;
  model.repo = row.repo;
  model.kind = row.kind;
  model.status = row.status;
  model.architecture = row.architecture;
  if (row.has_vision) model.vision = row.vision;
  model.max_context = row.max_context;
  if (const ModelRow* nearest = catalog.model_by_id(row.nearest_released)) {
    model.nearest_released = nearest->name;
    // A size that does not exist takes no more context than its neighbour.
    if (model.max_context == 0) model.max_context = nearest->max_context;
    model.layers_assumed = nearest->architecture.layers;
    model.parameters_assumed = static_cast<double>(row.total_params);
    const ModelRow& like = row.active_params > 0 ? row : *nearest;
    if (row.kind == ModelKind::moe && like.active_params > 0 && like.total_params > 0)
      model.active_share_assumed =
          static_cast<double>(like.active_params) / static_cast<double>(like.total_params);
  }
  model.source = row.source;
  return model;
}

Projector make_projector(const ModelRow& row) {
  if (!row.has_vision) return {};
  return {projector_bytes(row.vision, TensorType::f16), "F16 projector, tensor by tensor"};
}

}  // namespace qwenfit
