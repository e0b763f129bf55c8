#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"

namespace qwenfit {
namespace {

std::string build_words(const Answer& answer) {
  return clean(answer.subject->model.name) + " " + clean(answer.build->quant_name);
}

std::string context_of(const Answer& answer) {
  return tokens_exact(answer.settings.context) + " context";
}

/// The context in force is already the largest one.
bool at_max_context(const Answer& answer) {
  return answer.settings.context == answer.max_context.tokens;
}

/// The context in force and the largest one.
std::string contexts_words(const Answer& answer) {
  const MaxContext& most = answer.max_context;
  const bool model_limits = most.limited_by == ContextLimit::model;
  if (at_max_context(answer)) {
    return fmt::format("with a context of {} tokens, {}", grouped(answer.settings.context),
                       model_limits ? "the model's maximum" : "the largest that fits");
  }
  if (model_limits) {
    return fmt::format("at {}; even the model's maximum of {} fits", context_of(answer),
                       tokens_exact(most.tokens));
  }
  return fmt::format("at {}; the largest context is {}", context_of(answer), tokens_at_most(most.tokens));
}

/// `6.9 GiB to spare`; empty where the memory is unknown.
std::string free_words(const Answer& answer) {
  const std::optional<SignedBytes> free = fullest(answer.estimate).free();
  if (!free) return "";
  const bool several = answer.estimate.devices.size() > 2;
  return fmt::format("{} GiB to spare{}", gib(*free), several ? " on the fullest device" : "");
}

/// What an offloaded build leaves in system RAM.
std::string left_in_ram(const Answer& answer) {
  const Placement& p = answer.estimate.placement;
  const std::uint32_t layers = answer.subject->model.architecture.layers;
  const std::uint32_t all = all_gpu_layers(answer);
  std::vector<std::string> parts;
  if (p.cache_in_ram) parts.push_back("the KV cache and the recurrent state");
  if (p.cpu_moe_layers > 0)
    parts.push_back(fmt::format("the experts of {} of its {} layers", p.cpu_moe_layers, layers));
  if (p.gpu_layers < all)
    parts.push_back(fmt::format("{} of {} layers (the output counts as one)", all - p.gpu_layers, all));
  if (parts.empty()) return "a part of it stays in system RAM";
  return joined(parts) + " stay in system RAM";
}

std::string offload_sentence(const Question& question, const Answer& answer) {
  const std::string machine = clean(question.machine.name);
  const std::string host = gib(host_of(answer.estimate).total());
  if (ram_unchecked(question, answer)) {
    const bool one = question.machine.devices.size() == 1;
    return fmt::format(
        "On {} the {} of {} at {}; {}, and --ram SIZE is needed to check the {} GiB left to system RAM.",
        machine, one ? "device holds its part" : "devices hold their part", build_words(answer),
        context_of(answer), left_in_ram(answer), host);
  }
  return fmt::format("{} runs on {} only with help from system RAM: {} ({} GiB of RAM in use) {}.",
                     build_words(answer), machine, left_in_ram(answer), host, contexts_words(answer));
}

std::string fit_sentence(const Question& question, const Answer& answer) {
  const std::string machine = question.machine.devices.empty() ? "system RAM" : clean(question.machine.name);
  const char* where = question.machine.devices.empty() ? "in" : "on";
  const std::string model = build_words(answer);
  if (answer.estimate.guide_only && answer.estimate.verdict == Verdict::offload) {
    return fmt::format(
        "By these figures {} is too large for {}: {} GiB of its weights would stay in system RAM.", model,
        machine, gib(host_of(answer.estimate).terms[Term::weights]));
  }
  if (answer.estimate.guide_only) {
    return fmt::format("By these figures {} would leave {} GiB {} {} for everything but the weights.", model,
                       gib(fullest(answer.estimate).free()), where, machine);
  }
  if (answer.estimate.verdict == Verdict::offload) return offload_sentence(question, answer);
  const char* verb = answer.estimate.verdict == Verdict::tight ? "just fits" : "fits";
  const std::string spare = free_words(answer);
  const std::string contexts = contexts_words(answer);
  const std::string facts = spare.empty()            ? contexts
                            : at_max_context(answer) ? contexts + ", and " + spare
                                                     : "with " + spare + " " + contexts;
  return fmt::format("{} {} {} {} {}.", model, verb, where, machine, facts);
}

/// ` by 3.2 GiB`, and where unless there is only one place it can be.
std::string shortfall(const Question& question, const DeviceMemory& place) {
  const bool only_one = question.machine.devices.size() <= 1 &&
                        (place.kind != DeviceKind::host || question.machine.devices.empty());
  const std::string where = only_one ? "" : " " + clean(at_place(question.machine, place));
  return fmt::format(" by {} GiB{}", short_gib(*place.free()), where);
}

/// System RAM was offered to GPUs and did not help either.
bool ram_was_tried(const Question& question) {
  const bool sliced =
      question.settings.split_mode == SplitMode::tensor && question.machine.devices.size() > 1;
  return question.machine.host.capacity && !question.machine.devices.empty() && !sliced &&
         question.machine.devices.front().kind == DeviceKind::gpu;
}

std::string no_fit_sentence(const Question& question, const ModelAnswers& group) {
  const Answer& nearest = *nearest_of(group);
  const DeviceMemory* place = shortest(nearest.estimate);
  const std::string deficit = place == nullptr ? "" : shortfall(question, *place);
  const char* ram = ram_was_tried(question) ? ", with help from system RAM or without" : "";
  if (group.size() == 1)
    return fmt::format("{} does not fit{}: it is short{}.", build_words(nearest), ram, deficit);
  return fmt::format("No build of {} asked for fits{}: the nearest, {}, is short{}.",
                     clean(nearest.subject->model.name), ram, clean(nearest.build->quant_name), deficit);
}

std::string runtime_words(const Question& question, const std::vector<Answer>& answers) {
  std::vector<std::string> runtimes;
  for (const Answer& answer : answers) {
    const std::string runtime = clean(answer.settings.runtime);
    if (std::find(runtimes.begin(), runtimes.end(), runtime) == runtimes.end()) runtimes.push_back(runtime);
  }
  return runtimes.empty() ? clean(question.settings.runtime) : joined(runtimes);
}

/// What is set beside runtime and back end.
std::vector<std::string> setting_facts(const Question& question, const std::vector<Answer>& answers) {
  const Settings& s = answers.empty() ? question.settings : answers.front().settings;
  std::string kv(tensor_type(s.kv_k).id);
  if (s.kv_v != s.kv_k) kv += fmt::format("/{}", tensor_type(s.kv_v).id);
  std::vector<std::string> facts = {"context " + context_words(question, answers), "KV cache " + kv,
                                    fmt::format("{} {}", s.parallel, s.parallel == 1 ? "slot" : "slots")};
  if (s.ubatch != Settings{}.ubatch) facts.push_back(fmt::format("ubatch {}", s.ubatch));
  if (!s.flash_attention) facts.emplace_back("no flash attention");
  if (s.split_mode != SplitMode::layer)
    facts.push_back(fmt::format("split by {}", split_mode_id(s.split_mode)));
  if (s.vision) facts.emplace_back("vision");
  if (s.mtp) facts.emplace_back("MTP");
  const ForcedPlacement& forced = s.forced;
  if (forced.gpu_layers || forced.cpu_moe_layers || !forced.tensor_split.empty())
    facts.emplace_back("placement forced");
  return facts;
}

std::string joined_facts(std::vector<std::string> facts, const std::vector<std::string>& more) {
  facts.insert(facts.end(), more.begin(), more.end());
  std::string text;
  for (const std::string& fact : facts) text += (text.empty() ? "" : ", ") + fact;
  return text;
}

}  // namespace

SizeSource size_source(const Build& build) {
  const bool computed = build.basis == TensorBasis::computed;
  if (build.basis == TensorBasis::file)
    return {"Read from", clean(build.file) + (build.quant_nearest
                                                  ? fmt::format(" (nearest to {})", clean(build.quant_name))
                                                  : std::string())};
  if (build.publisher.empty()) {
    if (build.basis == TensorBasis::guide) return {"Sizes", "estimated from released sizes"};
    if (computed && build.format != "gguf") return {"Sizes by", "the format's rule"};
    return {"Files by", "an unknown publisher"};
  }
  const std::string name = clean(build.publisher);
  if (build.basis == TensorBasis::guide) return {"Figures by", name};
  const bool by_rules = computed && build.repo.empty() && build.format == "gguf";
  return {"Files by", by_rules ? name + " (computed)" : name};
}

std::string in_sentence(std::string lead) {
  if (!lead.empty() && lead.front() >= 'A' && lead.front() <= 'Z')
    lead.front() = static_cast<char>(lead.front() - 'A' + 'a');
  return lead;
}

std::string guide_words(const std::vector<const Answer*>& answers) {
  bool figures = false;
  bool estimates = false;
  for (const Answer* answer : answers) {
    if (!answer->estimate.guide_only) continue;
    (answer->build->publisher.empty() ? estimates : figures) = true;
  }
  if (!estimates) return "guide figures";
  return figures ? "guide figures or estimated from released sizes" : "estimated from released sizes";
}

std::string context_words(const Question& question, const std::vector<Answer>& answers) {
  if (question.context_is_max) return "the largest that fits";
  const bool same = std::all_of(answers.begin(), answers.end(), [&](const Answer& a) {
    return a.settings.context == answers.front().settings.context;
  });
  return same && !answers.empty() ? tokens_exact(answers.front().settings.context) + " tokens"
                                  : "each model's default";
}

std::string machine_words(const Question& question, const std::vector<Answer>& answers) {
  const Machine& machine = question.machine;
  std::vector<std::string> facts = {clean(machine.name)};
  if (!answers.empty()) {
    std::vector<std::string> usable;
    // What unified memory gives the GPU depends on the rest: the figure is that of the answer shown.
    const ModelAnswers first = by_model(answers).front();
    const Answer* best = best_of(first);
    const auto& rows = (best != nullptr ? *best : *nearest_of(first)).estimate.devices;
    for (const DeviceGroup& group : device_groups(machine)) {
      const auto index = static_cast<std::size_t>(group.device - machine.devices.data());
      if (index >= rows.size()) continue;
      usable.push_back((group.count > 1 ? fmt::format("{}x ", group.count) : "") + gib(rows[index].usable));
    }
    if (!usable.empty()) facts.push_back(joined(usable) + " GiB usable");
  }
  const bool unified = !machine.devices.empty() && machine.devices.front().kind == DeviceKind::unified;
  if (machine.host.capacity) {
    facts.push_back(fmt::format("{} GiB system RAM", gib(*machine.host.capacity)));
  } else if (!unified) {
    facts.push_back("system RAM not given");
  }
  facts.push_back(std::string(os_words(machine.os)) + (machine.headless ? " without desktop" : ""));
  return joined_facts(std::move(facts), {});
}

std::string settings_words(const Question& question, const std::vector<Answer>& answers) {
  return joined_facts({runtime_words(question, answers) + fmt::format(" ({})", backend_of(question.machine))},
                      setting_facts(question, answers));
}

std::string shared_settings_words(const std::vector<AnsweredMachine>& machines) {
  std::vector<std::string> kinds, names;  // of runtime and back end, and the machines with each
  std::vector<std::string> facts = setting_facts(*machines.front().question, *machines.front().answers);
  for (const AnsweredMachine& m : machines) {
    const std::string kind =
        runtime_words(*m.question, *m.answers) + fmt::format(" ({})", backend_of(m.question->machine));
    const auto at = static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
    if (at == kinds.size()) {
      kinds.push_back(kind);
      names.push_back(m.name);
    } else {
      names[at] += "/" + m.name;
    }
    const auto own = setting_facts(*m.question, *m.answers);
    std::erase_if(facts,
                  [&](const std::string& f) { return std::find(own.begin(), own.end(), f) == own.end(); });
  }
  for (std::size_t i = 0; i < kinds.size() && kinds.size() > 1; ++i) kinds[i] += " on " + names[i];
  return joined_facts(std::move(kinds), facts);
}

std::string verdict_sentence(const Question& question, const ModelAnswers& group) {
  const Answer* best = best_of(group);
  return best != nullptr ? fit_sentence(question, *best) : no_fit_sentence(question, group);
}

}  // namespace qwenfit
