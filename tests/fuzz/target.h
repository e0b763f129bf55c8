#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Inputs to start from.
std::vector<std::string> fuzz_seeds();

/// One input; anything but a return is a fault. The name is the fuzzing engines' own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
