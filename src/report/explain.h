#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qwenfit/catalog.h"
#include "report/view.h"

namespace qwenfit {

/// Parts of one term of one device, and what they leave unexplained (zero unless the parts are incomplete).
struct TermParts {
  Term term = Term::weights;
  Bytes bytes = 0;
  std::vector<const Part*> parts;
  SignedBytes unaccounted = 0;
};
/// The terms of one device that are not zero.
std::vector<TermParts> terms_of(const Estimate& estimate, std::size_t device_row);

/// A catalog row that the answer rests on.
struct Origin {
  std::string kind;  ///< model, quant, build, device, cpu
  std::string id;
  std::string source;
  std::string date;
  std::string overlay;  ///< file, empty for built-in rows
};
std::vector<Origin> origins_of(const Question& question, const Answer& answer, const Catalog& catalog);

/// `free 5.1 GiB, needed 0.5 GiB ...` : the verdict with its numbers, one sentence per device.
std::vector<std::string> verdict_rule(const Question& question, const Answer& answer);
std::string max_context_line(const Answer& answer);

}  // namespace qwenfit
