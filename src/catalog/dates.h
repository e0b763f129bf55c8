#pragma once

#include "catalog/document.h"

namespace qwenfit {

/// Checks that every date of a document, wherever it stands, is one of the calendar.
void check_dates(const Document& document, Findings& findings);

}  // namespace qwenfit
