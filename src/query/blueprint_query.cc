#include <algorithm>
#include <array>
#include <cmath>

#include "catalog/locate.h"
#include "query/blueprint.h"
#include "query/board_slots.h"
#include "query/memory_spec.h"
#include "query/text.h"

namespace qwenfit {
namespace {

constexpr double kMillion = 1e6;

/// `ddr5-6000x2`.
std::string memory_words(std::string_view type, std::uint64_t mts, std::uint32_t channels) {
  return std::string(type) + "-" + std::to_string(mts) + "x" + std::to_string(channels);
}

/// Transfers per second, in millions, that a processor's bandwidth stands for; 0: not known.
std::uint64_t rated_mts(const DeviceRow& cpu) {
  if (!cpu.bandwidth_bytes_per_s || cpu.channels == 0) return 0;
  const double rate = static_cast<double>(*cpu.bandwidth_bytes_per_s) / cpu.channels / kMemoryChannelBytes;
  return static_cast<std::uint64_t>(std::llround(rate / kMillion));
}

/// The rated memory of a processor on fewer or more channels than its own; empty where it is not known.
std::string rated_words(const DeviceRow* cpu, std::uint32_t channels) {
  if (cpu == nullptr || cpu->channels == channels || rated_mts(*cpu) == 0) return "";
  const std::string words = memory_words(lower_case(cpu->memory_type), rated_mts(*cpu), channels);
  const auto spec = parse_memory_spec(words);
  return spec && *spec ? words : "";
}

constexpr std::string_view kSlotKey = "pcie";

/// `widths` are of the boards that `cards` are on, in their order.
void put_into(const PlannedBoard& board, const std::vector<std::uint32_t>& widths,
              std::optional<std::uint32_t> case_slots, std::vector<CardSlot>& cards) {
  const std::vector<std::size_t> dealt = deal_slots(board, widths, case_slots);
  std::size_t boards = 0;
  for (CardSlot& card : cards) {
    if (!card.shares_board) ++boards;
    const std::size_t at = dealt[boards - 1];
    if (at >= board.slots.size()) continue;
    card.board_slot = at;
    if (card.own_link) continue;
    card.gen = board.slots[at].gen;
    card.lanes = board.slots[at].lanes;
  }
}

/// What goes after `--gpu` for one card.
std::string gpu_words(const PlannedGpu& gpu, const CardSlot& slot) {
  std::string out(trimmed(gpu.id));
  if (slot.lanes == 0 || gpu.link_lanes) return out;
  out += out.find(':') == std::string::npos ? ":" : ",";
  out += "pcie=" + (slot.gen > 0 ? std::to_string(slot.gen) : "") + "x" + std::to_string(slot.lanes);
  return out;
}

void set_gpus(const Blueprint& build, Query& query) {
  if (build.gpus.empty()) query.gpu = {"none"};
  if (build.is_one_piece()) query.gpu = {build.gpus.front().id};
  const auto slots = card_slots(build);
  for (const std::size_t i : device_order(build))
    query.gpu.push_back(gpu_words(build.gpus[slots[i].gpu], slots[i]));
  const auto says_no = [](const PlannedGpu& g) { return g.display.has_value() && !*g.display; };
  query.headless = !build.gpus.empty() && std::all_of(build.gpus.begin(), build.gpus.end(), says_no);
}

/// The key of the file behind an option.
struct OptionKey {
  std::string_view option, pointer, key;
};
constexpr std::array<OptionKey, 13> kKeys = {{
    {"--gpu", "/gpus", "gpus"},
    {"--backend", "/gpus", "gpus"},
    {"--ram", "/memory/size", "size"},
    {"--cpu", "/cpu/id", "id"},
    {"--os", "/os", "os"},
    {"--runtime", "/runtime", "runtime"},
    {"--storage", "/storage/id", "id"},
    {"--model", "model", "model"},
    {"--quant", "quant", "quant"},
    {"--ctx", "context", "context"},
    {"--kv", "kv", "kv"},
    {"--parallel", "users", "users"},
    {"--vision", "vision", "vision"},
}};

}  // namespace

std::string with_keys(std::string text) {
  for (const OptionKey& key : kKeys) {
    for (std::size_t at = text.find(key.option); at != std::string::npos;
         at = text.find(key.option, at + 1)) {
      const std::size_t end = at + key.option.size();
      const bool whole = end == text.size() || (text[end] != '-' && (text[end] < 'a' || text[end] > 'z'));
      if (whole) text.replace(at, key.option.size(), "\"" + std::string(key.key) + "\"");
    }
  }
  return text;
}

void forget_slot(PlannedGpu& gpu) {
  gpu.slot_gen = gpu.slot_lanes = gpu.link_gen = gpu.link_lanes = std::nullopt;
  const std::size_t colon = gpu.id.find(':');
  if (colon == std::string::npos) return;
  std::string kept;
  for (const std::string_view key : split(std::string_view(gpu.id).substr(colon + 1), ',')) {
    if (!lower_case(trimmed(key)).starts_with(kSlotKey))
      kept += (kept.empty() ? ":" : ",") + std::string(key);
  }
  gpu.id = gpu.id.substr(0, colon) + kept;
}

std::vector<CardSlot> card_slots(const Blueprint& build) {
  std::vector<CardSlot> out;
  if (build.is_one_piece()) return out;
  std::vector<std::uint32_t> widths;
  for (std::size_t i = 0; i < build.gpus.size(); ++i) {
    const PlannedGpu& gpu = build.gpus[i];
    const std::uint32_t per_board = gpu.row != nullptr ? gpu.row->gpus_per_board : 1;
    for (std::uint32_t n = 0; n < gpu.count; ++n) {
      CardSlot card{i, gpu.slot_gen.value_or(gpu.link_gen.value_or(0)),
                    gpu.slot_lanes.value_or(gpu.link_lanes.value_or(0)), std::nullopt};
      card.shares_board = n % per_board != 0;
      card.own_link = card.lanes > 0 || gpu.id.find(kSlotKey) != std::string::npos;
      if (!card.shares_board) widths.push_back(gpu.row != nullptr ? gpu.row->slots : 0);
      out.push_back(card);
    }
  }
  if (build.board) put_into(*build.board, widths, build.housing ? build.housing->slots : std::nullopt, out);
  return out;
}

/// The desktop is drawn on the first device.
std::vector<std::size_t> device_order(const Blueprint& build) {
  std::vector<std::size_t> order;
  const auto slots = card_slots(build);
  for (const bool display : {true, false}) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (build.gpus[slots[i].gpu].display.value_or(false) == display) order.push_back(i);
    }
  }
  return order;
}

std::string memory_type(const Blueprint& build) {
  if (build.memory && !build.memory->type.empty()) return build.memory->type;
  if (build.cpu && build.cpu->row != nullptr) return lower_case(build.cpu->row->memory_type);
  const std::string spec = build.cpu ? lower_case(trimmed(build.cpu->id)) : "";
  return spec.substr(0, std::min(spec.find('-'), spec.size()));
}

std::uint32_t channels_of_cpu(const Blueprint& build) {
  if (!build.cpu) return 0;
  if (build.cpu->row != nullptr) return build.cpu->row->channels;
  const auto spec = parse_memory_spec(build.cpu->id);
  return spec && *spec ? (*spec)->channels : 0;
}

MemoryInUse memory_in_use(const Blueprint& build) {
  MemoryInUse use;
  const DeviceRow* cpu = build.cpu ? build.cpu->row : nullptr;
  const std::uint32_t of_cpu = channels_of_cpu(build);
  const PlannedMemory none;
  const PlannedMemory& memory = build.memory ? *build.memory : none;
  use.channels_known = memory.channels.has_value() || of_cpu > 0;
  use.available = memory.channels.value_or(of_cpu > 0 ? of_cpu : kUsualMemoryChannels);
  if (of_cpu > 0) use.available = std::min(use.available, of_cpu);
  const std::uint32_t modules = memory.modules.value_or(use.available);
  use.channels = std::min(use.available, modules);
  if (modules > use.available) use.uneven = modules % use.available;
  if (memory.speed_mts) {
    use.cpu = memory_words(memory.type, *memory.speed_mts, use.channels);
  } else if (const std::string words = rated_words(cpu, use.channels); !words.empty()) {
    use.cpu = words;
  } else if (build.cpu && !build.cpu->id.empty()) {
    use.cpu = build.cpu->id;
    if (cpu != nullptr && cpu->bandwidth_bytes_per_s)
      use.bandwidth_bytes_per_s = static_cast<double>(*cpu->bandwidth_bytes_per_s);
  }
  if (const auto spec = parse_memory_spec(use.cpu); spec && *spec)
    use.bandwidth_bytes_per_s = (*spec)->bandwidth_bytes_per_s;
  return use;
}

Query query_for(const Blueprint& build, const PlannedWorkload& workload) {
  Query query;
  set_gpus(build, query);
  if (!build.is_one_piece()) {
    if (build.memory) query.ram = build.memory->size;
    query.cpu = memory_in_use(build).cpu;
  }
  query.os = build.os;
  query.runtime = build.runtime;
  if (build.storage) query.storage = build.storage->id;
  query.model = {workload.model};
  if (!workload.quant.empty()) query.quant = {workload.quant};
  query.ctx = workload.context;
  query.kv = workload.kv;
  query.vision = workload.vision;
  if (workload.users > 1) query.parallel = std::to_string(workload.users);
  return query;
}

BuildFault fault_of(const Error& error, const BuildFile& file, std::size_t index) {
  std::string pointer;
  const std::string workload = "/workloads/" + std::to_string(index);
  for (const OptionKey& key : kKeys) {
    if (!error.where.starts_with(key.option)) continue;
    const bool of_machine = key.pointer.starts_with('/');
    pointer = of_machine ? std::string(key.pointer) : workload + "/" + std::string(key.pointer);
    break;
  }
  if (pointer == "/cpu/id" && !file.build.cpu) pointer = "/memory";
  if (pointer == "/gpus" && file.build.gpus.size() == 1) pointer = "/gpus/0/id";
  if (pointer.empty()) pointer = workload;
  return {pointer, line_of(file.text, pointer), with_keys(error.message), error.did_you_mean};
}

}  // namespace qwenfit
