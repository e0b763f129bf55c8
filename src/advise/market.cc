#include "advise/market.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "advise/figures.h"
#include "advise/merit.h"
#include "query/models.h"
#include "query/runtimes.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// The models of a question, each with its only build, what is hardest to hold first: its indices.
std::vector<std::size_t> hardest_first(const Question& question) {
  std::vector<std::size_t> order(question.models.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return question.models[a].builds.front().file_bytes > question.models[b].builds.front().file_bytes;
  });
  return order;
}

/// The answer for a model at its only build, but for the largest context; none where it does not run.
std::optional<Answer> running_answer(const Question& question, const Question::Answerable& subject,
                                     Market::Reach reach) {
  const bool devices_only = reach == Market::Reach::devices;
  if (devices_only && !stays_on_devices(question, subject, 0)) return std::nullopt;
  Answer answer = answer_without_context(question, subject, 0);
  const Verdict verdict = answer.estimate.verdict;
  const bool runs = is_on_devices(verdict) || (verdict == Verdict::offload && !devices_only);
  return runs ? std::optional(std::move(answer)) : std::nullopt;
}

/// Answers of the models that run, but for the largest contexts; nothing where a needed one does not. The
/// largest is asked first: where it does not run the others need not be asked.
std::vector<Answer> answers_of(const Question& question, Market::Reach reach, Market::Need need) {
  std::vector<std::optional<Answer>> found(question.models.size());
  for (const std::size_t i : hardest_first(question)) {
    found[i] = running_answer(question, question.models[i], reach);
    if (!found[i] && need == Market::Need::every_model) return {};
  }
  std::vector<Answer> answers;
  for (auto& answer : found) {
    if (answer) answers.push_back(std::move(*answer));
  }
  return answers;
}

double speed_of(const Answer& answer) {
  const auto& speed = answer.estimate.speed;
  return speed && speed->decode ? speed->decode->tok_s : 0;
}

/// The best of those that are fast enough, else of all.
std::optional<std::size_t> best_fast_answer(const std::vector<Answer>& answers, double least_tok_s) {
  std::vector<Answer> fast;
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (speed_of(answers[i]) < least_tok_s) continue;
    fast.push_back(answers[i]);
    at.push_back(i);
  }
  const auto best = best_answer(fast);
  return best ? std::optional(at[*best]) : best_answer(answers);
}

/// The common quant is a file that the runtime takes; else another has to be named.
Result<bool> check_common_quant(const Query& query, const Catalog& catalog) {
  const RuntimeRow* runtime = find_runtime(lower_case(trimmed(query.runtime)), catalog);
  const QuantRow* common = catalog.quant_by_id(advice_figures().common_quant);
  if (!query.quant.empty() || runtime == nullptr || common == nullptr) return true;
  const auto takes = [&](const QuantRow& row) {
    return std::find(runtime->formats.begin(), runtime->formats.end(), row.format) != runtime->formats.end();
  };
  if (takes(*common)) return true;
  const auto rows = catalog.rows().quants;
  const auto other = std::find_if(
      rows.begin(), rows.end(), [&](const QuantRow& row) { return row.bits == common->bits && takes(row); });
  Error error = usage_error("--quant", std::string(runtime->name) + " takes no " + std::string(common->name) +
                                           " file, at which machines are compared; name a quant");
  if (other != rows.end()) {
    error.message += ", such as --quant " + std::string(other->id);
    error.did_you_mean = {std::string(other->id)};
  }
  return error;
}

/// What machines are compared at where no quant is named: of a GGUF file its own.
std::string common_quant(const Query& query, Resolver& resolver) {
  const auto models = parse_models(query.model, resolver.catalog(), &resolver.files());
  const bool one = models && models->rows.size() == 1;
  const ModelFile* file = one ? resolver.files().of(*models->rows.front()) : nullptr;
  return std::string(file != nullptr && file->gguf ? file->gguf->quant->id : advice_figures().common_quant);
}

}  // namespace

Bytes ram_used(const Answer& answer) {
  return answer.estimate.verdict == Verdict::offload ? answer.estimate.devices.back().total() : 0;
}

Verdict Candidate::verdict() const {
  Verdict worst = Verdict::fits;
  for (const Answer& a : answers) worst = std::max(worst, a.estimate.verdict);
  return worst;
}

std::optional<double> Candidate::tok_s() const {
  std::optional<double> slowest;
  for (const Answer& a : answers) {
    const double speed = speed_of(a);
    if (speed <= 0) return std::nullopt;
    slowest = std::min(slowest.value_or(speed), speed);
  }
  return slowest;
}

Tokens Candidate::context() const {
  Tokens least = answers.empty() ? 0 : answers.front().max_context.tokens;
  for (const Answer& a : answers) least = std::min(least, a.max_context.tokens);
  return least;
}

Bytes Candidate::ram() const {
  Bytes most = 0;
  for (const Answer& a : answers) most = std::max(most, ram_used(a));
  return most;
}

void find_contexts(Candidate& candidate) {
  for (Answer& a : candidate.answers) find_context(*candidate.question, a);
}

Market::Market(Query query, Resolver& resolver)
    : query_(std::move(query)),
      resolver_(resolver),
      quant_(query_.quant.empty() ? common_quant(query_, resolver) : query_.quant.front()) {}

Result<Question> Market::ask(const std::vector<std::string>& gpu, bool with_ram,
                             const std::vector<std::string>& quants, std::string_view backend) const {
  Query query = query_;
  query.gpu = gpu;
  query.quant = quants;
  if (!with_ram) query.ram.clear();
  if (!backend.empty()) query.backend = backend;
  return resolver_(query);
}

Result<std::vector<Candidate>> Market::run(const std::vector<Offer>& offers, Reach reach, Need need,
                                           std::size_t most) {
  std::vector<Candidate> running;
  std::optional<Error> first;
  refused_.clear();
  bool any_asked = false;
  for (const Offer& offer : offers) {
    if (running.size() == most) break;
    auto question = ask(offer.gpu(), reach == Reach::ram && !offer.is_computer(), {quant_});
    if (!question) {
      if (!first) first = question.error();
      refused_.insert(offer.name());
      // Other faults than of a combination are the same on every machine.
      if (!any_asked && question.error().code != ErrorCode::bad_combination) return *first;
      continue;
    }
    any_asked = true;
    Candidate candidate{offer, std::make_shared<const Question>(std::move(*question)), {}};
    candidate.answers = answers_of(*candidate.question, reach, need);
    if (need == Need::every_model) find_contexts(candidate);
    if (!candidate.answers.empty()) running.push_back(std::move(candidate));
  }
  if (!any_asked && first) return *first;
  return running;
}

Result<Candidate> Market::run_owned(const std::vector<std::string>& gpu, Need need,
                                    std::string_view backend) {
  Reach reach = query_.ram.empty() ? Reach::devices : Reach::ram;
  auto question = ask(gpu, reach == Reach::ram, {quant_}, backend);
  if (!question && reach == Reach::ram) {
    // Unified memory takes no RAM beside it: what was said of RAM is for the machines to buy.
    auto alone = ask(gpu, false, {quant_}, backend);
    if (!alone) return question.error();
    question = std::move(alone);
    reach = Reach::devices;
  }
  if (!question) return question.error();
  Candidate owned{
      {nullptr, 0, gpu, std::nullopt}, std::make_shared<const Question>(std::move(*question)), {}};
  owned.answers = answers_of(*owned.question, reach, need);
  find_contexts(owned);
  return owned;
}

Candidate Market::best_builds(const Offer& offer, Reach reach, double least_tok_s) {
  Candidate best{offer, nullptr, {}};
  auto question = ask(offer.gpu(), reach == Reach::ram && !offer.is_computer(), query_.quant);
  if (!question) return best;
  best.question = std::make_shared<const Question>(std::move(*question));
  for (const auto& subject : best.question->models) {
    std::vector<Answer> answers;
    const Build* good = nullptr;
    for (std::size_t i = 0; i < subject.builds.size(); ++i) {
      const Build& build = subject.builds[i];
      if (good != nullptr && comes_after(build, *good)) continue;
      // Where RAM is not to be used, a placement with it need not be looked for.
      if (reach == Reach::devices && !stays_on_devices(*best.question, subject, i)) continue;
      const Answer& answer = answers.emplace_back(answer_for(*best.question, subject, i));
      if (speed_of(answer) >= least_tok_s && is_well_placed(build, answer.estimate)) good = &build;
    }
    if (const auto at = best_fast_answer(answers, least_tok_s))
      best.answers.push_back(std::move(answers[*at]));
  }
  return best;
}

Result<bool> check_market_query(const Query& query, Resolver& resolver) {
  const Catalog& catalog = resolver.catalog();
  const bool one_quant =
      query.quant.empty() || (query.quant.size() == 1 && query.quant.front().find(',') == std::string::npos &&
                              lower_case(trimmed(query.quant.front())) != "all");
  if (!one_quant)
    return usage_error("--quant", "machines are compared at one quant; give one, such as --quant " +
                                      std::string(advice_figures().common_quant) + ", or none");
  if (const auto taken = check_common_quant(query, catalog); !taken) return taken.error();
  for (const auto& [option, value] :
       {std::pair("--gpu-layers", &query.gpu_layers), std::pair("--cpu-moe", &query.cpu_moe),
        std::pair("--tensor-split", &query.tensor_split),
        std::pair("--wired-limit-mb", &query.wired_limit_mb)}) {
    if (!value->empty())
      return combination_error(option, std::string(option) + " is for one machine; name it with --gpu");
  }
  const auto models = parse_models(query.model, catalog, &resolver.files());
  if (!models) return models.error();
  for (const ModelRow* row : models->rows) {
    if (row->status != ModelStatus::guide_only) continue;
    Error error = value_error("--model", row->id, {row->nearest_released});
    error.message = std::string(row->name) + " was never released, so no machine runs it; ask for " +
                    std::string(row->nearest_released);
    error.did_you_mean = {std::string(row->nearest_released)};
    return error;
  }
  return true;
}

}  // namespace qwenfit
