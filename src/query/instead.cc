#include "query/instead.h"

#include <algorithm>

#include "query/gpu_spec.h"
#include "query/numbers.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The first devices of the machine, or more of its last: `count` in all. Empty where a name is unknown.
std::vector<std::string> with_count(const std::vector<std::string>& gpus, std::uint32_t count,
                                    const Catalog& catalog) {
  std::vector<std::string> out;
  std::uint32_t left = count;
  for (std::size_t i = 0; i < gpus.size() && left > 0; ++i) {
    const auto spec = parse_gpu(gpus[i], catalog);
    if (!spec) return {};
    const std::uint32_t take = i + 1 == gpus.size() ? left : std::min(left, spec->count);
    out.push_back(std::to_string(take) + "x" + std::string(uncounted(gpus[i], catalog)));
    left -= take;
  }
  return out;
}

/// Devices that were named; a name that is not known counts as one.
std::uint64_t device_count(const Query& query, const Catalog& catalog) {
  std::uint64_t count = 0;
  for (const std::string& text : query.gpu) {
    const auto spec = parse_gpu(text, catalog);
    count += spec ? spec->count : 1;
  }
  return count;
}

/// Bits of the first quant that was named; 0: none was.
std::uint32_t bits_of(const Query& query, const Catalog& catalog) {
  if (query.quant.empty()) return 0;
  const auto first = split(query.quant.front(), ',').front();
  const auto row = catalog.quant(trimmed(first.substr(0, first.find('@'))));
  return row ? (*row)->bits : 0;
}

}  // namespace

std::string choice_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string with_hints(std::string reason, const std::vector<std::string>& hints) {
  bool first = true;
  for (const std::string& hint : hints) {
    if (hint.empty()) continue;
    reason += (first ? ": " : ", or ") + hint;
    first = false;
  }
  return reason;
}

bool Instead::works(const std::function<void(Query&)>& change) const {
  if (!trial_) return false;
  Query changed = query_;
  change(changed);
  return trial_(changed);
}

std::string Instead::backend(Names backends) const {
  for (const auto backend : backends) {
    if (backend == backend_id(Backend::generic)) continue;
    if (works([&](Query& q) { q.backend = backend; })) return "add --backend " + std::string(backend);
  }
  return "";
}

std::string Instead::system(Names systems) const {
  for (const auto os : systems) {
    if (works([&](Query& q) { q.os = os; })) return "type --os " + std::string(os);
  }
  return "";
}

std::string Instead::runtime() const {
  const std::string current = lower_case(trimmed(query_.runtime));
  const std::uint64_t devices = device_count(query_, catalog_);
  std::vector<std::string> others, names;
  for (const RuntimeRow& row : catalog_.rows().runtimes) {
    const bool takes_all = row.max_devices == 0 || devices <= row.max_devices;
    if (row.id != current && takes_all) others.emplace_back(row.id);
  }
  for (const std::string& id : others) {
    if (works([&](Query& q) { q.runtime = id; })) names.push_back(id);
  }
  if (!names.empty()) return "use --runtime " + choice_of(names);
  if (query_.quant.empty() || !trial_) return "";
  for (const std::string& id : others) {
    const QuantRow* quant = nearest_quant([&](Query& q) { q.runtime = id; });
    if (quant != nullptr) return "use --runtime " + id + " with --quant " + std::string(quant->id);
  }
  return "";
}

std::string Instead::quant() const {
  const QuantRow* quant = nearest_quant([](Query&) {});
  if (quant == nullptr) return "";
  const bool others = query_.runtime.empty() && quant->format == "gguf";
  return "use --quant " + std::string(quant->id) + (others ? " in " + Settings{}.runtime : "");
}

const QuantRow* Instead::nearest_quant(const std::function<void(Query&)>& change) const {
  if (!trial_) return nullptr;
  const std::uint32_t bits = bits_of(query_, catalog_);
  std::vector<const QuantRow*> rows;
  for (const QuantRow& row : catalog_.rows().quants) {
    if (row.offer || row.rule) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const QuantRow* a, const QuantRow* b) {
    return distance(a->bits, bits) < distance(b->bits, bits);
  });
  for (const QuantRow* row : rows) {
    const bool taken = works([&](Query& q) {
      change(q);
      q.quant = {std::string(row->id)};
    });
    if (taken) return row;
  }
  return nullptr;
}

std::string Instead::devices(const std::vector<std::uint32_t>& counts) const {
  std::vector<std::string> taken;
  for (const std::uint32_t count : counts) {
    const auto gpus = trial_ ? with_count(query_.gpu, count, catalog_) : std::vector<std::string>{};
    if (!gpus.empty() && works([&](Query& q) { q.gpu = gpus; })) taken.push_back(std::to_string(count));
  }
  if (taken.empty()) return "";
  return "use " + choice_of(taken) + (taken.back() == "1" ? " device" : " devices");
}

std::string Instead::cache(std::string_view where, const std::vector<std::string>& types) const {
  std::vector<std::string> taken;
  for (const std::string& type : types) {
    const bool works_with = works([&](Query& q) {
      if (where == "--kv") q.kv_k.clear(), q.kv_v.clear();
      (where == "--kv-k" ? q.kv_k : where == "--kv-v" ? q.kv_v : q.kv) = type;
    });
    if (works_with) taken.push_back(type);
  }
  return taken.empty() ? "" : "use " + std::string(where) + " " + choice_of(taken);
}

}  // namespace qwenfit
