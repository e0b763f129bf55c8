#pragma once

#include <string>
#include <utility>
#include <vector>

#include "advise/buy.h"
#include "catch.h"

/// Purchases of `qwenfit buy` for tests.
namespace qwenfit {

inline Query query_for_models(const std::vector<std::string>& models, const std::string& ctx = "") {
  Query query;
  query.model = models;
  query.ctx = ctx;
  return query;
}

inline Buying bought(const Query& query, const BuyWish& wish) {
  Resolver resolver(Catalog::builtin());
  auto buying = buy(query, wish, resolver);
  REQUIRE(buying);
  return std::move(*buying);
}

inline std::vector<std::string> names(const std::vector<Purchase>& purchases) {
  std::vector<std::string> names;
  for (const Purchase& p : purchases) names.push_back(p.machine.offer.name());
  return names;
}

}  // namespace qwenfit
