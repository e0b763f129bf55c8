#pragma once

#include <string>
#include <string_view>

#include "qwenfit/error.h"

namespace qwenfit {

/// Writes an HTML report: to a new file beside `path`, which then takes its place, so that `path` holds
/// either what it held or all of the report. A link stays a link. What is there and is no HTML is not
/// replaced. Errors are `bad_file` at `where`.
Result<bool> save_html(const std::string& path, std::string_view text, std::string_view where);

}  // namespace qwenfit
