#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "qwenfit/estimate.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// One build answered on the question's machine.
struct Answer {
  const Question::Answerable* subject = nullptr;
  const Build* build = nullptr;
  Settings settings;  ///< the context in force; for `--ctx max` the largest that fits
  Estimate estimate;
  MaxContext max_context;
  const SpeedModel* speed = nullptr;      ///< calibration that `estimate.speed` rests on; none: no speed
  const RuntimeRules* runtime = nullptr;  ///< as in Scenario
  bool context_found = true;              ///< else `max_context` is left to `find_context`
};

/// Of the same quant by the same publisher.
bool same_build(const Build& a, const Build& b);

/// Every build of every model of the question, in the question's order.
std::vector<Answer> sweep(const Question& question, Explain explain = Explain::no);

/// One build of the question.
Answer answer_for(const Question& question, const Question::Answerable& subject, std::size_t build,
                  Explain explain = Explain::no);

/// The same without the largest context where nothing else needs it; most of the time goes there.
Answer answer_without_context(const Question& question, const Question::Answerable& subject,
                              std::size_t build, Explain explain = Explain::no);
/// Finds it, once.
void find_context(const Question& question, Answer& answer);

/// The answer at the context that a placement is looked for at first: the one asked for, or the smallest
/// where the largest is asked for.
Answer answer_at_first_context(const Question& question, const Question::Answerable& subject,
                               std::size_t build);
/// Whether that answer has everything on the devices; found out faster than the answer, at the smallest
/// context where the largest was asked for.
bool stays_on_devices(const Question& question, const Question::Answerable& subject, std::size_t build);

/// The largest context that the machine has memory for, system RAM included, wherever the rest of the answer
/// would go; 0: not even the smallest.
Tokens largest_context(const Question& question, const Question::Answerable& subject, std::size_t build);

/// The scenario that an answer was worked out for.
Scenario scenario_of(const Question& question, const Answer& answer);

/// The answer to recommend of one model's: the best quality at a comfortable speed, of at least 4 bits and at
/// most 8 where there is a choice, on the devices before in system RAM. See `recommended`.
std::optional<std::size_t> best_answer(std::span<const Answer> answers);

/// Layers that a file puts on GPUs when all go there, as llama.cpp counts: blocks, MTP block, output.
std::uint32_t all_gpu_layers(const Answer& answer);
/// Layers on each device, counted the same way; empty where the layers are not known.
std::vector<std::uint32_t> layers_by_device(const Answer& answer);

/// True when something asked for fits: exit code 0.
bool anything_fits(const std::vector<Answer>& answers);

}  // namespace qwenfit
