#pragma once

#include <string_view>
#include <vector>

#include "qwenfit/catalog_rows.h"

namespace qwenfit {

/// What a claim lacks that its kind is checked by.
struct ClaimGap {
  std::string_view pointer, what;
};
std::vector<ClaimGap> claim_gaps(const ClaimRow& row);

}  // namespace qwenfit
