#pragma once

#include <span>
#include <string>
#include <vector>

#include "advise/advice.h"
#include "report/report.h"
#include "report/view.h"

/// Advice in words and as a small table.
namespace qwenfit {

/// What keeps the answer from being better: memory, and what its speed is spent on. Empty where nothing is
/// known.
std::string limits_sentence(const Question& question, const ModelAnswers& group, const ModelAdvice& advice);
/// What would help most, and what would without buying anything; what there is to gain with each.
std::vector<std::string> change_sentences(const Question& question, const ModelAdvice& advice);
/// How many users have the context each; empty where there is nothing to say.
std::string users_sentence(const ModelAdvice& advice);
/// Another runtime in which something fits: `vLLM runs FP8 here at 40 tok/s: --runtime vllm`.
std::string other_runtime_sentence(const OtherRuntime& other);
/// Which of the answers with a table is marked: `best: best quality of at most 8 bits that fits ...`.
std::string best_rule(std::span<const Answer* const> answers, const Answer& best);
/// Why the recommended row is recommended.
std::string reason_sentence(const TradeOffs& trade_offs);

/// The small table; no rows where there would be less than two.
Grid trade_off_grid(const Question& question, const TradeOffs& trade_offs);
/// The same with the reason below it; nothing for less than two rows.
void print_trade_offs(std::ostream& out, const Question& question, const TradeOffs& trade_offs,
                      const Style& style);

/// A mean KL divergence with two digits that matter: `0.0021`; `0` for the original.
std::string kld_words(double mean_kld);
std::string kld_cell(const std::optional<Quality>& quality);
/// `typical 4 bit`.
std::string quality_cell(const std::optional<Quality>& quality);

}  // namespace qwenfit
