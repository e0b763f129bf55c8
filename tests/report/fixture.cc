#include "report/fixture.h"

#include <limits>

#include "report/speed_fixture.h"

namespace qwenfit {
namespace {

constexpr Bytes kTenthGiB = kGiB / 10;

Device gpu(std::string id, std::string name, Bytes capacity, Bytes limit) {
  Device d;
  d.id = std::move(id);
  d.name = std::move(name);
  d.capacity = capacity;
  d.reported = limit;
  d.limit = limit;
  d.reported_source = "a driver's log";
  d.limit_source = "reported total";
  return d;
}

Machine machine_of(std::string name, std::vector<Device> devices, std::optional<Bytes> ram) {
  Machine m;
  m.name = std::move(name);
  m.devices = std::move(devices);
  m.host.capacity = ram;
  m.host.os_reserve = kGiB;
  return m;
}

Model dense_model() {
  Model m;
  m.id = "qwen3.5-27b";
  m.name = "Qwen3.5-27B";
  m.architecture.layers = 64;
  m.architecture.full_attention_interval = 4;
  m.architecture.mtp_layers = 1;
  m.vision = VisionArchitecture{};
  m.max_context = 262144;
  return m;
}

Model moe_model() {
  Model m = dense_model();
  m.id = "qwen3.5-122b-a10b";
  m.name = "Qwen3.5-122B-A10B";
  m.kind = ModelKind::moe;
  m.architecture.layers = 48;
  m.architecture.experts = 256;
  return m;
}

Build build_of(std::string id, std::string name, std::string publisher, Bytes file_bytes) {
  Build b;
  b.quant_id = std::move(id);
  b.quant_name = std::move(name);
  b.publisher = std::move(publisher);
  b.format = "gguf";
  b.file_bytes = file_bytes;
  b.basis = b.publisher == "llama.cpp" ? TensorBasis::computed : TensorBasis::scaled;
  if (b.publisher != "llama.cpp") b.repo = b.publisher + "/Qwen3.5-27B-GGUF";
  return b;
}

/// Terms in tenths of GiB, in the order of `Term`.
TermBytes terms(const std::vector<unsigned>& tenths) {
  TermBytes t;
  for (std::size_t i = 0; i < tenths.size(); ++i) t.add_to(static_cast<Term>(i), tenths[i] * kTenthGiB);
  return t;
}

DeviceMemory memory_of(const Machine& machine, std::size_t index, const std::vector<unsigned>& tenths) {
  const Device& d = machine.devices[index];
  return {index, d.kind, d.capacity, d.reported, d.limit, terms(tenths)};
}

DeviceMemory host_memory(const Machine& machine, const std::vector<unsigned>& tenths) {
  return {0,
          DeviceKind::host,
          machine.host.capacity,
          machine.host.capacity,
          machine.host.capacity,
          terms(tenths)};
}

struct Row {
  Verdict verdict = Verdict::fits;
  std::vector<std::vector<unsigned>> tenths;  ///< per device, then the host
  Tokens max_context = 0;
  Placement placement;
};

void add_answer(Case& c, std::size_t model, std::size_t build, const Row& row) {
  const Question::Answerable& subject = c.question.models[model];
  Answer a{&subject, &subject.builds[build], c.question.settings, {}, {}};
  a.estimate.verdict = row.verdict;
  a.estimate.placement = row.placement;
  const std::size_t devices = c.question.machine.devices.size();
  for (std::size_t d = 0; d < devices; ++d) {
    a.estimate.devices.push_back(memory_of(c.question.machine, d, row.tenths[d]));
  }
  a.estimate.devices.push_back(host_memory(c.question.machine, row.tenths[devices]));
  const bool all = row.max_context >= subject.model.max_context;
  a.max_context = {row.max_context, all ? ContextLimit::model : ContextLimit::memory};
  c.answers.push_back(std::move(a));
}

Question::Answerable answerable(Model model, std::vector<Build> builds) {
  Question::Answerable subject;
  subject.model = std::move(model);
  subject.builds = std::move(builds);
  return subject;
}

Question question_of(Machine machine, std::vector<Question::Answerable> models) {
  Question q;
  q.machine = std::move(machine);
  q.settings.context = 8192;
  q.settings.prompt = 4096;
  q.models = std::move(models);
  return q;
}

std::vector<Build> dense_builds() {
  return {build_of("bf16", "BF16", "unsloth", 53'800'000'000),
          build_of("q8_0", "Q8_0", "llama.cpp", 28'595'760'384),
          build_of("q5_k_m", "Q5_K_M", "unsloth", 19'600'000'000),
          build_of("q4_k_m", "Q4_K_M", "unsloth", 16'740'812'704),
          build_of("ud-iq2_m", "UD-IQ2_M", "bartowski", 10'000'000'000)};
}

Device rtx3090() {
  return gpu("rtx3090", "NVIDIA GeForce RTX 3090", 24 * kGiB, 236 * kTenthGiB);
}

/// Thresholds of their own, so that no golden file changes with the catalog's.
std::span<const SpeedWordsRow> sample_words() {
  static const std::vector<SpeedWordsRow> rows = [] {
    std::vector<SpeedWordsRow> words(4);
    words[0] = {"slow", SpeedPhase::decode, 0, "slower than reading", "", "", "", ""};
    words[1] = {"reading", SpeedPhase::decode, 10, "about as fast as reading", "", "", "", ""};
    words[2] = {"fast", SpeedPhase::decode, 30, "faster than reading", "", "", "", ""};
    words[3] = {"prompt", SpeedPhase::prefill, 0, "of prompts only", "", "", "", ""};
    return words;
  }();
  return rows;
}

}  // namespace

Case single_gpu() {
  Case c;
  c.question = question_of(machine_of("NVIDIA GeForce RTX 3090", {rtx3090()}, std::nullopt),
                           {answerable(dense_model(), dense_builds())});
  const Placement all{65, 0, {1.0}};
  add_answer(c, 0, 0, {Verdict::no_fit, {{478, 5, 2, 5, 0, 0, 4, 4}, {24, 0, 0, 1}}, 0, all});
  add_answer(c, 0, 1, {Verdict::no_fit, {{254, 5, 2, 5, 0, 0, 4, 4}, {13, 0, 0, 1}}, 0, all});
  add_answer(c, 0, 2, {Verdict::tight, {{213, 5, 2, 5, 0, 0, 4, 4}, {9, 0, 0, 1}}, 11008, all});
  add_answer(c, 0, 3, {Verdict::fits, {{147, 5, 2, 5, 0, 0, 4, 4}, {7, 0, 0, 1}}, 129792, all});
  add_answer(c, 0, 4, {Verdict::fits, {{91, 5, 2, 5, 0, 0, 4, 4}, {5, 0, 0, 1}}, 262144, all});
  for (Answer& a : c.answers) a.estimate.notes = {Note::scaled_weights};
  return c;
}

Case offload() {
  Case c;
  const Device second = gpu("rtx3060-12gb", "NVIDIA GeForce RTX 3060 12 GB", 12 * kGiB, 118 * kTenthGiB);
  const Question::Answerable subject =
      answerable(moe_model(), {build_of("q4_k_m", "Q4_K_M", "unsloth", 74'000'000'000),
                               build_of("ud-iq2_xxs", "UD-IQ2_XXS", "unsloth", 36'000'000'000)});
  c.question = question_of(machine_of("2x NVIDIA GeForce RTX 3090 + NVIDIA GeForce RTX 3060 12 GB",
                                      {rtx3090(), rtx3090(), second}, 64 * kGiB),
                           {subject});
  c.question.settings.kv_k = c.question.settings.kv_v = TensorType::q8_0;
  c.question.settings.parallel = 4;
  add_answer(c, 0, 0,
             {Verdict::offload,
              {{215, 3, 1, 7, 0, 0, 4, 1},
               {217, 3, 1, 7, 0, 0, 4},
               {98, 1, 1, 7, 0, 0, 4},
               {183, 0, 0, 2, 0, 0, 3, 10}},
              65536,
              {49, 11, {0.4, 0.4, 0.2}}});
  add_answer(c, 0, 1,
             {Verdict::fits,
              {{131, 3, 1, 7, 0, 0, 4, 1},
               {127, 3, 1, 7, 0, 0, 4},
               {68, 1, 1, 7, 0, 0, 4},
               {7, 0, 0, 2, 0, 0, 3, 10}},
              262144,
              {49, 0, {0.4, 0.4, 0.2}}});
  c.answers.pop_back();
  c.answers.front().estimate.notes = {Note::pipeline_copies, Note::op_offload};
  return c;
}

Case offload_unchecked() {
  Case c = offload();
  c.question.machine.host.capacity.reset();
  DeviceMemory& host = c.answers.front().estimate.devices.back();
  host.capacity = host.reported = host.usable = std::nullopt;
  c.answers.front().estimate.notes.push_back(Note::host_unknown);
  return c;
}

Case max_context_asked() {
  Case c = single_gpu();
  std::swap(c.answers[0], c.answers[3]);
  c.answers.resize(1);
  c.question.context_is_max = true;
  c.answers.front().settings.context = c.answers.front().max_context.tokens;
  return c;
}

Case by_rule() {
  Case c = single_gpu();
  Build& build = c.question.models.front().builds[1];
  build = build_of("fp8", "FP8", "", 30'800'000'000);
  build.format = "safetensors";
  build.basis = TensorBasis::computed;
  build.repo.clear();
  c.answers = {c.answers[1], c.answers[3]};
  c.answers.front().estimate.notes = {Note::runtime_estimated, Note::no_offload};
  return c;
}

Case unified() {
  Case c;
  Device mac = gpu("m4-max-40c-64gb", "Apple M4 Max (40-core GPU, 64 GB)", 64 * kGiB, 480 * kTenthGiB);
  mac.kind = DeviceKind::unified;
  mac.backend = Backend::metal;
  Machine machine = machine_of("Apple M4 Max (40-core GPU, 64 GB)", {mac}, std::nullopt);
  machine.os = Os::macos;
  c.question = question_of(std::move(machine), {answerable(dense_model(), dense_builds())});
  const Placement all{65, 0, {1.0}};
  add_answer(c, 0, 1, {Verdict::fits, {{267, 5, 2, 6, 0, 0, 1, 0}, {0, 0, 0, 1, 0, 0, 1, 60}}, 262144, all});
  add_answer(c, 0, 3, {Verdict::fits, {{156, 5, 2, 6, 0, 0, 1, 0}, {0, 0, 0, 1, 0, 0, 1, 60}}, 262144, all});
  for (Answer& a : c.answers) a.estimate.notes = {Note::limit_estimated};
  return c;
}

Case cpu_only() {
  Case c;
  Machine machine = machine_of("CPU only", {}, 32 * kGiB);
  machine.host.cpu_id = "ryzen-9950x";
  c.question = question_of(std::move(machine), {answerable(dense_model(), dense_builds())});
  add_answer(c, 0, 3, {Verdict::fits, {{158, 5, 2, 6, 0, 0, 3, 20}}, 120064, {}});
  c.answers.front().estimate.notes = {Note::repacked};
  return c;
}

Case no_fit() {
  Case c;
  const Device small = gpu("gtx1050ti", "NVIDIA GeForce GTX 1050 Ti", 4 * kGiB, 39 * kTenthGiB);
  c.question = question_of(machine_of("NVIDIA GeForce GTX 1050 Ti", {small}, std::nullopt),
                           {answerable(dense_model(), dense_builds())});
  const Placement all{65, 0, {1.0}};
  add_answer(c, 0, 3, {Verdict::no_fit, {{147, 5, 2, 5, 0, 0, 2, 4}, {7, 0, 0, 1}}, 0, all});
  add_answer(c, 0, 4, {Verdict::no_fit, {{91, 5, 2, 5, 0, 0, 2, 4}, {5, 0, 0, 1}}, 0, all});
  return c;
}

Case guide_only() {
  Case c;
  Model model = dense_model();
  model.id = "qwen3.5-14b";
  model.name = "Qwen3.5-14B";
  model.status = ModelStatus::guide_only;
  model.nearest_released = "Qwen3.5-9B";
  model.architecture = {};
  model.max_context = 0;
  Build b = build_of("q4_k_m", "Q4_K_M", "compute-market-2026-04", 0);
  b.repo.clear();
  b.file_bytes.reset();
  b.basis = TensorBasis::guide;
  b.guide_weights = 8'200'000'000;
  c.question =
      question_of(machine_of("NVIDIA GeForce RTX 3090", {rtx3090()}, std::nullopt), {answerable(model, {b})});
  add_answer(c, 0, 0, {Verdict::fits, {{76}, {0}}, 0, {}});
  c.answers.front().estimate.guide_only = true;
  c.answers.front().estimate.notes = {Note::guide_only};
  return c;
}

Case guide_mixed() {
  Case c = guide_only();
  std::vector<Build>& builds = c.question.models.front().builds;
  builds.push_back(builds.front());
  builds.back().quant_id = "iq4_xs";
  builds.back().quant_name = "IQ4_XS";
  builds.back().publisher.clear();
  c.answers.clear();
  for (const std::size_t build : {0U, 1U}) {
    add_answer(c, 0, build, {Verdict::fits, {{76}, {0}}, 0, {}});
    c.answers.back().estimate.guide_only = true;
    c.answers.back().estimate.notes = {Note::guide_only};
  }
  return c;
}

Case several_models() {
  Case c;
  Model small = dense_model();
  small.id = "qwen3.5-9b";
  small.name = "Qwen3.5-9B";
  const std::vector<Build> moe_build = {build_of("q4_k_m", "Q4_K_M", "lmstudio-community", 74'000'000'000)};
  c.question = question_of(machine_of("NVIDIA GeForce RTX 3090", {rtx3090()}, 64 * kGiB),
                           {answerable(small, dense_builds()), answerable(dense_model(), dense_builds()),
                            answerable(moe_model(), moe_build)});
  const Placement all{65, 0, {1.0}};
  add_answer(c, 0, 0, {Verdict::fits, {{167, 3, 1, 5, 0, 0, 4, 4}, {10, 0, 0, 1, 0, 0, 0, 10}}, 200000, all});
  add_answer(c, 1, 3, {Verdict::fits, {{147, 5, 2, 5, 0, 0, 4, 4}, {7, 0, 0, 1, 0, 0, 0, 10}}, 129792, all});
  add_answer(
      c, 2, 0,
      {Verdict::offload, {{200, 2, 1, 9, 0, 0, 4, 4}, {490, 0, 0, 2, 0, 0, 3, 10}}, 32768, {49, 34, {1.0}}});
  return c;
}

Case hostile() {
  Case c = single_gpu();
  c.question.machine.name =
      "a \x1b[31mvery\xff long \"name\", with | and \xe6\x98\xbe\xe5\x8d\xa1 " + std::string(150, 'x');
  c.question.machine.devices.front().name = c.question.machine.name;
  c.question.models.front().model.name += std::string(60, 'y');
  for (Answer& a : c.answers) {
    a.estimate.devices.front().terms.add_to(Term::weights, std::numeric_limits<Bytes>::max() / 4);
    a.estimate.verdict = Verdict::no_fit;
  }
  return c;
}

Case explained() {
  Case c = single_gpu();
  std::swap(c.answers[0], c.answers[3]);
  c.answers.resize(1);
  Estimate& e = c.answers.front().estimate;
  for (std::size_t row = 0; row < e.devices.size(); ++row) {
    for (std::size_t t = 0; t < kTermCount; ++t) {
      const Bytes bytes = e.devices[row].terms[static_cast<Term>(t)];
      if (bytes == 0) continue;
      const Bytes first = bytes / 3;
      e.parts.push_back({row, static_cast<Term>(t), "first part", "a * b", "2 * 3",
                         "a source with rather many words in it, "
                         "so that the line must be broken somewhere",
                         first});
      e.parts.push_back({row, static_cast<Term>(t), "second part", "", "", "measured", bytes - first});
    }
  }
  return c;
}

std::vector<std::pair<std::string, Case>> all_cases() {
  std::vector<std::pair<std::string, Case>> cases;
  cases.emplace_back("single_gpu", single_gpu());
  cases.emplace_back("offload", offload());
  cases.emplace_back("offload_unchecked", offload_unchecked());
  cases.emplace_back("max_context", max_context_asked());
  cases.emplace_back("by_rule", by_rule());
  cases.emplace_back("unified", unified());
  cases.emplace_back("cpu_only", cpu_only());
  cases.emplace_back("no_fit", no_fit());
  cases.emplace_back("guide_only", guide_only());
  cases.emplace_back("guide_mixed", guide_mixed());
  cases.emplace_back("several_models", several_models());
  cases.emplace_back("hostile", hostile());
  cases.emplace_back("explained", explained());
  for (auto& speed_case : speed_cases()) cases.push_back(std::move(speed_case));
  return cases;
}

CatalogInfo sample_info() {
  return {"0.1.0", "2026-11-21", {"my.json"}, sample_words()};
}

}  // namespace qwenfit
