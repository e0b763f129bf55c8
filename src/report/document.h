#pragma once

#include <string_view>

#include "report/json_writer.h"
#include "report/view.h"

/// Parts that the documents share.
namespace qwenfit {

struct OtherRuntime;

/// `schema`, `id` if given, `version`, `catalog`: how every document but errors begins, its object left open.
void begin_document(JsonWriter& w, std::string_view schema, const CatalogInfo& info,
                    const nlohmann::json* id = nullptr);
/// One element of `results` of `qwenfit.fit/1`. `other`: a runtime in which something fits, for its notes.
void write_result(JsonWriter& w, const Question& question, const Answer& answer, const CatalogInfo& info,
                  const OtherRuntime* other = nullptr);
/// `speed` of a result: every key, null where unknown.
void write_speed(JsonWriter& w, const Answer& answer, const CatalogInfo& info);
/// `speed_parts` of `qwenfit.explain/1`.
void write_speed_parts(JsonWriter& w, const Question& question, const Answer& answer);
/// The id of a document's line as the person gave it.
void write_id(JsonWriter& w, const nlohmann::json* id);
/// `gpu`, `unified` or `host`.
std::string_view device_kind_id(DeviceKind kind);
std::string_view model_kind_id(ModelKind kind);

}  // namespace qwenfit
