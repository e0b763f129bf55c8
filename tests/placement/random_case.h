#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "model/weight_table.h"
#include "qwenfit/estimate.h"
#include "support/models.h"

/// Random machines and small models for the solver's tests; every case follows from its seed.
namespace qwenfit {

/// A random model of a few layers on a random machine that may or may not hold it.
struct Case {
  Model model;
  Build build;
  Machine machine;
  WeightTable weights;
  SpeedModel speed;
  Settings settings;

  Scenario scenario() const {
    Scenario s;
    s.model = &model;
    s.build = &build;
    s.machine = &machine;
    s.settings = settings;
    s.speed = &speed;
    return s;
  }
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::uint32_t whole(std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(random_);
  }
  double real(double least, double most) {
    return std::uniform_real_distribution<double>(least, most)(random_);
  }
  bool chance(double p) { return real(0, 1) < p; }

 private:
  std::mt19937 random_;
};

/// Of a few layers where it is not said how many.
inline Architecture small_architecture(Dice& dice, std::uint32_t layers) {
  const bool moe = dice.chance(0.5);
  Architecture a = model_row(moe ? "35b-a3b" : "9b").architecture;
  a.layers = layers > 0 ? layers : 4 * dice.whole(1, 2);
  a.vocab = 4096;
  if (moe) {
    a.experts = 32;
    a.experts_used = 4;
  }
  a.tied_embeddings = dice.chance(0.3);
  return a;
}

inline TermFactors factors(Dice& dice) {
  TermFactors f{};
  for (double& factor : f) factor = dice.real(0.8, 2.0);
  // A hand-over is worth thinking about beside layers as small as these.
  f[static_cast<std::size_t>(SpeedTerm::hop)] = dice.real(0.001, 0.2);
  f[static_cast<std::size_t>(SpeedTerm::layers)] = dice.real(5, 30);
  f[static_cast<std::size_t>(SpeedTerm::host_layers)] = dice.real(5, 60);
  return f;
}

inline Device device(Dice& dice, Bytes model_bytes, bool metal) {
  Device d;
  d.rules = metal ? ComputeRules::metal : ComputeRules::cuda;
  d.runtime = dice.whole(0, 200) * kMiB;
  const double share = dice.real(0.1, 0.9);
  d.limit = static_cast<Bytes>(share * static_cast<double>(model_bytes)) + 600 * kMiB + d.runtime;
  d.capacity = d.reported = d.limit;
  if (dice.chance(0.7)) d.host_link_bytes_per_s = dice.real(10e9, 400e9);
  d.bandwidth_bytes_per_s = Bytes{dice.whole(100, 1800)} * 1'000'000'000;
  return d;
}

inline void make(Dice& dice, Case& c, std::uint32_t layers = 0) {
  c.model.architecture = small_architecture(dice, layers);
  c.model.max_context = 262144;
  c.build.format = "gguf";
  c.build.has_mtp_block = dice.chance(0.3);
  const Mixture mixture = *mixture_from_id(dice.chance(0.5) ? "q4_k_m" : "q8_0");
  c.weights =
      computed_weights(c.model.architecture, mixture, c.build.has_mtp_block, {{128, 512}, {32, 0}}, false);
  c.build.weights = &c.weights;
  const std::uint32_t devices = dice.whole(1, 3);
  const bool alike = dice.chance(0.4);
  for (std::uint32_t i = 0; i < devices; ++i) {
    const bool same = alike && i > 0;
    c.machine.devices.push_back(same ? c.machine.devices.front()
                                     : device(dice, c.weights.tensor_bytes, false));
    c.speed.devices.push_back(same ? c.speed.devices.front() : factors(dice));
  }
  c.machine.devices.front().display = dice.whole(0, 1) * 100 * kMiB;
  c.speed.host = factors(dice);
  c.machine.host.bandwidth_bytes_per_s = dice.real(20e9, 400e9);
  c.machine.host.os_reserve = 100 * kMiB;
  if (dice.chance(0.8)) {
    const double share = dice.chance(0.5) ? 4 : dice.real(0.1, 1);
    c.machine.host.capacity =
        static_cast<Bytes>(share * static_cast<double>(c.weights.tensor_bytes)) + 300 * kMiB;
  }
  c.settings.context = 1024 * dice.whole(1, 64);
  c.settings.depth = dice.chance(0.5) ? 0 : c.settings.context / 2;
  c.settings.kv_k = c.settings.kv_v = dice.chance(0.3) ? TensorType::q8_0 : TensorType::f16;
}

}  // namespace qwenfit
