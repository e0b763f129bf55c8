#pragma once

#include <span>
#include <string>
#include <string_view>

#include "advise/sweep.h"
#include "qwenfit/catalog.h"
#include "qwenfit/estimate.h"

namespace qwenfit {

struct NoteText {
  std::string_view code;  ///< as in documents
  std::string_view text;
  bool on_screen = false;  ///< worth a line on the first screen, whatever the answer
};

/// Worth a line on the first screen of this answer.
bool is_on_screen(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options);

/// The words of a note; the only place that has them.
const NoteText& note_text(Note note);

/// `started for 1 slot, its pool has room for 5.8 requests of 8k tokens`; of a runtime with a pool.
std::string pool_words(const Answer& answer);

/// The words with the figures of this answer, where a note has some.
std::string note_sentence(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options);

/// The same in a line where that is enough for a screen.
std::string screen_sentence(Note note, const Answer& answer, std::span<const RuntimeOptionRow> options);

}  // namespace qwenfit
