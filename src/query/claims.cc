#include "query/claims.h"

#include <algorithm>

namespace qwenfit {
namespace {

bool names(Names ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// The machine is `count` of one of the row's devices, or its CPU alone.
bool is_about(const ClaimRow& row, const Machine& machine) {
  const auto& devices = machine.devices;
  if (devices.empty()) return row.count == 1 && names(row.devices, machine.host.cpu_id);
  return devices.size() == row.count && names(row.devices, devices.front().id) &&
         std::all_of(devices.begin(), devices.end(),
                     [&](const Device& d) { return d.id == devices.front().id; });
}

}  // namespace

std::vector<GuideClaim> guide_claims(std::string_view model_id, const Machine& machine,
                                     const Catalog& catalog) {
  std::vector<GuideClaim> claims;
  for (const ClaimRow& row : catalog.rows().claims) {
    if (row.model != model_id || !is_about(row, machine)) continue;
    claims.push_back(
        {std::string(row.id), std::string(row.guide), {}, row.low_tok_s, row.high_tok_s, row.fits});
    for (const auto quant : row.quants) claims.back().quants.emplace_back(quant);
  }
  return claims;
}

}  // namespace qwenfit
