// Machines that run a model: each as asked alone, in the right group, cheapest first.

#include "advise/lookup.h"

#include <algorithm>
#include <set>

#include "advise/figures.h"
#include "catch.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

Lookup looked_up(const std::string& model, LookupWish wish, const std::string& ram = "") {
  Resolver resolver(Catalog::builtin());
  Query query;
  query.model = {model};
  query.ram = ram;
  wish.usual_ram = advice_figures().usual_ram;
  auto lookup = look_up(query, wish, resolver);
  REQUIRE(lookup);
  return std::move(*lookup);
}

}  // namespace

TEST_CASE("groups hold what their names say, cheapest first, unknown prices last") {
  LookupWish wish;
  wish.min_tok_s = 25;
  const Lookup lookup = looked_up("27b", wish);
  std::set<std::string> seen;
  for (std::size_t g = 0; g < kLookupGroups; ++g) {
    const Lookup::Group& group = lookup.groups[g];
    const auto of = static_cast<LookupGroup>(g);
    REQUIRE((of == LookupGroup::speed_unknown || !group.machines.empty()));
    CHECK(group.best.size() == std::min(wish.shown, group.machines.size()));
    for (std::size_t i = 0; i < group.machines.size(); ++i) {
      const Candidate& c = group.machines[i];
      CHECK(seen.insert(c.offer.name()).second);
      CHECK((c.verdict() == Verdict::offload) == (of == LookupGroup::with_ram));
      if (g == 0) CHECK(*c.tok_s() >= 25);
      if (g == 1) CHECK(*c.tok_s() < 25);
      if (of == LookupGroup::speed_unknown) CHECK_FALSE(c.tok_s());
      if (of == LookupGroup::with_ram) CHECK_FALSE(c.offer.is_computer());
      if (i == 0) continue;
      const auto before = group.machines[i - 1].offer.usd(), now = c.offer.usd();
      CHECK((before.has_value() || !now.has_value()));
      if (before && now) CHECK(*before <= *now);
    }
  }
  CHECK(lookup.ram_assumed);
}

TEST_CASE("a machine answers as it does when asked alone") {
  LookupWish wish;
  wish.min_tok_s = 10;
  if (sample_stride() > 1) wish.offers.only = MachineClass::mac;
  const Lookup lookup = looked_up("35b-a3b", wish, "64GB");
  Resolver resolver(Catalog::builtin());
  for (const Lookup::Group& group : lookup.groups) {
    for (std::size_t i = 0; i < group.machines.size(); i += 20) {
      const Candidate& c = group.machines[i];
      Query alone;
      alone.gpu = c.offer.gpu();
      alone.model = {"35b-a3b"};
      alone.quant = {"q4_k_m"};
      if (c.verdict() == Verdict::offload) alone.ram = "64GB";
      const auto question = resolver(alone);
      REQUIRE(question);
      const Answer a = sweep(*question).front();
      INFO(c.offer.name());
      CHECK(a.estimate.verdict == c.verdict());
      CHECK(a.max_context.tokens == c.context());
      if (a.estimate.speed && a.estimate.speed->decode) CHECK(a.estimate.speed->decode->tok_s == c.tok_s());
    }
  }
}

TEST_CASE("a speed that was asked for chooses the build too") {
  if (sample_stride() > 1) return;
  LookupWish wish;
  wish.min_tok_s = 36;
  wish.min_asked = true;
  wish.offers.only = MachineClass::gpu;
  const Lookup lookup = looked_up("27b", wish);
  const Lookup::Group& well = lookup.group(LookupGroup::well);
  REQUIRE_FALSE(well.best.empty());
  // The common quant reaches the speed there, so some build does.
  for (const Candidate& c : well.best) CHECK(*c.tok_s() >= 36);
}

TEST_CASE("a model that is too large for everything is in no group") {
  LookupWish wish;
  wish.min_tok_s = 10;
  wish.offers.only = MachineClass::mini_pc;
  CHECK_FALSE(looked_up("397b-a17b", wish).any());
}
