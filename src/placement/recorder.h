#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "qwenfit/estimate.h"

namespace qwenfit {

/// Words of one part; the figures go with them.
struct PartText {
  std::string label, formula, inputs, source;
};

/// Adds figures to terms and, when asked, keeps each with its explanation: the explanation cannot differ from
/// the sum.
class Recorder {
 public:
  Recorder(Estimate& estimate, Explain explain) : estimate_(estimate), explain_(explain == Explain::yes) {}

  /// `text` is called only when an explanation is wanted.
  template <typename Text>
  void add(std::size_t row, Term term, Bytes bytes, Text&& text) {
    if (bytes == 0) return;
    estimate_.devices[row].terms.add_to(term, bytes);
    if (!explain_) return;
    PartText words = std::forward<Text>(text)();
    estimate_.parts.push_back({row, term, std::move(words.label), std::move(words.formula),
                               std::move(words.inputs), std::move(words.source), bytes});
  }

  /// The row's device is given to the runtime.
  bool in_use(std::size_t row) const { return estimate_.devices[row].in_use; }

 private:
  Estimate& estimate_;
  bool explain_;
};

}  // namespace qwenfit
