#pragma once

#include <span>
#include <string>

#include "report/view.h"

/// Sentences about speed, without line breaks.
namespace qwenfit {

/// How fast an answer is, how that feels and what it rests on; empty without a speed.
std::string speed_sentence(const Question& question, const Answer& answer,
                           std::span<const SpeedWordsRow> words);
/// What a rate rests on, as the start of a sentence: `Estimated from 34 measurements of this card by 5
/// sources`. `support` and `measured` are null where they are not known.
std::string rests_on_words(const Machine& machine, SpeedBasis basis, const SpeedModel* model,
                           const SpeedSupport* support, const MeasuredSpeed* measured);
/// `12 rows by 3 sources, 24.1-27.3 tok/s`.
std::string measured_words(const MeasuredSpeed& measured);
/// `MTP drafting (3 tokens, 60 % accepted)`.
std::string drafting_words(const SpeedModel* model);

}  // namespace qwenfit
