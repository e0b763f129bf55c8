#include "report/notes.h"

#include <array>

namespace qwenfit {
namespace {

/// In the order of `Note`.
constexpr auto kNotes = std::to_array<NoteText>({
    {"guide_only",
     "this size was never released: the weights are a guide's figure or estimated from released sizes, "
     "every other term is unknown",
     true},
    {"scaled_weights",
     "the file's tensor types are not known one by one: the stock mixture is scaled to the published file "
     "size, so the sum is exact and single layers are approximate",
     false},
    {"rounded_size",
     "only a rounded size of this file is published: its weights are computed from the stock mixture", true},
    {"runtime_rules", "memory follows llama.cpp's rules; this runtime can take more or less", true},
    {"reported_estimated",
     "what the driver reports for this device is not known: nominal memory less the usual gap", true},
    {"limit_estimated", "the share of memory that this device may use is estimated, not measured", true},
    {"repacked",
     "llama.cpp may repack weights into a second copy in RAM; the file's own pages of these can then be "
     "dropped, so each weight is counted once",
     false},
    {"server_caches",
     "llama-server's prompt cache and context checkpoints (--cache-ram, --ctx-checkpoints) take more system "
     "RAM; they are not counted",
     false},
    {"shared_limit",
     "how much of its memory this APU may use is a setting (GTT size, BIOS carve-out); qwenfit explain says "
     "which is assumed",
     true},
    {"compute_approximate",
     "the compute buffer is approximate here: within 10 % on Metal, and within 32 MiB of most placements "
     "with weights in system RAM",
     false},
    {"host_unknown", "system RAM was not given (--ram): what the host needs is shown but not checked", false},
    {"pipeline_copies",
     "with every layer on several GPUs llama.cpp keeps extra copies of its inputs for pipeline parallelism",
     false},
    {"tensor_split",
     "the memory of a split by tensor is counted as that of a split by layer, which is close for equal cards",
     true},
    {"kv_falls_to_cpu",
     "this back end has no attention kernel for these KV types, so attention runs on the processor", true},
    {"op_offload",
     "weights in system RAM are copied to the GPU for long prompts; the compute buffer has room for that",
     false},
    {"format_elsewhere",
     "this format does not run on this hardware: MLX needs a Mac, safetensors formats a GPU that is not one",
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
     "few have measured several users at once, so the range of these speeds is wider; the first token is "
     "that of "
     "one request alone",
     true},
    {"prefill_unknown",
     "the arithmetic of a device is not known, so there is no prefill speed; tflops= gives custom hardware "
     "one",
     true},
});
static_assert(kNotes.size() == static_cast<std::size_t>(Note::count));

}  // namespace

const NoteText& note_text(Note note) {
  return kNotes.at(static_cast<std::size_t>(note));
}

}  // namespace qwenfit
