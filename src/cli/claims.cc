#include <algorithm>

#include "advise/audit.h"
#include "catalog/names.h"
#include "cli/commands.h"
#include "query/gpu_spec.h"
#include "query/models.h"
#include "query/text.h"
#include "report/audit.h"

namespace qwenfit {
namespace {

/// A device of --gpu or --cpu, and how many where that was typed.
struct WantedDevice {
  std::string_view id;
  std::optional<std::uint32_t> count;
};

struct ClaimFilter {
  std::string_view words;
  std::vector<const ModelRow*> models;
  std::vector<WantedDevice> devices;
};

Result<ClaimFilter> read_filter(const Invocation& call) {
  const Query& query = call.line.query;
  ClaimFilter filter{call.line.argument, {}, {}};
  if (!query.model.empty()) {
    const auto wish = parse_models(query.model, call.catalog);
    if (!wish) return wish.error();
    filter.models = wish->rows;
  }
  for (const std::string& typed : query.gpu) {
    const auto spec = parse_gpu(typed, call.catalog);
    if (!spec) return spec.error();
    if (spec->row == nullptr)
      return usage_error("--gpu", "claims are about devices of the catalog; name one, such as --gpu rtx3090");
    const bool counted = uncounted(typed, call.catalog) != trimmed(typed);
    filter.devices.push_back({spec->row->id, counted ? std::optional(spec->count) : std::nullopt});
  }
  if (!query.cpu.empty()) {
    const auto cpu = call.catalog.cpu(query.cpu);
    if (!cpu) return cpu.error();
    filter.devices.push_back({(*cpu)->id, std::nullopt});
  }
  return filter;
}

bool is_about(const ClaimRow& row, const ModelRow& model, const Catalog& catalog) {
  if (contains(row.models, model.id)) return true;
  return std::any_of(row.names.begin(), row.names.end(), [&](std::string_view name) {
    const auto named = catalog.model(name);
    return named && *named == &model;
  });
}

bool is_about(const ClaimRow& row, const WantedDevice& device) {
  const auto is_it = [&](std::string_view machine) {
    const Counted parts = split_count(machine);
    const auto count = parts.count.empty() ? 1 : parse_unsigned(parts.count).value_or(0);
    return parts.name == device.id && (!device.count || *device.count == count);
  };
  return std::any_of(row.machines.begin(), row.machines.end(), is_it) ||
         std::any_of(row.names.begin(), row.names.end(), is_it);
}

/// By what the guide says alone. A whole id names one claim.
bool may_be_wanted(const ClaimRow& row, const ClaimFilter& filter, const Catalog& catalog) {
  const auto claims = catalog.rows().claims;
  const bool is_id =
      std::any_of(claims.begin(), claims.end(), [&](const ClaimRow& c) { return c.id == filter.words; });
  if (is_id && row.id != filter.words) return false;
  const auto& models = filter.models;
  const auto& devices = filter.devices;
  return (models.empty() || std::any_of(models.begin(), models.end(),
                                        [&](const ModelRow* m) { return is_about(row, *m, catalog); })) &&
         (devices.empty() || std::any_of(devices.begin(), devices.end(),
                                         [&](const WantedDevice& d) { return is_about(row, d); }));
}

/// By its verdict and reasons too.
bool has_words(const AuditedClaim& claim, std::string_view words) {
  const ClaimRow& row = *claim.row;
  std::vector<std::string_view> texts = {row.subject};
  for (const Names names : {row.models, row.machines, row.names})
    texts.insert(texts.end(), names.begin(), names.end());
  for (const AuditedFigure& figure : claim.figures) texts.push_back(audit_reason_id(figure.reason));
  return matches_filter(words, row.id, row.guide, audit_verdict_id(claim.verdict()), texts);
}

void print(const Invocation& call, const std::vector<AuditedClaim>& claims) {
  if (call.line.quiet) return print_claims_line(call.out, claims);
  switch (call.line.format) {
    case Format::table:
      return print_claims(call.out, claims, call.style);
    case Format::json:
      return print_claims_json(call.out, claims, call.info);
    case Format::csv:
      return print_claims_csv(call.out, claims);
    case Format::markdown:
      return print_claims_markdown(call.out, claims);
  }
}

}  // namespace

Result<int> run_claims(const Invocation& call) {
  const auto filter = read_filter(call);
  if (!filter) return filter.error();
  Resolver resolver(call.catalog);
  std::vector<AuditedClaim> claims;
  for (const ClaimRow& row : call.catalog.rows().claims) {
    if (!may_be_wanted(row, *filter, call.catalog)) continue;
    AuditedClaim claim = audit(row, resolver);
    if (has_words(claim, filter->words)) claims.push_back(std::move(claim));
  }
  if (claims.empty())
    return usage_error(
        "FILTER",
        "no claim of the guides is about that; words of a guide, subject, model, device or "
        "verdict (agrees, differs, impossible, not_checkable) select some, as --model and --gpu do");
  print(call, claims);
  return 0;
}

}  // namespace qwenfit
