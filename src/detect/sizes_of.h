#pragma once

#include <string>

#include "qwenfit/units.h"

namespace qwenfit {

/// `64GiB` or `24564MiB`: what `--ram` and `memory=` read as the same number, less a part of a MiB.
std::string size_option(Bytes bytes);

/// The size that modules come in of which `total` is left when the kernel and the firmware have taken
/// theirs; `total` itself where none is near.
Bytes installed_memory(Bytes total);

/// A name as a word of an option: letters, digits and `.+_-`, at most 48 of them.
std::string name_option(std::string_view name);

}  // namespace qwenfit
