// Speed against tokens in context.

#include "advise/speed_curve.h"

#include "catch.h"

using namespace qwenfit;

namespace {

Question question_of(const std::vector<std::string>& gpu, const std::string& model,
                     const std::string& ctx = "") {
  Query query;
  query.gpu = gpu;
  query.model = {model};
  query.quant = {"q4_k_m"};
  query.ctx = ctx;
  auto question = resolve(query, Catalog::builtin());
  REQUIRE(question);
  return std::move(*question);
}

const CurvePoint* point_at(const SpeedCurve& curve, Tokens filled) {
  for (const CurvePoint& p : curve.points) {
    if (p.filled == filled) return &p;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a curve holds the answer's own speeds and ends at its largest context") {
  for (const char* gpu : {"rtx3090", "2xrtx3060-12gb", "m4-max-40c-64gb"}) {
    INFO(gpu);
    const Question question = question_of({gpu}, "27b", "16k");
    const Answer answer = sweep(question).front();
    const SpeedCurve curve = speed_curve(question, answer);
    const Speed& speed = *answer.estimate.speed;
    REQUIRE(point_at(curve, 0) != nullptr);
    REQUIRE(point_at(curve, 16384) != nullptr);
    CHECK(point_at(curve, 0)->rate.tok_s == speed.decode->tok_s);
    CHECK(point_at(curve, 0)->rate.low == speed.decode->low);
    CHECK(point_at(curve, 16384)->rate.tok_s == speed.decode_at_context->tok_s);
    CHECK(point_at(curve, 16384)->rate.high == speed.decode_at_context->high);
    CHECK(curve.points.back().filled == answer.max_context.tokens);
    for (std::size_t i = 1; i < curve.points.size(); ++i) {
      CHECK(curve.points[i - 1].filled < curve.points[i].filled);
      CHECK(curve.points[i - 1].rate.tok_s >= curve.points[i].rate.tok_s);
    }
  }
}

TEST_CASE("each point of a curve is what asking for that context says") {
  const Question question = question_of({"rtx3090"}, "35b-a3b");
  const Answer answer = sweep(question).front();
  for (const CurvePoint& p : speed_curve(question, answer).points) {
    if (p.filled < kDefaultContext) continue;
    const Question other = question_of({"rtx3090"}, "35b-a3b", std::to_string(p.filled));
    CHECK(sweep(other).front().estimate.speed->decode_at_context->tok_s == p.rate.tok_s);
  }
}

TEST_CASE("what does not fit has no curve, and RAM that was not given none beyond the context in force") {
  const Question large = question_of({"rtx3060-12gb"}, "397b-a17b");
  const Answer answer = sweep(large).front();
  const SpeedCurve curve = speed_curve(large, answer);
  if (answer.estimate.verdict == Verdict::no_fit) CHECK(curve.points.empty());
  for (const CurvePoint& p : curve.points) CHECK(p.filled <= answer.settings.context);
}
