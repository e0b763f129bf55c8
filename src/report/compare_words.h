#pragma once

#include <string>
#include <vector>

#include "advise/compare.h"

/// Sentences about a comparison, without line breaks.
namespace qwenfit {

/// One per model: which machine is the fastest and by how much, or which run it at all; with one machine,
/// what each further model changes against the first.
std::vector<std::string> comparison_sentences(const Comparison& comparison);
/// One per condition under which another machine leads, with the reason.
std::vector<std::string> flip_sentences(const Comparison& comparison);
/// `at Q8_0`, `at Q4_K_M with 128k of context filled`; empty where each machine has its best build.
std::string condition_words(const Standing& standing);

}  // namespace qwenfit
