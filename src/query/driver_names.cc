#include "query/driver_names.h"

#include "query/text.h"

namespace qwenfit {

std::vector<std::string> devices_named(std::string_view name, DeviceOption option, const Catalog& catalog) {
  const auto row =
      option == DeviceOption::gpu ? catalog.gpu(name, Suggest::no) : catalog.cpu(name, Suggest::no);
  if (row) return {std::string((*row)->id)};
  return row.error().code == ErrorCode::ambiguous_name ? row.error().did_you_mean
                                                       : std::vector<std::string>();
}

std::vector<std::string> devices_known_as(std::string_view name, DeviceOption option,
                                          const Catalog& catalog) {
  for (std::string_view rest = trimmed(name); rest.find_first_of("0123456789") != rest.npos;) {
    auto ids = devices_named(rest, option, catalog);
    if (!ids.empty()) return ids;
    const auto blank = rest.find_last_of(" (");
    if (blank == rest.npos) break;
    rest = trimmed(rest.substr(0, blank));
  }
  return {};
}

}  // namespace qwenfit
