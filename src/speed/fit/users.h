#pragma once

#include <iosfwd>
#include <vector>

#include "speed/fit/fitted.h"
#include "speed/fit/pairs.h"

namespace qwenfit {

/// How a step grows with users (`users.fixed_power`, `users.layer_split_power`), from rows with several users
/// and their single-user pairs; half widths of the share of the single-user speed that each keeps
/// (`users.half_width` up to `users.most` users, `users.half_width.beyond` for more). `decode`: parameters of
/// the plain step just fitted; empty: the catalog's.
std::vector<FittedParameter> fit_users(const std::vector<Benchmark>& rows, const Catalog& catalog,
                                       const ParameterValues& decode = {});

/// Errors of the speed per user given the single-user speed.
struct UserScore {
  PairScore by_source, by_cluster;  ///< whole sources, whole clusters left out
  PairScore layer_split;            ///< rows of devices that take turns, as fitted
  PairScore fixed_once;             ///< fixed times once per step instead, for comparison
};
UserScore score_users(const std::vector<Benchmark>& rows, const Catalog& catalog,
                      const ParameterValues& decode = {});

void print_users_accuracy(std::ostream& out, const std::vector<Benchmark>& rows, const Catalog& catalog,
                          const ParameterValues& decode = {});

}  // namespace qwenfit
