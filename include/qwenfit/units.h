#pragma once

#include <cstdint>
#include <limits>

namespace qwenfit {

/// Bytes, always; GiB and GB exist only in printers.
using Bytes = std::uint64_t;
/// A difference of bytes; negative means a deficit.
using SignedBytes = std::int64_t;
/// Tokens of context, or cells of a KV cache.
using Tokens = std::uint64_t;

inline constexpr Bytes kMiB = Bytes{1} << 20;
inline constexpr Bytes kGiB = Bytes{1} << 30;

/// Sum that stops at the largest value instead of wrapping, so an absurd input can only look too big.
constexpr Bytes add(Bytes a, Bytes b) {
  Bytes sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<Bytes>::max() : sum;
}

/// Product that stops at the largest value instead of wrapping.
constexpr Bytes mul(Bytes a, Bytes b) {
  Bytes product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<Bytes>::max() : product;
}

template <typename... Rest>
constexpr Bytes mul(Bytes a, Bytes b, Rest... rest) {
  return mul(mul(a, b), rest...);
}

/// `value` rounded up to a multiple of `step` (step > 0).
constexpr Bytes pad_to(Bytes value, Bytes step) {
  const Bytes rest = value % step;
  return rest == 0 ? value : add(value, step - rest);
}

}  // namespace qwenfit
