#include <algorithm>

#include "query/build_cache.h"
#include "query/claims.h"
#include "query/guide.h"
#include "query/machine.h"
#include "query/measured.h"
#include "query/models.h"
#include "query/quants.h"
#include "query/runtimes.h"
#include "query/settings.h"
#include "query/speed_cache.h"
#include "query/text.h"
#include "qwenfit/query.h"
#include "speed/measured.h"

namespace qwenfit {
namespace {

/// Buffer layouts of the first device and of the host; builds are laid out for these.
Layouts layouts_of(const Machine& machine, const Catalog& catalog) {
  const BackendRow& host = catalog.backend(Backend::cpu);
  const BackendRow& device =
      machine.devices.empty() ? host : catalog.backend(machine.devices.front().backend);
  return {{device.weight_alignment, device.row_padding}, {host.weight_alignment, host.row_padding}};
}

/// The settings that a build is answered with: a format llama.cpp does not take brings its usual runtime, and
/// several devices work together in the way that the runtime usually lets them.
Settings settings_for(const Question& question, const Build& build, const Catalog& catalog) {
  Settings settings = question.settings;
  if (!question.runtime_named && !build.runtime.empty()) settings.runtime = build.runtime;
  if (!question.split_named) settings.split_mode = usual_split(settings.runtime, catalog);
  // A single device, or none, shares nothing.
  if (question.machine.devices.size() < 2) settings.split_mode = Settings{}.split_mode;
  return settings;
}

/// A build that its runtime cannot run here.
struct Refused {
  Model model;
  Build build;
  Settings settings;
};

/// Keeps the builds that their runtime can run here, each with its settings. Returns the first of the others.
std::optional<Refused> keep_runnable(const Query& query, const Question& question, const Catalog& catalog,
                                     Question::Answerable& subject) {
  std::optional<Refused> first;
  subject.settings.reserve(subject.builds.size());
  subject.runtimes.reserve(subject.builds.size());
  auto kept = subject.builds.begin();
  for (Build& build : subject.builds) {
    Settings settings = settings_for(question, build, catalog);
    if (!check_build(query, question, settings, subject.model, build, catalog, {})) {
      if (!first) first = Refused{subject.model, std::move(build), std::move(settings)};
      continue;
    }
    settings.vision = settings.vision || always_loads_vision(settings, subject.model, build, catalog);
    if (build.conversion && settings.runtime != build.runtime) {
      build.conversion.reset();  // the tool is the other runtime's own
      build.obtainable = false;
    }
    subject.runtimes.push_back(rules_of(question.machine, settings, build, catalog));
    subject.settings.push_back(std::move(settings));
    if (&*kept != &build) *kept = std::move(build);
    ++kept;
  }
  subject.builds.erase(kept, subject.builds.end());
  return first;
}

/// The build is there, but its file has no MTP block: names those that have one.
Error missing_mtp(const ModelRow& model, const QuantChoice& choice, const BuildCache& cache) {
  const auto names = cache.publishers(model, *choice.quant, true);
  Error error = combination_error(
      "--mtp", std::string(choice.quant->name) + " of " + std::string(model.name) +
                   (choice.publisher.empty() ? "" : " by " + choice.publisher) + " has no MTP block");
  if (!names.empty()) error.message += "; one with it is by " + listed(names);
  for (const auto& name : names) error.did_you_mean.push_back(std::string(choice.quant->id) + "@" + name);
  return error;
}

/// No such build: says who has one.
Error missing_build(const ModelRow& model, const QuantChoice& choice, const BuildCache& cache) {
  Error error{ErrorCode::unknown_quant,
              "no " + std::string(choice.quant->name) + " of " + std::string(model.name),
              "--quant",
              {}};
  if (!choice.publisher.empty()) error.message += " by " + in_quotes(choice.publisher);
  const auto names = cache.publishers(model, *choice.quant, false);
  if (model.status == ModelStatus::guide_only) {
    error.message += "; this size was never released";
  } else if (choice.quant->rule) {
    error.message += "; its size follows from the format alone";
    error.did_you_mean = {std::string(choice.quant->id)};
  } else {
    error.message +=
        names.empty() ? "; nobody is known to publish one" : "; it is published by " + listed(names);
    for (const auto& name : names) error.did_you_mean.push_back(std::string(choice.quant->id) + "@" + name);
  }
  return error;
}

Error no_build(const ModelRow& model, const QuantChoice& choice, bool mtp, const BuildCache& cache) {
  const auto names = cache.publishers(model, *choice.quant, false);
  const bool exists = choice.publisher.empty()
                          ? !names.empty()
                          : std::find(names.begin(), names.end(), choice.publisher) != names.end();
  return mtp && exists ? missing_mtp(model, choice, cache) : missing_build(model, choice, cache);
}

/// A quant that is named must be the file's own.
Result<bool> check_quant_of_file(const QuantWish& wish, const ModelFile& file) {
  const QuantRow& own = *file.gguf->quant;
  const bool named = wish.kind == QuantWish::Kind::named;
  const auto is_own = [&](const QuantChoice& choice) {
    return choice.quant == &own && choice.publisher.empty();
  };
  if (!named || std::all_of(wish.named.begin(), wish.named.end(), is_own)) return true;
  return combination_error("--quant", in_quotes(file.path) + " is one build, " + std::string(own.name) +
                                          "; drop --quant, or name a model of the catalog for others");
}

/// Resolves the builds of one model after another into a question.
class BuildResolver {
 public:
  BuildResolver(const Catalog& catalog, BuildCache& cache, const QuantWish& wish, bool skip_missing,
                Question& question)
      : catalog_(catalog),
        cache_(cache),
        wish_(wish),
        skip_missing_(skip_missing),
        question_(question),
        layouts_(layouts_of(question.machine, catalog)) {}

  Result<bool> resolve(const ModelRow& model, Question::Answerable& subject) {
    const ModelFile* file = cache_.files().of(model);
    if (file != nullptr && file->gguf) return resolve_file(model, *file, subject);
    const auto choices = choices_for(wish_, model, catalog_);
    subject.builds.reserve(choices.size());
    for (const QuantChoice& choice : choices) {
      bool found = false;
      if (model.status == ModelStatus::guide_only) {
        for (auto& build : guide_builds(model, choice, layouts_, catalog_, cache_)) {
          add(subject, std::move(build));
          found = true;
        }
      } else if (const auto* cached = cache_.find({model, *choice.quant, choice.publisher,
                                                   question_.settings.mtp, layouts_, wish_.runtime})) {
        add(subject, cached->build, cached->table);
        found = true;
      }
      if (!found && wish_.kind == QuantWish::Kind::named && !skip_missing_) {
        return no_build(model, choice, question_.settings.mtp, cache_);
      }
    }
    return true;
  }

 private:
  /// A GGUF file is one build, whatever quants are asked of other models.
  Result<bool> resolve_file(const ModelRow& model, const ModelFile& file, Question::Answerable& subject) {
    const QuantRow& quant = *file.gguf->quant;
    if (question_.models.size() == 1) {
      if (const auto asked = check_quant_of_file(wish_, file); !asked) return asked.error();
    }
    if (!wish_.formats.empty() && !contains(wish_.formats, quant.format))
      return combination_error("--runtime", in_quotes(file.path) + " is a GGUF file, and " + wish_.runtime +
                                                " takes " +
                                                listed({wish_.formats.begin(), wish_.formats.end()}) +
                                                "; use --runtime llama.cpp");
    const auto* cached = cache_.find({model, quant, {}, question_.settings.mtp, layouts_, wish_.runtime});
    if (cached == nullptr)
      return combination_error("--mtp", in_quotes(file.path) + " has no MTP block; drop --mtp");
    add(subject, cached->build, cached->table);
    return true;
  }

  /// `q4_k_m` and `q4_k_m@unsloth` may be the same build: it is answered once.
  void add(Question::Answerable& subject, Build build,
           const std::shared_ptr<const WeightTable>& table = nullptr) {
    const auto same = [&](const Build& other) {
      return other.quant_id == build.quant_id && other.publisher == build.publisher;
    };
    if (std::any_of(subject.builds.begin(), subject.builds.end(), same)) return;
    if (table) question_.tables.push_back(table);
    subject.builds.push_back(std::move(build));
  }

  const Catalog& catalog_;
  BuildCache& cache_;
  const QuantWish& wish_;
  bool skip_missing_;
  Question& question_;
  Layouts layouts_;
};

}  // namespace

Resolver::Resolver(const Catalog& catalog)
    : catalog_(catalog),
      cache_(std::make_unique<BuildCache>(catalog)),
      speeds_(std::make_unique<SpeedCache>(catalog)) {}
Resolver::~Resolver() = default;
ModelFiles& Resolver::files() {
  return cache_->files();
}

namespace {

/// What a resolver has to look things up with.
struct Means {
  const Catalog& catalog;
  BuildCache& cache;
  SpeedCache& speeds;
  const OwnMeasurements* measurements;
};

/// Machine, models and settings, checked as far as that goes without the models' files.
Result<Question> outline(const Query& query, Machine machine, const std::vector<const ModelRow*>& rows,
                         const Means& means, const Trial& trial) {
  Question question;
  question.machine = std::move(machine);
  for (const ModelRow* row : rows) {
    Model model = make_model(*row, means.catalog);
    if (const ModelFile* file = means.cache.files().of(*row)) model.folder = file->folder;
    question.models.push_back({std::move(model),
                               make_projector(*row),
                               {},
                               {},
                               {},
                               {},
                               guide_claims(row->id, question.machine, means.catalog)});
  }
  if (const auto done = resolve_settings(query, means.catalog, question); !done) return done.error();
  if (const auto runs = check_runtime(query, question, means.catalog, trial); !runs) return runs.error();
  return question;
}

/// The runtime that was named takes no file that there is of these models.
Error no_such_build(const Query& query, const Question& question, const Catalog& catalog,
                    const Trial& trial) {
  if (!question.runtime_named)
    return {ErrorCode::unknown_quant,
            "none of these models has such a build; qwenfit quants --model NAME lists what there is",
            "--quant",
            {}};
  return {ErrorCode::unknown_quant,
          with_hints("none of these models has a file for " +
                         std::string(find_runtime(question.settings.runtime, catalog)->name),
                     {Instead(query, catalog, trial).runtime()}),
          "--runtime",
          {}};
}

/// The runtime that will be answered for, where that is known before the builds are.
const RuntimeRow* likely_runtime(const Query& query, const QuantWish& quants, const Catalog& catalog) {
  const bool named = quants.kind == QuantWish::Kind::named;
  const auto is_gguf = [](const QuantChoice& choice) { return choice.quant->format == "gguf"; };
  if (query.runtime.empty() && named && std::none_of(quants.named.begin(), quants.named.end(), is_gguf))
    return nullptr;
  return find_runtime(quants.runtime.empty() ? Settings{}.runtime : quants.runtime, catalog);
}

/// Puts the devices in the runtime's order, as many as it takes. A split that was given has a share for each.
Result<bool> arrange(const Query& query, const Result<QuantWish>& quants, const Catalog& catalog,
                     Machine& machine) {
  const RuntimeRow* runtime = quants ? likely_runtime(query, *quants, catalog) : nullptr;
  const std::size_t most = runtime != nullptr ? runtime->max_devices : 0;
  if (!query.tensor_split.empty() && most > 0 && machine.devices.size() > most)
    return combination_error("--tensor-split",
                             std::string(runtime->name) + " takes at most " + std::to_string(most) +
                                 " devices at once, and a split has a share for each of " +
                                 std::to_string(machine.devices.size()) + "; name fewer devices and shares");
  arrange_devices(most, machine);
  return true;
}

Result<Question> answer(const Query& query, const Means& means, const Trial& trial) {
  const Catalog& catalog = means.catalog;
  auto machine = resolve_machine(query, catalog);
  if (!machine) return machine.error();
  const auto quants = parse_quants(query, catalog);
  if (const auto arranged = arrange(query, quants, catalog, *machine); !arranged) return arranged.error();
  const auto models = parse_models(query.model, catalog, &means.cache.files());
  if (!models) return models.error();
  auto question = outline(query, std::move(*machine), models->rows, means, trial);
  if (!question) return question.error();
  if (!quants) return quants.error();
  question->all_quants = quants->kind == QuantWish::Kind::all;

  BuildResolver builds(catalog, means.cache, *quants, models->everything, *question);
  for (std::size_t i = 0; i < models->rows.size(); ++i) {
    const auto resolved = builds.resolve(*models->rows[i], question->models[i]);
    if (!resolved) return resolved.error();
  }
  std::optional<Refused> refused;
  const auto why = [&](const Refused& r) {
    return check_build(query, *question, r.settings, r.model, r.build, catalog, trial).error();
  };
  for (auto& subject : question->models) {
    auto first = keep_runnable(query, *question, catalog, subject);
    // What was named and cannot run is an error; of `all`, the rest is answered.
    if (first && quants->kind == QuantWish::Kind::named && !models->everything) return why(*first);
    if (!refused) refused = std::move(first);
    subject.speeds.reserve(subject.builds.size());
    for (std::size_t i = 0; i < subject.builds.size(); ++i) {
      subject.speeds.push_back(
          means.speeds.find(question->machine, subject.settings[i], subject.model, subject.builds[i]));
    }
  }
  // Of `all` models, those without the quant that was named drop out.
  std::erase_if(question->models, [](const Question::Answerable& s) { return s.builds.empty(); });
  if (question->models.empty())
    return refused ? why(*refused) : no_such_build(query, *question, catalog, trial);
  if (means.measurements != nullptr) {
    const auto applied = apply_measurements(*means.measurements, catalog, means.cache,
                                            layouts_of(question->machine, catalog), *question);
    if (!applied) return applied.error();
  }
  return question;
}

}  // namespace

Result<Question> Resolver::operator()(const Query& query) {
  const Means means{catalog_, *cache_, *speeds_, measurements_.get()};
  return answer(query, means,
                [&](const Query& changed) { return static_cast<bool>(answer(changed, means, {})); });
}

Result<bool> Resolver::use_measurements(const std::string& path) {
  auto own = read_measurements(path);
  if (!own) return own.error();
  measurements_ = std::make_unique<const OwnMeasurements>(std::move(*own));
  return true;
}

Result<Question> resolve(const Query& query, const Catalog& catalog) {
  return Resolver(catalog)(query);
}

}  // namespace qwenfit
