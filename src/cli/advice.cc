#include "cli/advice.h"

#include <algorithm>
#include <array>
#include <utility>

#include "advise/figures.h"
#include "advise/merit.h"
#include "advise/other_caches.h"
#include "query/gpu_spec.h"
#include "report/view.h"

namespace qwenfit {
namespace {

constexpr std::size_t kMostModels = 4;
constexpr std::array<TensorType, 3> kCacheTypes = {TensorType::f16, TensorType::q8_0, TensorType::q4_0};

/// The same question about one model with one thing changed.
class Adviser {
 public:
  Adviser(const Query& query, const Question& question, Resolver& resolver, Advice& advice)
      : query_(query), question_(question), resolver_(resolver), advice_(advice) {}

  ModelAdvice on(const ModelAnswers& group) {
    ModelAdvice advice;
    const Answer* best = best_of(group);
    about_ = best != nullptr ? best : nearest_of(group);
    advice.about = about_;
    advice.limits = limits_of(question_, *about_);
    if (about_->estimate.guide_only) return advice;
    advice.other_caches = with_other_caches(group);
    advice.trade_offs = trade_offs({group.begin, group.end}, advice.other_caches, resolver_.catalog().rows());
    advice.users = users_at_context(question_, *about_, resolver_.catalog().rows());
    try_cache(advice.other_caches);
    try_context();
    try_quant(group);
    try_machine(advice.limits);
    advice.changes = std::move(changes_);
    changes_.clear();
    const Outcome before = outcome_of(*about_);
    advice.most_helpful = most_helpful(before, advice.changes);
    advice.most_helpful_free = most_helpful(before, advice.changes, true);
    return advice;
  }

 private:
  Query about_model() const {
    Query query = query_;
    query.model = {about_->subject->model.id};
    return query;
  }
  Query about_build() const {
    Query query = about_model();
    query.quant = {name_of(*about_->build)};
    return query;
  }

  bool may_change_cache(TensorType type) const {
    const Settings& s = about_->settings;
    const bool same = s.kv_k == type && s.kv_v == type;
    return !same && (s.flash_attention || is_float(type)) && about_->build->format == "gguf";
  }

  static std::string name_of(const Build& build) {
    return build.quant_id + (build.publisher.empty() ? "" : "@" + build.publisher);
  }

  std::vector<Answer> with_other_caches(const ModelAnswers& group) {
    const std::span<const Answer> asked(group.begin, group.end);
    std::vector<const Question*> questions;
    for (const TensorType type : kCacheTypes) {
      if (!may_change_cache(type)) continue;
      Query query = about_model();
      query.quant.clear();
      for (const Answer& a : asked) {
        if (a.build->format == about_->build->format) query.quant.push_back(name_of(*a.build));
      }
      query.kv = tensor_type(type).id;
      query.kv_k.clear();
      query.kv_v.clear();
      auto question = resolver_(query);
      if (question) questions.push_back(&advice_.questions.emplace_back(std::move(*question)));
    }
    return other_caches(asked, *about_, questions, resolver_.catalog().rows());
  }

  /// The next smaller cache type; those after it lose more.
  void try_cache(const std::vector<Answer>& caches) {
    const TensorTypeRow& now = tensor_type(about_->settings.kv_k);
    for (const Answer& answer : caches) {
      const TensorTypeRow& type = tensor_type(answer.settings.kv_k);
      if (!same_build(*answer.build, *about_->build) || type.bytes * now.block >= now.bytes * type.block)
        continue;
      changes_.push_back({ChangeKind::smaller_kv, "--kv " + std::string(type.id), outcome_of(answer)});
      return;
    }
  }

  /// Half the context, or what fits if that is less.
  void try_context() {
    if (question_.context_is_max) return;
    Tokens context = about_->settings.context / 2;
    if (const Tokens most = about_->max_context.tokens; most > 0) context = std::min(context, most);
    if (context < advice_figures().shortest_context) return;
    Query query = about_build();
    query.ctx = std::to_string(context);
    attempt(ChangeKind::half_context, "--ctx " + query.ctx, query);
  }

  /// The next smaller build; one of few bits only where nothing fits. Where the quants were named and
  /// the smallest of them is the one in question, of all.
  void try_quant(const ModelAnswers& group) {
    if (about_ + 1 < group.end || query_.quant.empty()) return try_smaller(about_ + 1, group.end);
    Query query = about_model();
    query.quant.clear();
    const auto question = resolver_(query);
    if (!question) return;
    const auto answers = sweep(*question);
    try_smaller(answers.data(), answers.data() + answers.size());
  }

  /// Of builds by size, largest first: the first smaller one, or where nothing fits the first that does. One
  /// that somebody publishes is not replaced by one that nobody does, where another would do.
  void try_smaller(const Answer* begin, const Answer* end) {
    const Answer* next = about_->build->obtainable ? next_smaller(begin, end, true) : nullptr;
    if (next == nullptr) next = next_smaller(begin, end, false);
    if (next == nullptr) return;
    // With a publisher where publishers were named: the plain name may be another's file.
    const auto& typed = query_.quant;
    const bool by_publisher = std::any_of(typed.begin(), typed.end(), [](const std::string& quant) {
      return quant.find('@') != std::string::npos;
    });
    const std::string quant = by_publisher ? name_of(*next->build) : next->build->quant_id;
    changes_.push_back({ChangeKind::smaller_quant, "--quant " + quant, outcome_of(*next)});
  }
  const Answer* next_smaller(const Answer* begin, const Answer* end, bool published) const {
    const bool fits = about_->estimate.verdict != Verdict::no_fit;
    for (const Answer* next = begin; next < end; ++next) {
      if (next->build->format != about_->build->format || !smaller(*next, *about_)) continue;
      if (published && !next->build->obtainable) continue;
      if (fits && has_few_bits(*next->build) && !has_few_bits(*about_->build)) break;
      if (fits || next->estimate.verdict != Verdict::no_fit) return next;
    }
    return nullptr;
  }
  static bool smaller(const Answer& a, const Answer& b) {
    return a.build->weights != nullptr && b.build->weights != nullptr &&
           a.build->weights->tensor_bytes < b.build->weights->tensor_bytes;
  }

  void try_machine(const Limits& limits) {
    const Machine& machine = question_.machine;
    const bool unified = !machine.devices.empty() && machine.devices.front().kind == DeviceKind::unified;
    const bool on_devices = is_on_devices(about_->estimate.verdict);
    const bool has_display = std::any_of(machine.devices.begin(), machine.devices.end(),
                                         [](const Device& d) { return d.display > 0; });
    if (has_display && !machine.headless) {
      Query query = about_build();
      query.headless = true;
      attempt(ChangeKind::headless, "--headless", query);
    }
    if (unified) return try_wired_limit();
    try_split();
    if (limits.speed == SpeedLimit::ram_bandwidth) {
      Query query = about_build();
      query.cpu = advice_figures().fast_ram;
      attempt(ChangeKind::faster_ram, "--cpu " + query.cpu, query);
    }
    if ((!on_devices || machine.devices.empty()) && !ram_suffices()) try_more_ram();
    if (!machine.devices.empty()) {
      Query query = about_build();
      std::string card(uncounted(query.gpu.back(), resolver_.catalog()));
      query.gpu.push_back(card);
      // A bridge joins pairs: a card more has none.
      if (card.find("nvlink") != std::string::npos && !resolver_(query)) {
        card.erase(std::min(card.find(':'), card.size()));
        query.gpu.back() = card;
      }
      attempt(ChangeKind::another_card, "--gpu " + card, query);
    }
  }

  /// The least usual total with which it fits, or, where it does, reaches as far as with the largest.
  void try_more_ram() {
    const AdviceFigures& figures = advice_figures();
    if (try_more_ram(figures.desktop_ram)) return;
    const bool fits = about_->estimate.verdict != Verdict::no_fit;
    const bool server = larger_ram(figures.desktop_ram, question_.machine.host.capacity.value_or(0)).empty();
    if (!fits || server) try_more_ram(figures.server_ram);
  }
  /// False where none of the totals would do, or none is more than there is.
  bool try_more_ram(Names options) {
    const auto totals = larger_ram(options, question_.machine.host.capacity.value_or(0));
    if (totals.empty()) return false;
    Query query = about_build();
    const auto reach = [&](std::string_view ram) {
      query.ram = ram;
      const auto question = resolver_(query);
      return question ? largest_context(*question, question->models.front(), 0) : 0;
    };
    const Tokens most = reach(totals.back());
    const bool fits = about_->estimate.verdict != Verdict::no_fit;
    const Tokens wanted = fits ? most : std::max<Tokens>(about_->settings.context, 1);
    if (most < wanted || (fits && most <= about_->max_context.tokens)) return false;
    const auto least = std::partition_point(totals.begin(), totals.end() - 1,
                                            [&](std::string_view ram) { return reach(ram) < wanted; });
    query.ram = *least;
    attempt(ChangeKind::more_ram, "--ram " + query.ram, query);
    return true;
  }

  /// Whatever is on the devices would have room in system RAM too: more of it changes nothing.
  bool ram_suffices() const {
    const auto& rows = about_->estimate.devices;
    const auto free = rows.back().free();
    if (about_->estimate.verdict == Verdict::no_fit || !free || rows.size() < 2) return false;
    SignedBytes used = 0;
    for (std::size_t row = 0; row + 1 < rows.size(); ++row)
      used += static_cast<SignedBytes>(rows[row].total());
    return *free >= used;
  }

  /// Equal cards that share every layer instead of taking turns, if they hold it: nothing goes to RAM then.
  void try_split() {
    const auto& devices = question_.machine.devices;
    const bool equal = std::all_of(devices.begin(), devices.end(),
                                   [&](const Device& d) { return d.id == devices.front().id; });
    // Of MoE models nobody has measured whether it gains anything.
    if (devices.size() < 2 || !equal || about_->subject->model.kind == ModelKind::moe ||
        about_->settings.split_mode == SplitMode::tensor)
      return;
    Query query = about_build();
    query.split_mode = split_mode_id(SplitMode::tensor);
    attempt(ChangeKind::split_by_tensor, "--split-mode " + query.split_mode, query);
    const bool tried = !changes_.empty() && changes_.back().kind == ChangeKind::split_by_tensor;
    if (tried && changes_.back().outcome.verdict == Verdict::no_fit) changes_.pop_back();
  }

  /// A Mac that is short: the working set that would do, if that leaves the system enough.
  void try_wired_limit() {
    const DeviceMemory& row = about_->estimate.devices.front();
    const bool mac = question_.machine.devices.front().rules == ComputeRules::metal;
    if (!mac || about_->estimate.verdict != Verdict::no_fit || !row.usable || !row.capacity) return;
    const Bytes wanted = pad_to(add(row.total(), fit_margin(*row.usable)), kGiB);
    if (add(wanted, advice_figures().left_to_macos) > *row.capacity) return;
    Query query = about_build();
    query.wired_limit_mb = std::to_string(wanted / kMiB);
    attempt(ChangeKind::wired_limit, "--wired-limit-mb " + query.wired_limit_mb, query);
  }

  void attempt(ChangeKind kind, std::string option, const Query& query) {
    const auto question = resolver_(query);
    // What cannot be asked for is no advice, nor a device more than the runtime takes.
    if (!question || question->machine.left_out > question_.machine.left_out) return;
    const auto answers = sweep(*question);
    if (answers.size() == 1) changes_.push_back({kind, std::move(option), outcome_of(answers.front())});
  }

  const Query& query_;
  const Question& question_;
  Resolver& resolver_;
  Advice& advice_;
  const Answer* about_ = nullptr;
  std::vector<Change> changes_;
};

}  // namespace

Advice advise(const Query& query, const Reply& reply, Resolver& resolver) {
  Advice advice;
  const auto groups = by_model(reply.answers);
  const bool one_each = groups.size() > 1 && groups.size() == reply.answers.size();
  if (query.model.empty() || groups.size() > kMostModels || one_each) return advice;
  Adviser adviser(query, reply.question, resolver, advice);
  for (const ModelAnswers& group : groups) advice.models.push_back(adviser.on(group));
  return advice;
}

}  // namespace qwenfit
