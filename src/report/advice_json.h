#pragma once

#include "advise/advice.h"
#include "report/json_writer.h"
#include "report/report.h"

namespace qwenfit {

/// `quality` of a result: every key, null where unknown.
void write_quality(JsonWriter& w, const Answer& answer, const CatalogInfo& info);
/// `advice` of the document: one element per model, or null where none was asked for.
void write_advice(JsonWriter& w, const Question& question, const Advice* advice);

}  // namespace qwenfit
