#include "speed/fit/regression.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

namespace qwenfit {
namespace {

constexpr double kErrorSd = 0.12;
constexpr double kHuber = 1.5;
constexpr int kMostSteps = 60;
/// Steps end when the cost falls by less than this share of itself.
constexpr double kEnough = 1e-10;

struct Sum {
  double seconds = 0;
  std::vector<double> terms;
};

Sum evaluate(const Equation& e, const Eigen::VectorXd& theta) {
  Sum sum;
  for (const auto& term : e.terms) {
    double log_factor = 0;
    for (const auto& [i, power] : term.loadings) log_factor += power * theta[static_cast<Eigen::Index>(i)];
    sum.terms.push_back(term.seconds * std::exp(log_factor));
    sum.seconds += sum.terms.back();
  }
  return sum;
}

double huber(double r) {
  const double a = std::abs(r);
  return a < kHuber ? r * r / 2 : kHuber * a - kHuber * kHuber / 2;
}

/// The problem of one fit.
class Problem {
 public:
  Problem(const std::vector<Equation>& equations, const std::vector<std::size_t>& rows,
          const std::vector<double>& offsets, const ParameterSpace& space)
      : equations_(equations), rows_(rows), offsets_(offsets) {
    const auto n = static_cast<Eigen::Index>(space.size());
    mean_.resize(n);
    precision_.resize(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      mean_[i] = space.prior_mean(at);
      precision_[i] = 1 / (space.prior_sd(at) * space.prior_sd(at));
    }
  }

  const Eigen::VectorXd& mean() const { return mean_; }

  double cost(const Eigen::VectorXd& theta) const {
    double sum = 0;
    for (const std::size_t row : rows_) {
      const Equation& e = equations_[row];
      sum += e.weight * huber(residual(row, evaluate(e, theta).seconds));
    }
    return sum + ((theta - mean_).array().square() * precision_.array()).sum() / 2;
  }

  /// Hessian (without second derivatives) and gradient.
  void derivatives(const Eigen::VectorXd& theta, Eigen::MatrixXd& hessian, Eigen::VectorXd& gradient) const {
    hessian = precision_.asDiagonal();
    gradient = precision_.cwiseProduct(theta - mean_);
    std::map<std::size_t, double> slope;
    for (const std::size_t row : rows_) {
      const Equation& e = equations_[row];
      const Sum sum = evaluate(e, theta);
      const double r = residual(row, sum.seconds);
      const double weight = e.weight * std::min(1.0, kHuber / std::max(std::abs(r), 1e-9));
      slope.clear();
      for (std::size_t k = 0; k < e.terms.size(); ++k) {
        for (const auto& [i, power] : e.terms[k].loadings)
          slope[i] += power * sum.terms[k] / sum.seconds / kErrorSd;
      }
      for (const auto& [i, a] : slope) {
        gradient[static_cast<Eigen::Index>(i)] += weight * a * r;
        for (const auto& [j, b] : slope)
          hessian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) += weight * a * b;
      }
    }
  }

 private:
  double residual(std::size_t row, double seconds) const {
    return (std::log(seconds) - equations_[row].log_seconds + offsets_[row]) / kErrorSd;
  }

  const std::vector<Equation>& equations_;
  const std::vector<std::size_t>& rows_;
  const std::vector<double>& offsets_;
  Eigen::VectorXd mean_, precision_;
};

/// One damped step that lowers the cost; false when none does.
bool improve(const Problem& problem, Eigen::VectorXd& theta, double& cost, double& damping) {
  Eigen::MatrixXd hessian;
  Eigen::VectorXd gradient;
  problem.derivatives(theta, hessian, gradient);
  constexpr int kTries = 8;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Eigen::MatrixXd damped = hessian;
    damped.diagonal() += damping * hessian.diagonal();
    const Eigen::VectorXd next = theta - damped.ldlt().solve(gradient);
    const double lower = problem.cost(next);
    if (lower < cost) {
      const bool enough = cost - lower < kEnough * cost;
      theta = next;
      cost = lower;
      damping = std::max(damping / 5, 1e-9);
      return !enough;
    }
    damping *= 5;
  }
  return false;
}

}  // namespace

std::size_t ParameterSpace::index(const Loading& loading) {
  const auto [at, is_new] = index_.emplace(loading.parameter, names_.size());
  if (is_new) {
    names_.push_back(loading.parameter);
    mean_.push_back(loading.prior_mean);
    sd_.push_back(loading.prior_sd);
  }
  return at->second;
}

std::optional<std::size_t> ParameterSpace::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Equation> equations(const std::vector<Observation>& observations, ParameterSpace& space) {
  std::map<std::string, double> rows_of;
  for (const Observation& o : observations) ++rows_of[o.cluster];
  std::vector<Equation> result;
  for (const Observation& o : observations) {
    Equation e;
    std::map<SpeedTerm, std::size_t> at;
    for (const SpecifiedTime& t : o.work) {
      const auto [found, is_new] = at.emplace(t.term, e.terms.size());
      if (is_new) {
        Equation::Summand summand;
        for (const Loading& l : loadings_of(t.term, o.context)) {
          if (l.power != 0) summand.loadings.emplace_back(space.index(l), l.power);
        }
        e.terms.push_back(std::move(summand));
      }
      e.terms[found->second].seconds += t.seconds;
    }
    e.log_seconds = std::log(o.seconds);
    e.weight = 1 / std::sqrt(rows_of[o.cluster]);
    result.push_back(std::move(e));
  }
  return result;
}

double predicted_log_s(const Equation& equation, const std::vector<double>& parameters) {
  const Eigen::Map<const Eigen::VectorXd> theta(parameters.data(),
                                                static_cast<Eigen::Index>(parameters.size()));
  return std::log(evaluate(equation, theta).seconds);
}

std::vector<double> fit(const std::vector<Equation>& equations, const std::vector<std::size_t>& rows,
                        const std::vector<double>& offsets, const ParameterSpace& space,
                        std::vector<double> start) {
  const Problem problem(equations, rows, offsets, space);
  Eigen::VectorXd theta = problem.mean();
  for (std::size_t i = 0; i < start.size(); ++i) theta[static_cast<Eigen::Index>(i)] = start[i];
  double cost = problem.cost(theta);
  double damping = 1e-3;
  for (int step = 0; step < kMostSteps; ++step) {
    if (!improve(problem, theta, cost, damping)) break;
  }
  return {theta.data(), theta.data() + theta.size()};
}

}  // namespace qwenfit
