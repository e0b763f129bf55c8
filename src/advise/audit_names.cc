// Names that guides give: tags, runtimes, quants, models to move to.

#include <algorithm>

#include "advise/audit_figures.h"

namespace qwenfit {
namespace {

/// Agrees where everything named is there; else differs, with what is not.
AuditedFigure named_figure(std::string what, const ClaimRow& row, std::vector<std::string> missing,
                           AuditReason reason) {
  AuditedFigure figure{std::move(what), std::string(row.unit)};
  figure.verdict = AuditVerdict::agrees;
  if (missing.empty()) return figure;
  figure.verdict = AuditVerdict::differs;
  figure.reason = reason;
  figure.names = std::move(missing);
  return figure;
}

template <typename Has>
std::vector<std::string> without(Names names, Has has) {
  std::vector<std::string> missing;
  for (const auto name : names) {
    if (!has(name)) missing.emplace_back(name);
  }
  return missing;
}

bool is_released(const Catalog& catalog, std::string_view name) {
  const auto model = catalog.model(name);
  return model && (*model)->status == ModelStatus::released;
}

const RuntimeRow* runtime_of(const Catalog& catalog, std::string_view id) {
  const auto rows = catalog.rows().runtimes;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const RuntimeRow& r) { return r.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

/// Quants that none of the runtimes named takes.
std::vector<std::string> not_taken(const ClaimRow& row, const Catalog& catalog) {
  return without(row.quants, [&](std::string_view id) {
    const QuantRow* quant = catalog.quant_by_id(id);
    return quant != nullptr && std::any_of(row.names.begin(), row.names.end(), [&](std::string_view runtime) {
             const auto& takers = quant->runtimes;
             return std::find(takers.begin(), takers.end(), runtime) != takers.end();
           });
  });
}

/// Quants that nobody publishes of one of the models.
std::vector<std::string> not_published(const ClaimRow& row, const Catalog& catalog) {
  return without(row.quants, [&](std::string_view quant) {
    return std::all_of(row.models.begin(), row.models.end(),
                       [&](std::string_view model) { return !catalog.builds_of(model, quant).empty(); });
  });
}

/// Models that do not fit on one of the machines, or were never released.
std::vector<std::string> not_running(const ClaimRow& row, Names models, Resolver& resolver) {
  return without(models, [&](std::string_view model) {
    if (!is_released(resolver.catalog(), model)) return false;
    return std::all_of(row.machines.begin(), row.machines.end(), [&](std::string_view machine) {
      std::vector<AuditedFigure> ignored;
      const auto asked =
          ask_for(resolver, claim_query(row, machine, model, resolver.catalog()), row, "", ignored);
      return asked && anything_fits(asked->answers);
    });
  });
}

}  // namespace

void audit_names(const ClaimRow& row, Resolver& resolver, std::vector<AuditedFigure>& figures) {
  const Catalog& catalog = resolver.catalog();
  const auto found = [&](std::string what, std::vector<std::string> missing,
                         AuditReason reason = AuditReason::not_there) {
    figures.push_back(named_figure(std::move(what), row, std::move(missing), reason));
  };
  switch (row.kind) {
    case ClaimKind::ollama_tags:
      return found("tags of released models",
                   without(row.names, [&](auto tag) { return is_released(catalog, tag); }),
                   AuditReason::never_released);
    case ClaimKind::runtimes:
      return found("runtimes",
                   without(row.names, [&](auto id) { return runtime_of(catalog, id) != nullptr; }));
    case ClaimKind::runtime_quants:
      return found("quants of the runtime", not_taken(row, catalog));
    case ClaimKind::published_quants:
      return found("published quants", not_published(row, catalog));
    case ClaimKind::upgrade:
      found("what ran of Qwen 3", not_running(row, row.models, resolver), AuditReason::no_fit);
      return found("what runs of Qwen 3.5", not_running(row, row.names, resolver),
                   AuditReason::never_released);
    default:
      return;
  }
}

}  // namespace qwenfit
