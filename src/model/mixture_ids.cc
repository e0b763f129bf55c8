#include <array>

#include "catalog/ids.h"
#include "qwenfit/quant.h"

namespace qwenfit {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Mixture::count)> kMixtures = {
    "f32",    "f16",     "bf16",  "q8_0",   "q6_k",    "q5_k_m", "q5_k_s",    "q5_1",   "q5_0",
    "q4_k_m", "q4_k_s",  "q4_1",  "q4_0",   "iq4_nl",  "iq4_xs", "mxfp4_moe", "q3_k_l", "q3_k_m",
    "q3_k_s", "iq3_m",   "iq3_s", "iq3_xs", "iq3_xxs", "q2_k",   "q2_k_s",    "iq2_m",  "iq2_s",
    "iq2_xs", "iq2_xxs", "iq1_m", "iq1_s",  "tq1_0",   "tq2_0"};

}  // namespace

std::span<const std::string_view> ids_of(Mixture) {
  return kMixtures;
}

std::string_view mixture_id(Mixture mixture) {
  const auto index = static_cast<std::size_t>(mixture);
  return index < kMixtures.size() ? kMixtures[index] : std::string_view("unknown");
}

std::optional<Mixture> mixture_from_id(std::string_view id) {
  return enum_from_id<Mixture>(id);
}

}  // namespace qwenfit
