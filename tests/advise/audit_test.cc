// `qwenfit claims`: what the buying guides say beside the calculation.

#include "advise/audit.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <tuple>

#include <nlohmann/json.hpp>

#include "advise/compare.h"
#include "catch.h"

using namespace qwenfit;
using nlohmann::json;

namespace {

const std::vector<AuditedClaim>& audited() {
  static const std::vector<AuditedClaim> claims = [] {
    Resolver resolver(Catalog::builtin());
    std::vector<AuditedClaim> all;
    for (const ClaimRow& row : resolver.catalog().rows().claims) all.push_back(audit(row, resolver));
    return all;
  }();
  return claims;
}

const AuditedClaim& claim_of(std::string_view id) {
  for (const AuditedClaim& claim : audited()) {
    if (claim.row->id == id) return claim;
  }
  FAIL("no claim " << id);
  return audited().front();
}

}  // namespace

TEST_CASE("every figure of the guides is checked, or says why it cannot be") {
  const auto& rows = Catalog::builtin().rows().claims;
  REQUIRE(rows.size() == 105);
  REQUIRE(audited().size() == rows.size());
  std::set<std::string_view> ids;
  for (const AuditedClaim& claim : audited()) {
    INFO(claim.row->id);
    CHECK(ids.insert(claim.row->id).second);
    REQUIRE_FALSE(claim.figures.empty());
    for (const AuditedFigure& f : claim.figures) {
      INFO(f.what);
      CHECK_FALSE(f.what.empty());
      CHECK((f.verdict == AuditVerdict::agrees || f.reason != AuditReason::none));
      CHECK((f.verdict <= claim.verdict() || f.reason == AuditReason::unknown_price));
    }
  }
}

TEST_CASE("the verdict of each claim, and what it rests on") {
  std::ifstream in(QWENFIT_TEST_DATA "/claim_verdicts.json");
  std::set<std::string> pinned;
  const json table = json::parse(in);
  for (const json& row : table.at("rows")) {
    const auto id = row.at("id").get<std::string>();
    INFO(id);
    pinned.insert(id);
    const AuditedClaim& claim = claim_of(id);
    CHECK(audit_verdict_id(claim.verdict()) == row.at("verdict").get<std::string>());
    CHECK(audit_reason_id(claim.deciding().reason) == row.at("reason").get<std::string>());
  }
  CHECK(pinned.size() == audited().size());
}

TEST_CASE("figures are those of the arithmetic by hand") {
  // 16 of 64 layers keep 4 heads of 256 keys and values of 2 bytes.
  const double cache_gb = 262144.0 * 16 * 4 * 256 * 2 * 2 / 1e9;
  CHECK(claim_of("cm-029").figures.front().ours_high == Approx(cache_gb));
  // Against 64 layers of 8 heads of 128.
  const double qwen3_gb = 262144.0 * 64 * 8 * 128 * 2 * 2 / 1e9;
  CHECK(claim_of("cm-031").figures.at(2).ours_low == Approx(cache_gb - qwen3_gb));
  // unsloth's file, which is 15 GiB but not 15 GB.
  CHECK(claim_of("cm-016").figures.front().ours_low == Approx(16.740812704));
  CHECK(15 * 1.073741824 == Approx(16.740812704).epsilon(kAuditTolerance));
  // 15 GB by the 550 MB/s of the interface.
  CHECK(claim_of("cm-076").figures.front().ours_low == Approx(15e9 / 550e6));
  // Two cards of 450 W.
  CHECK(claim_of("cm-055").figures.front().detail > 900);
  // Reading 42 GB at 400 GB/s allows no 30 tok/s.
  CHECK(claim_of("lr-092").figures.front().detail == Approx(400.0 / 42).epsilon(0.1));
}

TEST_CASE("a claim about several things is as bad as the worst of them") {
  for (const AuditedClaim& claim : audited()) {
    INFO(claim.row->id);
    AuditVerdict worst = claim.figures.front().verdict;
    for (const AuditedFigure& f : claim.figures) {
      if (f.reason != AuditReason::unknown_price) worst = std::max(worst, f.verdict);
    }
    CHECK(claim.verdict() == worst);
  }
  // A speed that is right, on a card that costs more by now.
  const AuditedClaim& moved = claim_of("cm-042");
  CHECK(moved.figures.front().verdict == AuditVerdict::agrees);
  CHECK(moved.deciding().reason == AuditReason::price_moved);
}

TEST_CASE("what is said of models that were never released agrees only where their weights rule it out") {
  for (const AuditedClaim& claim : audited()) {
    INFO(claim.row->id);
    for (const std::string_view id : claim.row->models) {
      if (Catalog::builtin().model_by_id(id)->status == ModelStatus::released) continue;
      const bool ruled_out = claim.row->fits == false && claim.verdict() == AuditVerdict::agrees;
      CHECK((ruled_out || claim.verdict() != AuditVerdict::agrees));
    }
  }
}

TEST_CASE(
    "what is said of our pick is true: faster is faster, cheaper cheaper, within the class of the claim") {
  for (const AuditedClaim& claim : audited()) {
    INFO(claim.row->id);
    for (const AuditedFigure& f : claim.figures) {
      if (f.reason == AuditReason::faster_machine) CHECK(f.detail > f.claimed_detail * kVisiblyFaster);
      if (f.reason == AuditReason::cheaper_machine) CHECK(f.detail * kVisiblyFaster >= f.claimed_detail);
    }
  }
  // Four server cards are no mini PC.
  for (const AuditedFigure& f : claim_of("cm-069").figures) CHECK(f.reason != AuditReason::larger_model);
}

TEST_CASE("claims about one price do not contradict each other") {
  const auto price = [](const char* id, const std::string& what) {
    for (const AuditedFigure& f : claim_of(id).figures) {
      if (f.what == what) return f;
    }
    FAIL("no figure " << what << " of " << id);
    return AuditedFigure{};
  };
  for (const auto& [alone, budget, device] :
       {std::tuple("cm-036", "cm-068", "rtx5060ti-16gb"), std::tuple("cm-042", "cm-072", "rtx5090"),
        std::tuple("cm-034", "cm-067", "arc-b580"), std::tuple("cm-038", "cm-070", "rtx3090")}) {
    INFO(alone << " " << budget);
    const AuditedFigure one = price(alone, std::string("price of ") + device);
    const AuditedFigure other = price(budget, std::string("price of ") + device);
    CHECK(one.ours_low == other.ours_low);
    CHECK(one.ours_high == other.ours_high);
    CHECK(one.verdict == other.verdict);
  }
}
