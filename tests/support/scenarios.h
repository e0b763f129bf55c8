#pragma once

#include "qwenfit/query.h"
#include "qwenfit/scenario.h"

/// The first build of the first model that a question is about, placed by llama.cpp's rules. `question` must
/// stay.
inline qwenfit::Scenario first_scenario(const qwenfit::Question& question) {
  const auto& subject = question.models.front();
  return {&subject.model,
          &subject.builds.front(),
          &question.machine,
          subject.projector,
          subject.settings.front(),
          &subject.speeds.front(),
          nullptr};
}
