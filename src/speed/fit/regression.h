#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "speed/fit/observation.h"

namespace qwenfit {

/// Named parameters, kept as logarithms, each with its Gaussian prior.
class ParameterSpace {
 public:
  std::size_t index(const Loading& loading);
  /// None for a parameter that no row has.
  std::optional<std::size_t> find(std::string_view name) const;
  std::size_t size() const { return names_.size(); }
  const std::string& name(std::size_t i) const { return names_[i]; }
  double prior_mean(std::size_t i) const { return mean_[i]; }
  double prior_sd(std::size_t i) const { return sd_[i]; }

 private:
  std::map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<double> mean_, sd_;
};

/// An observation as a sum of terms, each seconds times exp(sum of power x parameter).
struct Equation {
  struct Summand {
    double seconds = 0;
    std::vector<std::pair<std::size_t, double>> loadings;
  };
  std::vector<Summand> terms;
  double log_seconds = 0;  ///< measured
  double weight = 1;
};

/// Terms of equal loadings are one summand. A cluster of n rows weighs n^0.5, a row of it n^-0.5.
std::vector<Equation> equations(const std::vector<Observation>& observations, ParameterSpace& space);

double predicted_log_s(const Equation& equation, const std::vector<double>& parameters);

/// Parameters that make measured times likeliest: Gauss-Newton on ln(time), errors of 0.12 with Huber's loss
/// beyond 1.5 of these, and the priors. `rows`: which equations; `offsets`: what is taken off each measured
/// logarithm; starts from `start`, or the priors' means when that is empty.
std::vector<double> fit(const std::vector<Equation>& equations, const std::vector<std::size_t>& rows,
                        const std::vector<double>& offsets, const ParameterSpace& space,
                        std::vector<double> start = {});

}  // namespace qwenfit
