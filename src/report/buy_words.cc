#include "report/buy_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/market_view.h"
#include "report/view.h"

namespace qwenfit {
namespace {

std::string priced_name(const Offer& offer) {
  return fmt::format("{} at {} USD ({})", clean(offer.name()), usd_range(*offer.cost()), price_words(offer));
}

/// `Qwen3.5-27B as Q6_K at 31 tok/s with up to 41k of context`.
std::string best_words(const Candidate& best) {
  std::vector<std::string> parts;
  for (const Answer& a : best.answers) {
    const auto rate = a.estimate.speed ? a.estimate.speed->decode : std::nullopt;
    parts.push_back(fmt::format("{} as {}{} with up to {} of context", clean(a.subject->model.name),
                                clean(a.build->quant_name),
                                rate ? fmt::format(" at {} tok/s", estimated(rate->tok_s)) : "",
                                tokens_at_most(a.max_context.tokens)));
  }
  return joined(parts);
}

std::string reason_words(const Buying& buying, const BuyWish& wish) {
  switch (buying.reason) {
    case BuyReason::fastest_in_budget:
      return fmt::format("nothing with a sure price of at most {} USD is visibly faster",
                         usd(*wish.budget_usd));
    case BuyReason::cheapest_fast_enough:
      return fmt::format("nothing cheaper decodes at {} tok/s or more", two_digits(buying.enough_tok_s));
    case BuyReason::fastest_at_all:
      break;
  }
  return fmt::format("nothing reaches {} tok/s and nothing is visibly faster",
                     two_digits(buying.enough_tok_s));
}

std::string wish_words(const BuyWish& wish) {
  std::string words;
  if (wish.offers.only) words += fmt::format(" of class {}", machine_class_id(*wish.offers.only));
  if (wish.offers.condition == PriceWish::used) words += " sold used";
  if (wish.offers.condition == PriceWish::fresh) words += " sold new";
  if (wish.budget_usd) words += fmt::format(" for at most {} USD", usd(*wish.budget_usd));
  if (wish.min_tok_s) words += fmt::format(" at {} tok/s or more", two_digits(*wish.min_tok_s));
  return words;
}

std::string owned_name(const BuyWish& wish) {
  return clean(machine_name(wish.offers.added_to));
}

std::string fits_words(const Offer& offer) {
  return fmt::format("{} fits, at a speed that is not known", priced_name(offer));
}

std::string nothing_words(const Buying& buying, const BuyWish& wish) {
  const bool gains = buying.owned && buying.owned->tok_s();
  std::string text = fmt::format("Nothing{} with a price to count on ", wish_words(wish));
  text += gains ? fmt::format("is visibly faster than {} or holds visibly more context", owned_name(wish))
                : fmt::format("runs it{}", buying.speed_unknown.empty() ? "" : " at a speed that is known");
  if (buying.cheapest) {
    const Purchase& p = *buying.cheapest;
    return text + fmt::format("; the cheapest {} is {}, {} tok/s.", gains ? "gain" : "that does",
                              priced_name(p.machine.offer), estimated(p.point.tok_s));
  }
  if (!buying.unsure.empty()) {
    const Purchase& first = buying.unsure.front();
    return text + fmt::format("; of those whose price is not certain the first is {}, {} tok/s.",
                              priced_name(first.machine.offer), estimated(first.point.tok_s));
  }
  if (!buying.speed_unknown.empty())
    return text + fmt::format("; {}.", fits_words(buying.speed_unknown.front().offer));
  if (gains) return text + ".";
  if (buying.too_slow > 0)
    return text + fmt::format("; {} machines with a price run it slower.", buying.too_slow);
  return text + "; try a smaller quant, a shorter context, or --ram SIZE to count system RAM.";
}

std::string next_words(const NextStep& next) {
  const Point& p = next.purchase.point;
  const std::string gain =
      next.times_faster >= 1.05
          ? fmt::format("{:.1f} times the speed ({} tok/s)", next.times_faster, estimated(p.tok_s))
          : fmt::format("context up to {}", tokens_at_most(p.context));
  const auto cost = next.purchase.machine.offer.cost();
  return fmt::format("{}{} USD more buy {}: {}.", cost->high > cost->low ? "About " : "", usd(next.more_usd),
                     gain, priced_name(next.purchase.machine.offer));
}

std::string under_words(const Offer& offer, Backend backend) {
  return fmt::format("Cards of different makers, as in {}, run together only under {}", clean(offer.name()),
                     backend_id(backend));
}

std::string owned_words(const Buying& buying, const BuyWish& wish) {
  const auto& devices = buying.owned->question->machine.devices;
  const std::string name = devices.empty() ? "System RAM" : owned_name(wish);
  if (buying.owned->answers.empty())
    return fmt::format("{} alone does not run it at {}{}.", name, clean(buying.quant),
                       buying.with_ram ? ", not even with system RAM" : " without system RAM");
  const auto speed = buying.owned->tok_s();
  const Bytes ram = devices.empty() ? 0 : buying.owned->ram();
  const bool laptop = !buying.takes_cards && !devices.empty() && devices.front().kind == DeviceKind::gpu;
  return fmt::format(
      "{} alone runs it at {} tok/s with up to {} of context{}{}.", name,
      speed ? estimated(*speed) : std::string(kUnknown), tokens_at_most(buying.owned->context()),
      ram > 0 ? fmt::format(", {} GiB of it in system RAM", gib(ram)) : "",
      buying.takes_cards ? fmt::format("; rows with {} + are it and what is bought together", name)
      : laptop           ? "; a laptop takes no cards inside, so none are offered in it"
                         : "");
}

/// That pairs of makers run under one back end, and how a pair of makers is compared with what one has; empty
/// where no row is one.
std::string makers_words(const Buying& buying, const BuyWish& wish) {
  std::vector<const Purchase*> rows;
  for (const auto* list : {&buying.front, &buying.unsure}) {
    for (const Purchase& p : *list) rows.push_back(&p);
  }
  if (buying.next) rows.push_back(&buying.next->purchase);
  if (buying.cheapest) rows.push_back(&*buying.cheapest);
  const auto first = std::find_if(rows.begin(), rows.end(), [](const Purchase* p) { return p->of_makers; });
  if (first == rows.end()) return "";
  std::string text = under_words((*first)->machine.offer, (*first)->backend);
  const auto shared = std::find_if(
      buying.owned_shared.begin(), buying.owned_shared.end(),
      [&](const Candidate& c) { return c.question->machine.devices.front().backend == (*first)->backend; });
  if (shared == buying.owned_shared.end() || !shared->tok_s()) return text + ".";
  return text + fmt::format(
                    "; {} alone does {} tok/s with up to {} of context there, and such rows are "
                    "compared with the faster of both.",
                    owned_name(wish), estimated(*shared->tok_s()), tokens_at_most(shared->context()));
}

/// What the cards that one has still do beside those to buy.
std::string contribution_words(const Buying& buying, const BuyWish& wish) {
  const Offer& offer = buying.front[*buying.recommended].machine.offer;
  const std::string name = owned_name(wish);
  Offer alone = offer;
  alone.added_to.clear();
  if (!buying.without_owned)
    return fmt::format("{} still counts: {} alone does not run it.", name, clean(alone.name()));
  const auto speed = buying.without_owned->tok_s();
  return fmt::format("{} still adds: without it {} runs at {} tok/s with up to {} of context.", name,
                     clean(alone.name()), speed ? estimated(*speed) : std::string(kUnknown),
                     tokens_at_most(buying.without_owned->context()));
}

std::string pick_words(const BudgetPicks& picks, const BuyWish& wish) {
  const ModelPick& pick = picks.models[*picks.pick];
  const Offer& offer = pick.purchase.machine.offer;
  const std::string speed = two_digits(picks.min_tok_s);
  if (offer.is_owned())
    return fmt::format(
        "Pick: {} on {}, which you have: nothing{} runs a larger model at {} tok/s or more, or is visibly "
        "faster or of visibly larger context with this one.",
        clean(pick.model->name), clean(offer.name()), wish_words(wish), speed);
  return fmt::format(
      "Pick: {} on {}: the largest model that runs at {} tok/s or more within the budget, on the fastest "
      "machine for it.",
      clean(pick.model->name), priced_name(offer), speed);
}

/// What to ask for one model.
std::string buy_line(const ModelRow& model, const BuyWish& wish) {
  std::string line = fmt::format("qwenfit buy --model {}", model.id);
  if (wish.budget_usd) line += fmt::format(" --budget {:.0f}", *wish.budget_usd);
  for (const std::string& owned : wish.offers.added_to) line += " --from " + clean(owned);
  return line;
}

std::string left_out_words(std::size_t devices) {
  return fmt::format("{} more device{} no known price", devices, devices == 1 ? " has" : "s have");
}

}  // namespace

std::string model_names(const Candidate& candidate) {
  std::vector<std::string> names;
  for (const Answer& a : candidate.answers) names.push_back(clean(a.subject->model.name));
  return joined(names);
}

std::vector<std::string> buying_sentences(const Buying& buying, const BuyWish& wish) {
  std::vector<std::string> sentences;
  if (buying.recommended) {
    const Purchase& p = buying.front[*buying.recommended];
    sentences.push_back(fmt::format("Recommended: {}: {}. It runs {}.", priced_name(p.machine.offer),
                                    reason_words(buying, wish), best_words(p.best)));
  } else {
    sentences.push_back(nothing_words(buying, wish));
  }
  const bool listed = !buying.front.empty() || !buying.unsure.empty();
  if (listed && !buying.speed_unknown.empty()) {
    const std::size_t more = buying.speed_unknown.size() - 1;
    sentences.push_back(fits_words(buying.speed_unknown.front().offer) +
                        (more > 0 ? fmt::format("; {} more do; --json lists all.", more) : "."));
  }
  if (buying.next) sentences.push_back(next_words(*buying.next));
  if (buying.owned) sentences.push_back(owned_words(buying, wish));
  if (std::string makers = makers_words(buying, wish); !makers.empty())
    sentences.push_back(std::move(makers));
  if (buying.recommended && !buying.front[*buying.recommended].machine.offer.added_to.empty())
    sentences.push_back(contribution_words(buying, wish));
  if (buying.unpriced > 0)
    sentences.push_back(left_out_words(buying.unpriced_devices) +
                        "; qwenfit --model lists those that run it.");
  return sentences;
}

std::vector<std::string> budget_sentences(const BudgetPicks& picks, const BuyWish& wish) {
  std::vector<std::string> sentences;
  if (picks.models.empty()) {
    sentences.push_back(fmt::format("Nothing{} with a price to count on runs any of the models at {}{}.",
                                    wish_words(wish), clean(picks.quant),
                                    picks.speed_unknown.empty() ? "" : " at a speed that is known"));
  } else if (picks.pick) {
    sentences.push_back(pick_words(picks, wish));
    const Purchase& p = picks.models[*picks.pick].purchase;
    if (p.of_makers) sentences.push_back(under_words(p.machine.offer, p.backend) + ".");
    sentences.push_back("For all that money buys for it: " +
                        buy_line(*picks.models[*picks.pick].model, wish));
  } else {
    sentences.push_back(
        fmt::format("No model reaches {} tok/s within the budget.", two_digits(picks.min_tok_s)));
  }
  for (const UnknownPick& pick : picks.speed_unknown)
    sentences.push_back(fmt::format("{}: {}.", clean(pick.model->name), fits_words(pick.machine.offer)));
  if (picks.models.empty()) return sentences;
  if (picks.unpriced > 0) sentences.push_back(left_out_words(picks.unpriced_devices) + ".");
  return sentences;
}

}  // namespace qwenfit
