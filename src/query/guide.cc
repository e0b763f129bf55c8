#include "query/guide.h"

#include <cmath>

#include "model/weight_table.h"

namespace qwenfit {
namespace {

Build guide_build(const QuantRow& quant, std::string_view publisher, Bytes bytes) {
  Build build;
  build.quant_id = quant.id;
  build.quant_name = quant.name;
  build.format = quant.format;
  build.bits = quant.bits;
  if (publisher != kEstimatedPublisher) build.publisher = publisher;
  build.basis = TensorBasis::guide;
  build.guide_weights = bytes;
  return build;
}

/// Mean bytes per parameter over the released models of the family; 0 when none has this quant.
double bytes_per_parameter(const ModelRow& model, const QuantRow& quant, const Layouts& layouts,
                           const Catalog& catalog, BuildCache& cache) {
  double sum = 0;
  int count = 0;
  for (const ModelRow& row : catalog.rows().models) {
    if (row.family != model.family || row.status != ModelStatus::released) continue;
    const CachedBuild* sibling = cache.find({row, quant, {}, false, layouts});
    if (!sibling) continue;
    const auto stored = parameter_count(row.architecture, sibling->table->has_mtp_block);
    sum += static_cast<double>(sibling->table->tensor_bytes) / static_cast<double>(stored);
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

}  // namespace

std::vector<Build> guide_builds(const ModelRow& model, const QuantChoice& choice, const Layouts& layouts,
                                const Catalog& catalog, BuildCache& cache) {
  std::vector<Build> builds;
  for (const GuideFigure& figure : model.guide) {
    if (figure.quant != choice.quant->id || (!choice.publisher.empty() && choice.publisher != figure.guide))
      continue;
    Build build = guide_build(*choice.quant, figure.guide, figure.bytes);
    build.file_bytes = figure.bytes;
    build.source = "buying guide " + std::string(figure.guide) + ", claim " + std::string(figure.claim);
    build.quality = cache.quality().of(model, *choice.quant, {});
    builds.push_back(std::move(build));
  }
  if (!builds.empty() || (!choice.publisher.empty() && choice.publisher != kEstimatedPublisher))
    return builds;
  const double per_parameter = bytes_per_parameter(model, *choice.quant, layouts, catalog, cache);
  if (per_parameter > 0) {
    const auto bytes =
        static_cast<Bytes>(std::llround(static_cast<double>(model.total_params) * per_parameter));
    builds.push_back(guide_build(*choice.quant, kEstimatedPublisher, bytes));
    builds.back().quality = cache.quality().of(model, *choice.quant, {});
    builds.back().source =
        "parameters named by the guides at the mean bytes per parameter of the released sizes";
  }
  return builds;
}

}  // namespace qwenfit
