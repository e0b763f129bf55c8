#include "report/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "advise/figures.h"
#include "report/format.h"
#include "report/launch_script.h"

namespace qwenfit {
namespace {

/// In the order of `Note`.
constexpr auto kNotes = std::to_array<NoteText>({
    {"guide_only",
     "this size was never released: the weights are a guide's figure or estimated from released sizes, "
     "every other term is unknown",
     true},
    {"scaled_weights",
     "the file's tensor types are not known one by one: the stock mixture is scaled to the published "
     "file size, so the sum is exact and single layers are approximate",
     false},
    {"rounded_size",
     "only a rounded size of this file is published: its weights are computed from the stock mixture", true},
    {"runtime_estimated",
     "this runtime's weights, cache and states follow its own rules; its activations are a bound from "
     "few logs, so a tight fit is not certain",
     true},
    {"reported_estimated",
     "what the driver reports for this device is not known: nominal memory less the usual gap", true},
    {"limit_estimated", "the share of memory that this device may use is estimated, not measured", true},
    {"repacked",
     "llama.cpp may repack weights into a second copy in RAM; the file's own pages of these can then be "
     "dropped, so each weight is counted once",
     false},
    {"server_caches", "llama-server's prompt cache (--cache-ram) takes more system RAM; it is not counted",
     false},
    {"shared_limit",
     "how much of its memory this APU may use is a setting (GTT size, BIOS carve-out); qwenfit explain "
     "says which is assumed",
     true},
    {"compute_approximate", "the compute buffer is approximate on Metal: within 10 %", false},
    {"host_unknown", "system RAM was not given (--ram): what the host needs is shown but not checked", false},
    {"pipeline_copies",
     "with every layer on several GPUs llama.cpp keeps extra copies of its inputs for pipeline parallelism",
     false},
    {"tensor_split",
     "llama.cpp calls its split by tensor experimental; it is fast on equal cards with fast links and a "
     "build with NCCL (for AMD RCCL)",
     true},
    {"kv_falls_to_cpu",
     "this back end has no attention kernel for these KV types, so attention runs on the processor", true},
    {"op_offload",
     "weights in system RAM are copied to the GPU for long prompts; the compute buffer has room for that",
     false},
    {"no_offload", "this runtime is counted with everything on the devices: system RAM does not help it",
     true},
    {"no_sliced_offload", "a split by tensor keeps everything on the devices: --split-mode layer can use RAM",
     true},
    {"slots_apart",
     "every --parallel slot has room for the whole context of its own here; llama.cpp's slots share one",
     true},
    {"speed_unknown",
     "the memory bandwidth of a device is not known, so there is no speed; bandwidth=GB/s gives custom "
     "hardware one",
     true},
    {"ram_speed_assumed",
     "the speed of system RAM is assumed; --cpu NAME or a memory such as --cpu ddr5-6000 makes it known",
     true},
    {"mtp_may_slow",
     "drafting with MTP gains little or nothing here and may slow decode down: compare without --mtp", true},
    {"speed_from_architecture",
     "nobody has measured this device: its speed follows others of its architecture, within a wider range",
     false},
    {"users_widen",
     "few have measured several users at once, so the range of these speeds is wider; the first token is"
     " that of one request alone",
     true},
    {"prefill_unknown",
     "the arithmetic of a device is not known, so there is no prefill speed; tflops= gives custom "
     "hardware one",
     true},
    {"spills_to_shared",
     "Windows moves what does not fit on a card to shared system memory instead of failing, and that is "
     "many times slower; keep more free, or forbid it in the driver (NVIDIA: CUDA sysmem fallback "
     "policy)",
     true},
    {"display_on_card",
     "a desktop on the GPU that was named first is counted with its usual need; browsers and games take "
     "more, "
     "--headless counts none",
     false},
    {"context_checkpoints",
     "llama-server keeps checkpoints of the recurrent state in system RAM (--ctx-checkpoints); they are "
     "not counted",
     false},
    {"server_defaults",
     "left out, -c means the model's whole context and -np several slots, so the command names both", false},
    {"page_cache",
     "weights in system RAM are pages of the mapped file: monitors show them as cache, and a system that"
     " is short of memory drops them and reads them again (--load-mode none copies them instead)",
     false},
    {"file_above_ram",
     "the file is larger than system RAM, so no copy of it stays in the page cache: every start reads it"
     " from storage again",
     true},
    {"pcie_lanes",
     "few boards have more than two slots of 16 or 8 lanes: further cards often run at x4 or less, which"
     " slows loading, weights in system RAM and a split by tensor; pcie=4x4 after a card's name counts "
     "that",
     true},
    {"cache_in_ram",
     "the KV cache is in system RAM, because with the context full that is faster than layers there: fast "
     "while the context is short, slower as it fills (llama.cpp's --no-kv-offload)",
     true},
    {"margin_given_up",
     "less is kept free than usual: keeping the usual margin would need more in system RAM and cost more "
     "than a tenth of the speed, or nothing would fit; close other programs, or take a shorter context, if "
     "loading fails",
     true},
    {"too_many_devices",
     "the runtime takes fewer devices, and a start with all of them fails: this is the answer without the "
     "slowest of them; a build of it can have a higher limit (llama.cpp: GGML_SCHED_MAX_BACKENDS, which "
     "counts the CPU too)",
     true},
    {"idle_device",
     "a card stays empty, and is kept from the runtime: it would cost more than it gains, or the runtime "
     "takes one card alone",
     true},
    {"device_order",
     "the cards are taken fastest first, as CUDA numbers them, not as they were named, and --tensor-split "
     "counts them so; other back ends may number them otherwise",
     false},
});
static_assert(kNotes.size() == static_cast<std::size_t>(Note::count));

/// What llama-server takes when the option is left out; none where the table does not say.
std::optional<std::uint64_t> server_default(std::span<const RuntimeOptionRow> options,
                                            std::string_view name) {
  const RuntimeOptionRow* row = option_row(options, "llama.cpp", "llama-server", name);
  if (row == nullptr || !row->usual) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*row->usual));
}

/// Checkpoints of all slots: one every so many tokens, up to a number of them.
struct Checkpoints {
  std::uint64_t copies = 0, most_per_slot = 0;
  Bytes bytes = 0;
};

std::optional<Checkpoints> checkpoints_of(const Answer& answer, std::span<const RuntimeOptionRow> options) {
  const auto most = server_default(options, "-ctxcp");
  const auto step = server_default(options, "-cms");
  if (!most || !step || *step == 0) return std::nullopt;
  // The slots share the context: however they fill it, each keeps the rest of a step at the most.
  const std::uint64_t slots = answer.settings.parallel;
  const std::uint64_t reached = add(answer.settings.context / *step, slots > 1 ? slots : 0);
  const std::uint64_t copies = std::clamp<std::uint64_t>(reached, slots, mul(*most, slots));
  return Checkpoints{copies, *most, mul(answer.estimate.slot_state, copies)};
}

bool exceeds_free_ram(const Checkpoints& kept, const Answer& answer) {
  const auto free = answer.estimate.devices.back().free();
  return free && host_is_checked(answer.estimate) && static_cast<SignedBytes>(kept.bytes) > *free;
}

std::string checkpoint_sentence(const Answer& answer, std::span<const RuntimeOptionRow> options) {
  const auto kept = checkpoints_of(answer, options);
  if (!kept) return std::string(note_text(Note::context_checkpoints).text);
  return fmt::format(
      "llama-server keeps up to {} context checkpoints of {} MiB in system RAM at this context, {} GiB in"
      " all (at most {} per slot, --ctx-checkpoints); they are not counted",
      kept->copies, mib(answer.estimate.slot_state), gib(kept->bytes), kept->most_per_slot);
}

bool has_note(const Estimate& e, Note note) {
  return std::find(e.notes.begin(), e.notes.end(), note) != e.notes.end();
}

std::string idle_sentence(const Answer& answer) {
  std::string cards;
  const auto idle = idle_devices(answer.estimate);
  for (const std::size_t row : idle) cards += fmt::format("{}{}", cards.empty() ? "" : ", ", row);
  return fmt::format("GPU{} {} stay{} empty: {} would cost more than {}, or the runtime takes one card alone",
                     idle.size() == 1 ? "" : "s", cards, idle.size() == 1 ? "s" : "",
                     idle.size() == 1 ? "it" : "they", idle.size() == 1 ? "it gains" : "they gain");
}

/// What is short on the device is no more than its desktop takes.
bool display_decides(const DeviceMemory& device) {
  const auto free = device.free();
  return free && *free < 0 && *free + static_cast<SignedBytes>(device.terms[Term::display]) >= 0;
}

std::string display_words(const Estimate& e) {
  const DeviceMemory* device = display_device(e);
  if (device == nullptr) return "";
  return fmt::format("{} GiB of {} is left to a desktop (--headless: none)",
                     gib(device->terms[Term::display]),
                     device->device == 0 ? "the first GPU" : fmt::format("GPU {}", device->device));
}

std::string default_sentence(const Answer& answer, std::span<const RuntimeOptionRow> options) {
  const auto slots = server_default(options, "-np");
  if (!slots) return std::string(note_text(Note::server_defaults).text);
  return fmt::format(
      "without -c and -np llama-server takes the model's whole context of {} tokens for each of {} slots,"
      " as far as memory allows, and a recurrent state per slot: the command names both",
      tokens_exact(answer.subject->model.max_context), *slots);
}

}  // namespace

const NoteText& note_text(Note note) {
  return kNotes.at(static_cast<std::size_t>(note));
}

bool is_on_screen(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options) {
  const Estimate& e = answer.estimate;
  switch (note) {
    case Note::spills_to_shared:
      return !is_on_devices(e.verdict) ? e.verdict == Verdict::no_fit || has_note(e, Note::margin_given_up)
                                       : e.verdict == Verdict::tight;
    case Note::context_checkpoints: {
      const auto kept = checkpoints_of(answer, options);
      return kept && (kept->bytes >= advice_figures().noticeable_ram || exceeds_free_ram(*kept, answer));
    }
    case Note::display_on_card: {
      const DeviceMemory* device = display_device(e);
      return device != nullptr && (e.verdict != Verdict::no_fit || display_decides(*device));
    }
    case Note::server_defaults:
      return is_on_devices(e.verdict) && answer.max_context.limited_by == ContextLimit::memory;
    case Note::page_cache:
      return e.verdict != Verdict::no_fit;
    default:
      return note_text(note).on_screen;
  }
}

std::string pool_words(const Answer& answer) {
  constexpr double kTenths = 10;
  const std::uint32_t slots = answer.settings.parallel;
  const double requests = std::floor(answer.estimate.concurrency.value_or(0) * kTenths) / kTenths;
  const std::string start = fmt::format("started for {} slot{}, its pool has ", slots, slots == 1 ? "" : "s");
  const std::string context = tokens_exact(answer.settings.context);
  if (requests < 1) return fmt::format("{}no room for a whole request of {} tokens", start, context);
  return fmt::format("{}room for {:.1f} requests of {} tokens, less with more slots", start, requests,
                     context);
}

std::string note_sentence(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options) {
  if (note == Note::context_checkpoints && answer.estimate.slot_state > 0)
    return checkpoint_sentence(answer, options);
  if (note == Note::server_defaults) return default_sentence(answer, options);
  if (note == Note::idle_device) return idle_sentence(answer);
  if (note == Note::runtime_estimated && answer.estimate.concurrency) {
    return fmt::format("{}; {}", note_text(note).text, pool_words(answer));
  }
  return std::string(note_text(note).text);
}

std::string screen_sentence(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options) {
  const Estimate& e = answer.estimate;
  switch (note) {
    case Note::display_on_card:
      return display_words(e);
    case Note::context_checkpoints:
      if (const auto kept = checkpoints_of(answer, options); kept && !exceeds_free_ram(*kept, answer))
        return fmt::format("context checkpoints take up to {} GiB more of system RAM (-ctxcp)",
                           gib(kept->bytes));
      break;
    case Note::server_defaults:
      if (const auto slots = server_default(options, "-np"))
        return fmt::format("without -c and -np llama-server takes {} for each of {} slots",
                           tokens_exact(answer.subject->model.max_context), *slots);
      break;
    case Note::page_cache:
      return "weights in system RAM are the mapped file: monitors count them as cache";
    default:
      break;
  }
  return note_sentence(note, answer, options);
}

}  // namespace qwenfit
