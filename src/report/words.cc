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
  if (p.cpu_moe_layers > 0) {
    return fmt::format("the experts of {} of its {} layers stay in system RAM", p.cpu_moe_layers, layers);
  }
  const std::uint32_t all = all_gpu_layers(answer);
  if (p.gpu_layers < all) {
    return fmt::format("{} of {} layers (the output counts as one) stay in system RAM", all - p.gpu_layers,
                       all);
  }
  return "a part of it stays in system RAM";
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
  return question.machine.host.capacity && !question.machine.devices.empty() &&
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

/// How much an answer is short; 0 when it fits.
Bytes deficit_of(const Answer& answer) {
  const DeviceMemory* place = shortest(answer.estimate);
  return place == nullptr ? 0 : static_cast<Bytes>(-*place->free());
}

/// A smaller cache helps when it makes up for the deficit or when memory limits the context.
std::string cache_hint(const Answer& answer) {
  const Settings& s = answer.settings;
  Bytes cache = 0;
  for (const DeviceMemory& memory : answer.estimate.devices) cache = add(cache, memory.terms[Term::kv_cache]);
  const bool limited = answer.max_context.limited_by == ContextLimit::memory;
  const bool wide = is_float(s.kv_k) && is_float(s.kv_v);
  if (!wide || !limited || cache == 0 || deficit_of(answer) > cache / 2) return "";
  return fmt::format("--kv q8_0 nearly halves the KV cache ({} GiB now).", gib(cache));
}

std::string display_hint(const Answer& answer) {
  if (answer.estimate.verdict == Verdict::fits) return "";
  for (const DeviceMemory& memory : answer.estimate.devices) {
    const Bytes display = memory.terms[Term::display];
    if (memory.kind != DeviceKind::host && display > 0 && deficit_of(answer) <= display) {
      return fmt::format("--headless (no desktop on the GPU) frees {} GiB.", gib(display));
    }
  }
  return "";
}

std::string context_hint(const Answer& answer) {
  const Tokens most = answer.max_context.tokens;
  if (answer.estimate.guide_only || most == 0 || most >= answer.settings.context) return "";
  return fmt::format("{} fits with a context of up to {} (--ctx {}).", clean(answer.build->quant_name),
                     tokens_at_most(most), tokens_at_most(most));
}

Bytes all_weights(const Answer& answer) {
  Bytes sum = 0;
  for (const DeviceMemory& memory : answer.estimate.devices) sum = add(sum, memory.terms[Term::weights]);
  return sum;
}

/// The next build on one side of the best: what the larger one lacks, or what the smaller one leaves.
std::string neighbour_hint(const Question& question, const ModelAnswers& group, const Answer& best) {
  // Builds of several formats come one format after the other.
  const Bytes size = all_weights(best);
  if (&best != group.begin && all_weights(*(&best - 1)) > size) {
    const Answer& larger = *(&best - 1);
    const std::string name = clean(larger.build->quant_name);
    const DeviceMemory* place = shortest(larger.estimate);
    if (place != nullptr && ram_was_tried(question)) {
      return fmt::format("The next larger, {}, does not fit even with help from system RAM.", name);
    }
    if (place != nullptr) {
      return fmt::format("The next larger, {}, is short{}.", name, shortfall(question, *place));
    }
    if (larger.estimate.verdict == Verdict::tight) {
      return fmt::format("The next larger, {}, fits but leaves only {} GiB.", name,
                         gib(fullest(larger.estimate).free()));
    }
  }
  if (&best + 1 != group.end && best.estimate.verdict != Verdict::fits && all_weights(*(&best + 1)) < size) {
    const Answer& smaller = *(&best + 1);
    return fmt::format("The next smaller, {}, leaves {} GiB.", clean(smaller.build->quant_name),
                       gib(fullest(smaller.estimate).free()));
  }
  return "";
}

}  // namespace

SizeSource size_source(const Build& build) {
  const bool computed = build.basis == TensorBasis::computed;
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
    const auto& rows = answers.front().estimate.devices;
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
  std::string text;
  for (const std::string& fact : facts) text += (text.empty() ? "" : ", ") + fact;
  return text;
}

std::string settings_words(const Question& question, const std::vector<Answer>& answers) {
  const Settings& s = answers.empty() ? question.settings : answers.front().settings;
  std::vector<std::string> runtimes = {clean(s.runtime)};
  for (const Answer& answer : answers) {
    const std::string runtime = clean(answer.settings.runtime);
    if (std::find(runtimes.begin(), runtimes.end(), runtime) == runtimes.end()) runtimes.push_back(runtime);
  }
  std::string kv(tensor_type(s.kv_k).id);
  if (s.kv_v != s.kv_k) kv += fmt::format("/{}", tensor_type(s.kv_v).id);
  std::string text =
      fmt::format("{} ({}), context {}, KV cache {}, {} {}", joined(runtimes), backend_of(question.machine),
                  context_words(question, answers), kv, s.parallel, s.parallel == 1 ? "slot" : "slots");
  if (s.ubatch != Settings{}.ubatch) text += fmt::format(", ubatch {}", s.ubatch);
  if (!s.flash_attention) text += ", no flash attention";
  if (s.split_mode != SplitMode::layer) text += fmt::format(", split by {}", split_mode_id(s.split_mode));
  if (s.vision) text += ", vision";
  if (s.mtp) text += ", MTP";
  const ForcedPlacement& forced = s.forced;
  if (forced.gpu_layers || forced.cpu_moe_layers || !forced.tensor_split.empty())
    text += ", placement forced";
  return text;
}

std::string verdict_sentence(const Question& question, const ModelAnswers& group) {
  const Answer* best = best_of(group);
  return best != nullptr ? fit_sentence(question, *best) : no_fit_sentence(question, group);
}

std::vector<std::string> change_hints(const Question& question, const ModelAnswers& group) {
  const Answer* best = best_of(group);
  const Answer& answer = best != nullptr ? *best : *nearest_of(group);
  if (answer.estimate.guide_only) return {};
  const DeviceMemory* place = shortest(answer.estimate);
  const bool ram_may_help = best == nullptr && !question.machine.host.capacity &&
                            !question.machine.devices.empty() &&
                            question.machine.devices.front().kind == DeviceKind::gpu && place != nullptr;
  std::vector<std::string> hints;
  if (best == nullptr) hints.push_back(context_hint(answer));
  if (best != nullptr) hints.push_back(neighbour_hint(question, group, *best));
  hints.push_back(cache_hint(answer));
  hints.push_back(display_hint(answer));
  if (ram_may_help) hints.push_back("--ram SIZE tells how much system RAM could take a part of it.");
  std::erase(hints, std::string());
  return hints;
}

}  // namespace qwenfit
