#pragma once

#include <string_view>

#include "qwenfit/estimate.h"

namespace qwenfit {

struct NoteText {
  std::string_view code;  ///< as in documents
  std::string_view text;
  bool on_screen = false;  ///< worth a line on the first screen
};

/// The words of a note; the only place that has them.
const NoteText& note_text(Note note);

}  // namespace qwenfit
