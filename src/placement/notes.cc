#include "placement/notes.h"

#include <algorithm>

#include "memory/recurrent_state.h"
#include "placement/search.h"
#include "placement/served.h"
#include "placement/sliced.h"
#include "qwenfit/runtime.h"

namespace qwenfit {
namespace {

/// More notes than most answers have: they are kept without growing.
constexpr std::size_t kUsualNotes = 16;
/// Boards for two cards are common, with wide slots for more they are not.
constexpr std::ptrdiff_t kManyCards = 3;

void add_memory_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  const auto& devices = s.machine->devices;
  note(e.guide_only, Note::guide_only);
  note(s.build->basis == TensorBasis::scaled, Note::scaled_weights);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) { return d.reported_basis == FactBasis::estimated; }),
       Note::reported_estimated);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) {
                     return d.kind == DeviceKind::unified && d.limit_basis == FactBasis::estimated;
                   }),
       Note::limit_estimated);
  if (e.guide_only) return;
  const bool served = is_served(s);
  note(served, Note::runtime_estimated);
  note(served && e.verdict == Verdict::no_fit && s.machine->host.capacity.has_value(), Note::no_offload);
  note(!s.build->file_bytes, Note::rounded_size);
  note(!served && e.verdict != Verdict::offload &&
           std::any_of(devices.begin(), devices.end(),
                       [](const Device& d) { return d.rules == ComputeRules::metal; }),
       Note::compute_approximate);
  note(e.verdict == Verdict::offload && !host_is_checked(e), Note::host_unknown);
  note(e.verdict == Verdict::offload, Note::op_offload);
  note(e.placement.cache_in_ram, Note::cache_in_ram);
  const ForcedPlacement& forced = s.settings.forced;
  const bool chosen = !forced.gpu_layers && !forced.cpu_moe_layers;
  note(e.verdict == Verdict::offload && chosen && !holds(e, Margin::comfortable), Note::margin_given_up);
  note(s.machine->left_out > 0, Note::too_many_devices);
  note(!std::is_sorted(devices.begin(), devices.end(),
                       [](const Device& a, const Device& b) { return a.named < b.named; }),
       Note::device_order);
  note(e.verdict != Verdict::no_fit && forced.tensor_split.empty() && !idle_devices(e).empty(),
       Note::idle_device);
  note(devices.empty(), Note::repacked);
  note(s.machine->host.capacity.has_value() && s.settings.runtime == "llama.cpp", Note::server_caches);
  note(std::any_of(devices.begin(), devices.end(),
                   [](const Device& d) {
                     return d.kind == DeviceKind::unified && d.rules != ComputeRules::metal &&
                            d.limit_basis != FactBasis::given;
                   }),
       Note::shared_limit);
  note(served && s.settings.parallel > 1, Note::slots_apart);
  if (served) return;
  const auto in_use =
      std::count_if(e.devices.begin(), e.devices.end() - 1, [](const DeviceMemory& d) { return d.in_use; });
  const bool sliced = is_sliced(s);
  note(in_use > 1 && !sliced && e.verdict != Verdict::offload, Note::pipeline_copies);
  note(sliced, Note::tensor_split);
  note(sliced && e.verdict == Verdict::no_fit && s.machine->host.capacity.has_value(),
       Note::no_sliced_offload);
  const bool mixed = s.settings.kv_k != s.settings.kv_v;
  note(std::any_of(devices.begin(), devices.end(),
                   [&](const Device& d) {
                     const bool iq =
                         s.settings.kv_k == TensorType::iq4_nl || s.settings.kv_v == TensorType::iq4_nl;
                     return (d.rules == ComputeRules::metal && mixed) ||
                            (d.rules == ComputeRules::cuda && iq);
                   }),
       Note::kv_falls_to_cpu);
}

/// llama.cpp does the work: its own server, or a runtime that starts it.
bool runs_llama_cpp(const Scenario& s) {
  return s.build->format == "gguf" && (s.runtime == nullptr || !s.runtime->has_own_memory());
}

void add_machine_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  const auto& devices = s.machine->devices;
  const auto is_card = [](const Device& d) { return d.kind == DeviceKind::gpu; };
  const auto cards = std::count_if(devices.begin(), devices.end(), is_card);
  note(cards > 0 && s.machine->os == Os::windows, Note::spills_to_shared);
  note(display_device(e) != nullptr, Note::display_on_card);
  // Boards whose devices have their own links to each other bring their slots too; a bridge brings none.
  const auto in_known_slot = [](const Device& d) {
    return d.links.empty() ? d.peer_link_bytes_per_s.has_value() : d.links.find("PCIe") != std::string::npos;
  };
  const bool known = std::all_of(devices.begin(), devices.end(), in_known_slot);
  note(cards >= kManyCards && !known, Note::pcie_lanes);
}

void add_llama_cpp_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  const Architecture& a = s.model->architecture;
  e.slot_state = mul(recurrent_state_bytes_per_layer(a), a.linear_attention_layers());
  const bool own_server = s.settings.runtime == "llama.cpp";
  note(own_server && e.slot_state > 0, Note::context_checkpoints);
  note(own_server, Note::server_defaults);
  const bool reads_ram = e.verdict == Verdict::offload || s.machine->devices.empty();
  note(reads_ram, Note::page_cache);
  const auto& ram = s.machine->host.capacity;
  note(ram && s.build->file_bytes && *s.build->file_bytes > *ram, Note::file_above_ram);
}

/// Drafting that gains less than this may as well lose.
constexpr double kWorthwhileGain = 1.05;

void add_speed_notes(const Scenario& s, Estimate& e) {
  const auto note = [&](bool when, Note code) {
    if (when) e.notes.push_back(code);
  };
  note(!e.speed && s.speed != nullptr, Note::speed_unknown);
  if (!e.speed) return;
  const bool reads_ram = e.verdict == Verdict::offload || s.machine->devices.empty();
  note(reads_ram && s.machine->host.bandwidth_assumed, Note::ram_speed_assumed);
  note(!e.speed->prefill, Note::prefill_unknown);
  note(e.speed->decode->basis == SpeedBasis::architecture, Note::speed_from_architecture);
  note(e.speed->mtp_gain && *e.speed->mtp_gain < kWorthwhileGain, Note::mtp_may_slow);
  note(s.settings.parallel > 1, Note::users_widen);
}

}  // namespace

bool has_speed(const Scenario& s, const Estimate& e) {
  const ForcedPlacement& forced = s.settings.forced;
  return e.verdict != Verdict::no_fit || forced.gpu_layers || forced.cpu_moe_layers;
}

void add_notes(const Scenario& s, Estimate& e) {
  e.notes.reserve(kUsualNotes);
  add_memory_notes(s, e);
  if (!e.guide_only) {
    add_machine_notes(s, e);
    if (runs_llama_cpp(s)) add_llama_cpp_notes(s, e);
  }
  if (has_speed(s, e)) add_speed_notes(s, e);
}

}  // namespace qwenfit
