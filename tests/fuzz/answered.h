#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "advise/sweep.h"
#include "model/tensors.h"
#include "qwenfit/query.h"

namespace qwenfit {

/// A model that a file describes.
struct DescribedModel {
  const Architecture& shape;
  Tokens max_context = 0;
  bool has_mtp_block = false;
  std::vector<TypedTensor> tensors;
};

/// What a file of any shape is asked about.
inline const Question& asked() {
  static const Question question = [] {
    Query query;
    query.gpu = {"2xrtx3090"};
    query.ram = "64GB";
    query.model = {"27b"};
    query.quant = {"q4_k_m"};
    return *resolve(query, Catalog::builtin());
  }();
  return question;
}

/// The model can be answered for a machine, and every byte is in one place.
inline void check_answer(const DescribedModel& model, const WeightTable& weights) {
  Question question = asked();
  Question::Answerable& subject = question.models.front();
  subject.model.architecture = model.shape;
  subject.model.max_context = model.max_context;
  Build& build = subject.builds.front();
  build.weights = &weights;
  build.mixture.reset();
  build.basis = TensorBasis::file;
  build.has_mtp_block = model.has_mtp_block;
  build.tensors = std::make_shared<const std::vector<TypedTensor>>(model.tensors);
  question.context_is_max = true;
  for (const Answer& answer : sweep(question, Explain::yes)) {
    for (std::size_t row = 0; row < answer.estimate.devices.size(); ++row) {
      Bytes sum = 0;
      for (const Part& part : answer.estimate.parts) sum = add(sum, part.row == row ? part.bytes : 0);
      if (sum != answer.estimate.devices[row].total()) std::abort();
    }
  }
}

}  // namespace qwenfit
