#pragma once

#include <string_view>
#include <vector>

#include "cli/complete.h"

namespace qwenfit {

/// What the value of an option is completed from.
struct ValueQuestion {
  const Catalog& catalog;
  std::vector<std::string> models;  ///< named on the same line
};

/// Adds what can take the place of `typed` as the value of an option, or as the argument of a command.
void complete_option(std::string_view option, std::string_view typed, const ValueQuestion& about,
                     Completion& out);
void complete_argument(const CommandRow& row, std::string_view typed, const ValueQuestion& about,
                       Completion& out);

/// Adds `lead` + `name` if it begins with `lead` + `typed`, in whatever case.
void offer(std::string_view lead, std::string_view typed, std::string_view name, std::string_view help,
           Completion& out);

}  // namespace qwenfit
