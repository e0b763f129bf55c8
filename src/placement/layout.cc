#include "placement/layout.h"

#include <algorithm>

namespace qwenfit {
namespace {

/// Cumulative shares, normalised to end at 1.
std::vector<float> cumulative(const std::vector<double>& shares) {
  std::vector<float> sums;
  float sum = 0;
  for (const double share : shares) {
    sum += static_cast<float>(share);
    sums.push_back(sum);
  }
  for (float& s : sums) s /= sum;
  return sums;
}

}  // namespace

std::uint32_t layer_count(const Architecture& a, bool file_has_mtp) {
  return a.layers + (file_has_mtp ? a.mtp_layers : 0) + 1;
}

Layout lay_out(const Architecture& a, bool file_has_mtp, const Placement& placement) {
  const std::uint32_t all = layer_count(a, file_has_mtp);
  const std::uint32_t offloaded = placement.tensor_split.empty() ? 0 : std::min(placement.gpu_layers, all);
  const std::uint32_t start = all - offloaded;

  Layout layout;
  layout.host_blocks = std::min(start, a.layers);
  layout.cpu_moe_layers = std::min(placement.cpu_moe_layers, a.layers);
  layout.mtp_on_host = file_has_mtp && start > a.layers;
  layout.output_on_host = start == all;
  layout.cache_in_ram = placement.cache_in_ram;
  layout.spans.resize(placement.tensor_split.size());

  if (layout.spans.size() == 1) {
    layout.spans[0] = {layout.host_blocks, a.layers, file_has_mtp && start + 1 < all, start < all};
    return layout;
  }
  const std::vector<float> sums = cumulative(placement.tensor_split);
  for (std::uint32_t layer = start; layer < all; ++layer) {
    const float at = static_cast<float>(layer - start) / static_cast<float>(offloaded);
    const auto found = std::upper_bound(sums.begin(), sums.end(), at) - sums.begin();
    DeviceSpan& span = layout.spans[std::min(static_cast<std::size_t>(found), layout.spans.size() - 1)];
    if (layer < a.layers) {
      if (span.first == span.last) span.first = layer;
      span.last = layer + 1;
    } else if (layer < all - 1) {
      span.mtp = true;
    } else {
      span.output = true;
    }
  }
  return layout;
}

}  // namespace qwenfit
