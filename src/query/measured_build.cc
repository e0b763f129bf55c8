#include "query/measured_build.h"

#include <algorithm>
#include <cmath>

#include "placement/layout.h"
#include "placement/plan.h"
#include "query/file_names.h"
#include "query/models.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// Parameters and bytes of the same file differ by what is counted: norms, headers, padding.
constexpr double kSameShare = 0.02;

double apart(double a, double b) {
  return b > 0 ? std::abs(a / b - 1) : HUGE_VAL;
}

/// Smallest relative distance to the parameters of the model, with or without its MTP block.
double distance(std::uint64_t parameters, const Architecture& a) {
  const auto from = [&](bool mtp) {
    return apart(static_cast<double>(parameters), static_cast<double>(parameter_count(a, mtp)));
  };
  return std::min(from(false), a.mtp_layers > 0 ? from(true) : HUGE_VAL);
}

bool is_with_mtp(std::uint64_t parameters, const Architecture& a) {
  if (a.mtp_layers == 0 || parameters == 0) return false;
  const double n = static_cast<double>(parameters);
  return apart(n, static_cast<double>(parameter_count(a, true))) <
         apart(n, static_cast<double>(parameter_count(a, false)));
}

/// The quant in llama.cpp's words: "qwen35 27B Q4_K - Medium", "qwen35moe 35B.A3B IQ4_XS - 4.25 bpw".
const QuantRow* quant_in_words(std::string_view words, const Catalog& catalog) {
  const auto dash = words.find(" - ");
  const std::string_view head = words.substr(0, dash);
  const std::string tail = dash == words.npos ? "" : lower_case(words.substr(dash + 3));
  std::string id = lower_case(head.substr(std::min(head.find_last_of(' ') + 1, head.size())));
  constexpr std::string_view kMix = "iq3_s mix", kMxfp4 = "mxfp4 moe";
  if (lower_case(head).ends_with(kMix)) id = "iq3_m";
  if (lower_case(head).ends_with(kMxfp4)) id = "mxfp4_moe";
  for (const auto& [word, letter] : {std::pair("small", "_s"), {"medium", "_m"}, {"large", "_l"}}) {
    if (!tail.starts_with(word)) continue;
    if (const auto row = catalog.quant(id + letter)) return *row;
  }
  const auto row = catalog.quant(id);
  return row && (*row)->format == "gguf" ? *row : nullptr;
}

/// False where llama.cpp's word for the architecture is of another family, or dense for a mixture.
bool may_be(std::string_view model_type, const ModelRow& row) {
  if (model_type.empty()) return true;
  const std::string word = lower_case(model_type.substr(0, model_type.find(' ')));
  const std::string_view family = row.family.substr(0, row.family.find_first_of("0123456789"));
  return word.starts_with(family) && word.ends_with("moe") == (row.kind == ModelKind::moe);
}

std::string model_text(const BenchRow& row) {
  return row.model_type.empty() ? stem_of(row.model_file) : row.model_type;
}

}  // namespace

Scenario BenchScenario::scenario(const Machine& machine) const {
  Scenario s;
  s.model = &file->model;
  s.build = &file->build;
  s.machine = &machine;
  s.settings = settings;
  return s;
}

bool BenchResolver::in_question(const ModelRow& row) const {
  return std::any_of(question_.models.begin(), question_.models.end(),
                     [&](const Question::Answerable& subject) { return subject.model.id == row.id; });
}

const ModelRow* BenchResolver::model_of(const BenchRow& row) const {
  const ModelRow* named = model_in(stem_of(row.model_file), catalog_);
  const auto fits = [&](const ModelRow& model) {
    const bool counted = row.parameters == 0 || distance(row.parameters, model.architecture) <= kSameShare;
    return counted && may_be(row.model_type, model);
  };
  if (named != nullptr && fits(*named)) return named;
  if (row.parameters == 0) return nullptr;
  const ModelRow* best = nullptr;
  for (const ModelRow& model : catalog_.rows().models) {
    if (model.status != ModelStatus::released || !fits(model)) continue;
    const double d = distance(row.parameters, model.architecture);
    const double least = best == nullptr ? HUGE_VAL : distance(row.parameters, best->architecture);
    // Of models of one shape the one that was asked for.
    if (d < least || (d == least && in_question(model) && !in_question(*best))) best = &model;
  }
  return best;
}

const QuantRow* BenchResolver::quant_of(const BenchRow& row) const {
  const QuantRow* named = quant_in(stem_of(row.model_file), catalog_);
  return named != nullptr ? named : quant_in_words(row.model_type, catalog_);
}

bool BenchResolver::find_weights(const ModelRow& model, const QuantRow& quant, Bytes bytes, bool mtp,
                                 BenchBuild& out) {
  const auto bytes_apart = [&](const WeightTable& table) {
    return bytes == 0 ? 0 : apart(static_cast<double>(bytes), static_cast<double>(table.tensor_bytes));
  };
  const Build* nearest = nullptr;
  for (const auto& subject : question_.models) {
    if (subject.model.id != model.id) continue;
    for (const Build& build : subject.builds) {
      if (build.quant_id != quant.id || build.weights == nullptr) continue;
      if (nearest == nullptr || bytes_apart(*build.weights) < bytes_apart(*nearest->weights))
        nearest = &build;
    }
  }
  if (nearest != nullptr && bytes_apart(*nearest->weights) <= kSameShare) {
    out.build = *nearest;
    return true;
  }
  const CachedBuild* listed = cache_.find({model, quant, "", false, layouts_});
  if (listed != nullptr && bytes_apart(*listed->table) <= kSameShare) {
    out.build = listed->build;
    out.table = listed->table;
    return true;
  }
  if (bytes == 0 || !quant.mixture) return false;
  // The name is believed as far as the bytes allow.
  if (listed != nullptr && bytes_apart(*listed->table) > kSameQuantShare) return false;
  out.table = std::make_shared<const WeightTable>(scaled_weights(
      model.architecture, *quant.mixture, mtp, bytes, layouts_, quant.embedding_type, quant.moe_dense_bits));
  out.build.quant_id = quant.id;
  out.build.quant_name = quant.name;
  out.build.format = quant.format;
  out.build.bits = quant.bits;
  out.build.basis = TensorBasis::scaled;
  out.build.weights = out.table.get();
  out.build.has_mtp_block = out.table->has_mtp_block;
  return true;
}

std::shared_ptr<const BenchBuild> BenchResolver::file_of(const BenchRow& row, const ModelRow& model,
                                                         const QuantRow& quant) {
  const bool mtp = is_with_mtp(row.parameters, model.architecture);
  const Key key{&model, &quant, row.model_bytes, mtp};
  const auto known = files_.find(key);
  if (known != files_.end()) return known->second;
  BenchBuild file;
  file.row = &model;
  file.model = make_model(model, catalog_);
  file.settings = question_.settings;
  file.settings.runtime = "llama.cpp";
  file.settings.parallel = 1;
  file.settings.mtp = file.settings.vision = false;
  file.settings.forced = {};
  const bool found = find_weights(model, quant, row.model_bytes, mtp, file);
  return files_[key] = found ? std::make_shared<const BenchBuild>(std::move(file)) : nullptr;
}

bool BenchResolver::set_options(const BenchRow& row, BenchScenario& out, std::string& why) const {
  Settings& set = out.settings;
  const auto cache_type = [](const std::string& text) {
    return text.empty() ? std::optional(TensorType::f16) : tensor_type_from_id(lower_case(text));
  };
  const auto k = cache_type(row.kv_k);
  const auto v = cache_type(row.kv_v);
  if (!k || !v) {
    why = "an unknown type of cache";
    return false;
  }
  set.kv_k = *k;
  set.kv_v = *v;
  if (row.ubatch > 0) set.ubatch = static_cast<std::uint32_t>(row.ubatch);
  if (row.batch > 0) set.ubatch = static_cast<std::uint32_t>(std::min<Tokens>(set.ubatch, row.batch));
  set.context = std::max<Tokens>(row.depth + row.prompt + row.generated, 1);
  const std::size_t devices = question_.machine.devices.size();
  if (devices == 0) return true;
  set.split_mode = row.split_mode == "tensor" ? SplitMode::tensor : SplitMode::layer;
  if (devices > 1 && row.split_mode == "row") {
    why = "layers split by rows, which is not modelled";
    return false;
  }
  if (row.gpu_layers.value_or(-1) >= 0) set.forced.gpu_layers = static_cast<std::uint32_t>(*row.gpu_layers);
  if (out.file->model.kind == ModelKind::moe) set.forced.cpu_moe_layers = row.cpu_moe_layers;
  std::vector<double> shares;
  for (const auto share : split(row.tensor_split, '/')) {
    if (const auto value = parse_decimal(share); value && *value > 0) shares.push_back(*value);
  }
  if (shares.size() == devices) set.forced.tensor_split = shares;
  return true;
}

std::optional<BenchScenario> BenchResolver::operator()(const BenchRow& row, std::string& why) {
  const ModelRow* model = model_of(row);
  if (model == nullptr) {
    why = in_quotes(model_text(row)) + " is no model of the catalog";
    return std::nullopt;
  }
  const QuantRow* quant = quant_of(row);
  if (quant == nullptr) {
    why = "the quant of " + in_quotes(model_text(row)) + " is not known";
    return std::nullopt;
  }
  BenchScenario out;
  out.file = file_of(row, *model, *quant);
  if (out.file == nullptr) {
    why = std::string(quant->name) + " of " + std::string(model->name) +
          " has another size than model_size says";
    return std::nullopt;
  }
  out.settings = out.file->settings;
  if (!set_options(row, out, why)) return std::nullopt;
  out.placement = default_placement(out.scenario(question_.machine));
  out.in_ram =
      question_.machine.devices.empty() ||
      !lay_out(out.file->model.architecture, out.file->build.has_mtp_block, out.placement).full_offload();
  return out;
}

}  // namespace qwenfit
