#pragma once

#include <string>
#include <vector>

#include "report/report.h"

/// Hand-made questions and answers: printers are tested apart from the calculation.
namespace qwenfit {

struct Case {
  Question question;
  std::vector<Answer> answers;
};

/// One 24 GB card, one dense model, five builds from far too large to comfortable; made by several
/// publishers.
Case single_gpu();
/// Two cards of different size with system RAM, a mixture of experts, offloading.
Case offload();
/// The same without the size of system RAM.
Case offload_unchecked();
/// One card, the context in force being the largest that fits.
Case max_context_asked();
/// A size by a format's rule, which has no publisher, and a file.
Case by_rule();
/// A Mac: one unified device.
Case unified();
/// System RAM alone.
Case cpu_only();
/// Nothing fits, system RAM not given.
Case no_fit();
/// A size that was never released.
Case guide_only();
/// The same with a second size, estimated from released ones.
Case guide_mixed();
/// One row per model.
Case several_models();
/// Long names, hostile characters, absurd sizes.
Case hostile();
/// `single_gpu` with parts for every term of the best build, as the first answer.
Case explained();

std::vector<std::pair<std::string, Case>> all_cases();
CatalogInfo sample_info();

}  // namespace qwenfit
