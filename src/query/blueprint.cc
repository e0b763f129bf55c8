#include "query/blueprint.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "catalog/locate.h"
#include "catalog/names.h"
#include "catalog/schemas.h"
#include "catalog/validate.h"
#include "query/gpu_spec.h"
#include "query/links.h"
#include "query/memory_spec.h"
#include "query/sizes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

using json = nlohmann::json;

template <typename T>
void take(const json& object, const char* key, T& member) {
  if (const auto found = object.find(key); found != object.end()) member = found->get<T>();
}
template <typename T>
void take(const json& object, const char* key, std::optional<T>& member) {
  if (const auto found = object.find(key); found != object.end()) member = found->get<T>();
}
const json* part(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

PlannedGpu read_gpu(const json& from) {
  PlannedGpu gpu;
  take(from, "id", gpu.id);
  take(from, "count", gpu.count);
  take(from, "slot_pcie_gen", gpu.slot_gen);
  take(from, "slot_lanes", gpu.slot_lanes);
  take(from, "display", gpu.display);
  take(from, "power_limit_w", gpu.power_limit_w);
  take(from, "price_usd", gpu.price_usd);
  return gpu;
}

PlannedWorkload read_workload(const json& from) {
  PlannedWorkload w;
  take(from, "name", w.name);
  take(from, "model", w.model);
  take(from, "quant", w.quant);
  if (const json* context = part(from, "context"))
    w.context = context->is_string() ? context->get<std::string>() : context->dump();
  take(from, "kv", w.kv);
  take(from, "users", w.users);
  take(from, "min_tok_s", w.min_tok_s);
  take(from, "vision", w.vision);
  return w;
}

PlannedBoard read_board(const json& from) {
  PlannedBoard board;
  take(from, "price_usd", board.price_usd);
  const json* slots = part(from, "slots");
  if (slots == nullptr) return board;
  for (const json& each : *slots) {
    PlannedSlot& slot = board.slots.emplace_back();
    take(each, "gen", slot.gen);
    take(each, "lanes", slot.lanes);
    take(each, "spacing", slot.spacing);
  }
  return board;
}

void read_computer(const json& from, Blueprint& build) {
  if (const json* cpu = part(from, "cpu")) {
    PlannedCpu& to = build.cpu.emplace();
    take(*cpu, "id", to.id);
    take(*cpu, "power_w", to.power_w);
    take(*cpu, "price_usd", to.price_usd);
  }
  if (const json* memory = part(from, "memory")) {
    PlannedMemory& to = build.memory.emplace();
    take(*memory, "size", to.size);
    take(*memory, "type", to.type);
    take(*memory, "speed_mts", to.speed_mts);
    take(*memory, "channels", to.channels);
    take(*memory, "modules", to.modules);
    take(*memory, "price_usd", to.price_usd);
  }
  if (const json* supply = part(from, "power_supply")) {
    PlannedSupply& to = build.supply.emplace();
    take(*supply, "watts", to.watts);
    take(*supply, "atx", to.atx);
    take(*supply, "price_usd", to.price_usd);
  }
  if (const json* housing = part(from, "case")) {
    PlannedCase& to = build.housing.emplace();
    take(*housing, "slots", to.slots);
    take(*housing, "price_usd", to.price_usd);
  }
  if (const json* board = part(from, "motherboard")) build.board = read_board(*board);
  if (const json* storage = part(from, "storage")) {
    PlannedStorage& to = build.storage.emplace();
    take(*storage, "id", to.id);
    take(*storage, "size", to.size);
    take(*storage, "price_usd", to.price_usd);
  }
}

/// What a document that keeps to the schema says.
Blueprint read_blueprint(const json& from) {
  Blueprint build;
  take(from, "name", build.name);
  if (const json* gpus = part(from, "gpus")) {
    for (const json& gpu : *gpus) build.gpus.push_back(read_gpu(gpu));
  }
  read_computer(from, build);
  take(from, "os", build.os);
  take(from, "runtime", build.runtime);
  for (const json& workload : from.at("workloads")) build.workloads.push_back(read_workload(workload));
  take(from, "budget_usd", build.budget_usd);
  return build;
}

/// What a schema cannot say about the parts of a build, name by name.
class PartChecker {
 public:
  PartChecker(BuildFile& file, const Catalog& catalog, std::vector<BuildFault>& faults)
      : file_(file), build_(file.build), catalog_(catalog), faults_(faults) {}

  void check() {
    std::uint32_t cards = 0;
    for (std::size_t i = 0; i < build_.gpus.size(); ++i) {
      check_gpu(build_.gpus[i], "/gpus/" + std::to_string(i));
      cards += build_.gpus[i].count;
    }
    if (cards > kMostDevices)
      fault("/gpus", "expected at most " + std::to_string(kMostDevices) + " cards in all, found " +
                         std::to_string(cards));
    const auto whole = std::find_if(build_.gpus.begin(), build_.gpus.end(),
                                    [](const PlannedGpu& g) { return g.row && g.row->unified; });
    if (whole != build_.gpus.end() && (cards > 1))
      fault("/gpus", std::string(whole->row->name) +
                         " is a whole computer with unified memory: leave it alone in \"gpus\", or out");
    if (build_.gpus.empty() && !build_.memory)
      fault("", "a build without gpus runs from system RAM: add \"gpus\", or \"memory\" with its size");
    if (build_.cpu) check_cpu(*build_.cpu);
    if (build_.memory) check_memory(*build_.memory);
    if (build_.storage && !build_.storage->size.empty()) check_size(build_.storage->size, "/storage/size");
  }

 private:
  void fault(const std::string& pointer, std::string text, std::vector<std::string> near = {}) {
    faults_.push_back({pointer, line_of(file_.text, pointer), std::move(text), std::move(near), 0});
  }

  void check_gpu(PlannedGpu& gpu, const std::string& pointer) {
    const std::string lower = lower_case(trimmed(gpu.id));
    if (lower == "none")
      return fault(pointer + "/id", "\"none\" is no card: leave \"gpus\" out for a computer without one");
    const auto spec = parse_gpu(gpu.id, catalog_);
    if (!spec)
      return fault(pointer + "/id", in_terms_of_file(spec.error().message, "--gpu", "--cpu", "cpu"),
                   spec.error().did_you_mean);
    if (spec->count != 1 || uncounted(gpu.id, catalog_) != trimmed(gpu.id))
      return fault(pointer + "/id", "the number of cards goes into \"count\": write \"id\": \"" +
                                        printable(uncounted(gpu.id, catalog_)) +
                                        "\", \"count\": " + std::to_string(spec->count));
    gpu.row = spec->row;
    if (const auto slot = spec->host_link != nullptr ? pcie_slot(*spec->host_link) : std::nullopt)
      std::tie(gpu.link_gen, gpu.link_lanes) = *slot;
    if (spec->host_link != nullptr && (gpu.slot_gen || gpu.slot_lanes))
      fault(pointer + "/id", "the slot is named twice: drop pcie= or slot_pcie_gen and slot_lanes");
    if (gpu.slot_gen && !gpu.slot_lanes)
      fault(pointer, "expected key \"slot_lanes\" beside \"slot_pcie_gen\"");
    if (gpu.slot_lanes && !gpu.slot_gen && (gpu.row == nullptr || gpu.row->pcie_gen == 0))
      fault(pointer, "expected key \"slot_pcie_gen\" beside \"slot_lanes\": the card's own is not known");
  }

  /// Messages of `option` speak about it and about the option for the other kind of device, `other`, whose
  /// place in the file is `key`.
  static std::string in_terms_of_file(std::string text, std::string_view option, std::string_view other,
                                      const std::string& key) {
    const auto replace = [&](std::string_view from, const std::string& to) {
      for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    };
    replace("give it as " + std::string(other), "write it into \"" + key + "\" as the \"id\"");
    replace(option, "\"id\"");
    return with_keys(std::move(text));
  }

  void check_cpu(PlannedCpu& cpu) {
    if (cpu.id.empty()) return;
    if (const auto memory = parse_memory_spec(cpu.id)) {
      if (!*memory)
        return fault("/cpu/id",
                     "expected memory as ddr5-6000 or ddr4-3200x4 (rate in MT/s, channels), found " +
                         in_quotes(cpu.id));
      const auto& m = build_.memory;
      if (m && (m->speed_mts || m->channels || m->modules))
        fault("/cpu/id",
              "the memory is described twice: name the processor here, and type, speed_mts, "
              "channels and modules in \"memory\"");
      return;
    }
    const auto row = catalog_.cpu(trimmed(cpu.id));
    if (!row)
      return fault("/cpu/id", in_terms_of_file(row.error().message, "--cpu", "--gpu", "gpus"),
                   row.error().did_you_mean);
    cpu.row = *row;
  }

  void check_size(const std::string& size, const char* pointer) {
    if (const auto bytes = parse_size(size, "\"size\""); !bytes) fault(pointer, bytes.error().message);
  }

  void check_memory(const PlannedMemory& memory) {
    if (!memory.size.empty()) check_size(memory.size, "/memory/size");
    if (memory.speed_mts && memory.type.empty())
      fault("/memory", "expected key \"type\" beside \"speed_mts\", such as \"ddr5\"");
    if (!memory.type.empty() && !memory.speed_mts)
      fault("/memory", "expected key \"speed_mts\" beside \"type\", such as 6000 for DDR5-6000");
  }

  BuildFile& file_;
  Blueprint& build_;
  const Catalog& catalog_;
  std::vector<BuildFault>& faults_;
};

/// Faults of the text and against the schema, with their lines.
void keep(const Findings& findings, std::string_view text, std::vector<BuildFault>& faults) {
  for (const Finding& finding : findings) {
    const bool unread = finding.place.line > 0;
    faults.push_back({finding.pointer,
                      unread ? finding.place.line : line_of(text, finding.pointer),
                      finding.text,
                      {},
                      finding.place.column});
  }
}

}  // namespace

std::optional<BuildFile> parse_build(std::string path, std::string text, const Catalog& catalog,
                                     std::vector<BuildFault>& faults) {
  constexpr std::string_view kSchema = "qwenfit.build";
  Findings findings;
  const auto document = parse_document(path, text, findings, Comments::yes);
  if (document && !document->value.is_object())
    findings.push_back({path, "", "expected an object with the keys \"gpus\" and \"workloads\""});
  if (document && findings.empty()) validate_against(embedded_schema(kSchema), kSchema, *document, findings);
  if (!document || !findings.empty()) {
    keep(findings, text, faults);
    return std::nullopt;
  }
  BuildFile file{std::move(path), std::move(text), read_blueprint(document->value)};
  PartChecker(file, catalog, faults).check();
  if (!faults.empty()) return std::nullopt;
  return file;
}

std::optional<BuildFile> read_build(const std::string& path, const Catalog& catalog,
                                    std::vector<BuildFault>& faults) {
  Findings findings;
  auto text = read_text(path, findings);
  if (text) return parse_build(path, std::move(*text), catalog, faults);
  for (const Finding& finding : findings) faults.push_back({"", 0, finding.text, {}, 0});
  return std::nullopt;
}

Error to_error(const BuildFault& fault, std::string_view path) {
  std::string where = printable(path);
  if (fault.line > 0) where += ":" + std::to_string(fault.line);
  if (fault.column > 0) where += ":" + std::to_string(fault.column);
  if (!fault.pointer.empty()) where += ":" + printable(fault.pointer);
  return {ErrorCode::bad_file, where + ": " + fault.text, where, fault.did_you_mean};
}

}  // namespace qwenfit
