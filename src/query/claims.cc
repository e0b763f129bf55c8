#include "query/claims.h"

#include <algorithm>

#include "catalog/names.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The machine is what the text says: so many of one device, or its CPU alone.
bool is_about(std::string_view machine_text, const Machine& machine) {
  const Counted parts = split_count(machine_text);
  const std::size_t count = parts.count.empty() ? 1 : parse_unsigned(parts.count).value_or(0);
  const auto& devices = machine.devices;
  if (devices.empty()) return count == 1 && parts.name == machine.host.cpu_id;
  return devices.size() == count &&
         std::all_of(devices.begin(), devices.end(), [&](const Device& d) { return d.id == parts.name; });
}

}  // namespace

std::vector<GuideClaim> guide_claims(std::string_view model_id, const Machine& machine,
                                     const Catalog& catalog) {
  std::vector<GuideClaim> claims;
  for (const ClaimRow& row : catalog.rows().claims) {
    const auto about = [&](std::string_view text) { return is_about(text, machine); };
    const bool models = std::find(row.models.begin(), row.models.end(), model_id) != row.models.end();
    if (row.kind != ClaimKind::set_up || !models ||
        std::none_of(row.machines.begin(), row.machines.end(), about))
      continue;
    claims.push_back({std::string(row.id), std::string(row.guide), {}, row.low, row.high, row.fits});
    for (const auto quant : row.quants) claims.back().quants.emplace_back(quant);
  }
  return claims;
}

}  // namespace qwenfit
