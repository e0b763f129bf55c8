#include "query/speed_cache.h"

#include <array>
#include <bit>

namespace qwenfit {
namespace {

/// Calibrations kept at once; beyond that all are forgotten.
constexpr std::size_t kMostKeptSpeeds = 4096;

/// Text that differs where the usual speed may.
class Key {
 public:
  Key() { text_.reserve(kUsual); }
  Key& add(std::string_view text) {
    text_ += text;
    text_ += '|';
    return *this;
  }
  Key& add(double number) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(number)>>(number);
    return add(std::string_view(bytes.data(), bytes.size()));
  }
  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t kUsual = 160;  ///< bytes, with one device
  std::string text_;
};

std::string key_of(const Machine& machine, const Settings& settings, const Model& model, const Build& build) {
  Key key;
  for (const Device& d : machine.devices) {
    key.add(d.id)
        .add(static_cast<double>(d.backend))
        .add(static_cast<double>(d.bandwidth_bytes_per_s.value_or(0)));
  }
  key.add(machine.host.bandwidth_bytes_per_s).add(settings.runtime).add(settings.storage);
  key.add(static_cast<double>(settings.split_mode)).add(is_float(settings.kv_k) && is_float(settings.kv_v));
  key.add(settings.mtp_acceptance.value_or(-1)).add(settings.parallel);
  return key.add(model.id).add(speed_class(build)).take();
}

}  // namespace

SpeedModel SpeedCache::find(const Machine& machine, const Settings& settings, const Model& model,
                            const Build& build) {
  std::string key = key_of(machine, settings, model, build);
  auto found = usual_.find(key);
  if (found == usual_.end()) {
    if (usual_.size() >= kMostKeptSpeeds) usual_.clear();
    found = usual_.emplace(std::move(key), usual_speed(machine, settings, model, build, parameters_)).first;
  }
  return with_measured(found->second, machine, settings, model, build, catalog_);
}

}  // namespace qwenfit
