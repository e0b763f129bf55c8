#pragma once

#include <string>
#include <vector>

#include "catalog/tables.h"

namespace qwenfit {

/// A catalog put together at run time: rows of overlays in place of, or after, the compiled-in ones.
struct Merged {
  Arena arena;
  Tables tables;
};

/// Lays `files` over `base`, later ones over earlier ones. With any fault in `findings` the result must not
/// be used. False where a file is no catalog file: what the rows mean was not looked at then.
bool merge_overlays(const CatalogRows& base, const std::vector<std::string>& files, Merged& merged,
                    Findings& findings);

/// Files to read for what the person gave: a folder stands for its *.json files in name order, without those
/// whose name begins with a dot.
std::vector<std::string> overlay_files(const std::vector<std::string>& paths, Findings& findings);

}  // namespace qwenfit
