#pragma once

#include <string>
#include <vector>

#include "report/view.h"

/// Sentences about answers, without line breaks.
namespace qwenfit {

/// `24.0 GiB` each device, RAM, system: the first line of the screen.
std::string machine_words(const Question& question, const std::vector<Answer>& answers);
std::string settings_words(const Question& question, const std::vector<Answer>& answers);
/// One of several machines, with its answers.
struct AnsweredMachine {
  std::string name;
  const Question* question = nullptr;
  const std::vector<Answer>* answers = nullptr;
};
/// What holds for all of them, and on which each runtime and back end is where they differ.
std::string shared_settings_words(const std::vector<AnsweredMachine>& machines);
/// The verdict on a model: what its best build leaves, or by how much the nearest one is short.
std::string verdict_sentence(const Question& question, const ModelAnswers& group);
/// `8k`, `max` or `each model's default`.
std::string context_words(const Question& question, const std::vector<Answer>& answers);
/// Where the size of a build comes from, as the start of a sentence and its end: `Files by` `unsloth`, `Sizes
/// by` `the format's rule`, `Sizes` `estimated from released sizes`.
struct SizeSource {
  std::string lead;
  std::string name;
  bool operator==(const SizeSource&) const = default;
};
SizeSource size_source(const Build& build);
/// The start of a sentence as it stands within one.
std::string in_sentence(std::string lead);
/// `guide figures`, `estimated from released sizes`, or both: where the weights of guide-only answers come
/// from.
std::string guide_words(const std::vector<const Answer*>& answers);

}  // namespace qwenfit
