#include <nlohmann/json.hpp>
#include <sstream>

#include "report/explain_speed.h"
#include "report/golden.h"
#include "report/speed_fixture.h"
#include "report/speed_view.h"
#include "report/speed_words.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;
using nlohmann::ordered_json;

namespace {

std::string table_of_width(const Case& c, unsigned width) {
  std::ostringstream out;
  print_table(out, c.question, c.answers, {false, width, true}, sample_info());
  return out.str();
}

std::string quiet(const Case& c) {
  std::ostringstream out;
  print_quiet(out, c.question, c.answers);
  return out.str();
}

ordered_json document(const Case& c) {
  std::ostringstream out;
  print_json(out, c.question, c.answers, sample_info());
  return ordered_json::parse(out.str());
}

std::string explanation(const Case& c, unsigned width = 80) {
  std::ostringstream out;
  print_explain(out, c.question, c.answers.front(), Catalog::builtin(), {false, width, true});
  return out.str();
}

ordered_json explained_document(const Case& c) {
  std::ostringstream out;
  print_explain_json(out, c.question, c.answers.front(), Catalog::builtin(), sample_info());
  CHECK(schema_faults("qwenfit.explain", out.str()) == "");
  return ordered_json::parse(out.str());
}

/// The first line with `text` in it.
std::string line_with(const std::string& text, const std::string& wanted) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find(wanted) != std::string::npos) return line;
  }
  return "";
}

std::string sentence(const Case& c, std::size_t answer = 0) {
  return speed_sentence(c.question, c.answers[answer], sample_info().speed_words);
}

}  // namespace

TEST_CASE("a rate is shown with its range, and without one with a dash") {
  const Rate rate{36.4, 31.2, 41.4, 0.8, 60, SpeedBasis::device};
  CHECK(rate_cell(rate) == "36 (31-41)");
  CHECK(rate_point(rate) == "36");
  CHECK(rate_cell(std::nullopt) == "-");
  CHECK(rate_point(std::nullopt) == "-");
  CHECK(seconds_cell(std::nullopt) == "-");
  CHECK(seconds_cell(3.31) == "3.3");
}

TEST_CASE("no printer leaves an empty parenthesis where speed is unknown") {
  for (const auto& [name, c] : all_cases()) {
    INFO(name);
    std::ostringstream out;
    print_markdown(out, c.question, c.answers);
    const std::string text = table_of_width(c, 200) + quiet(c) + explanation(c) + out.str();
    for (const char* empty : {"()", "(-)", "( ", "nan", "inf "}) CHECK_FALSE(has(text, empty));
  }
}

TEST_CASE("builds that do not fit have a dash even if their placement was forced") {
  Case c = speed_of_device();
  c.answers.resize(1);
  c.answers.front().estimate.speed = speed_of_device().answers[3].estimate.speed;
  CHECK(has(line_with(table_of_width(c, 80), "BF16 "), " -  no fit"));
  CHECK_FALSE(has(quiet(c), "tok/s"));
  CHECK(document(c)["results"][0]["speed"]["decode"]["tok_s"] == 36.4);
}

TEST_CASE("80 columns keep decode with its range and the speed at the context in force") {
  const std::string text = table_of_width(speed_of_device(), 80);
  CHECK(has(line_with(text, "  quant"), "tok/s  at 8k"));
  CHECK(has(line_with(text, "* Q4_K_M"), "36 (32-42)     31"));
  CHECK(has(line_with(text, "  UD-IQ2_M"), "121 (104-141)    103"));
  CHECK(has(line_with(text, "  Q5_K_M"), "8.4 (7.2-9.8)    7.1"));
}

TEST_CASE("narrow screens drop decode last") {
  for (unsigned width = 40; width <= 160; ++width) {
    const std::string heading = line_with(table_of_width(speed_of_device(), width), "  quant");
    INFO(width << ": " << heading);
    CHECK(has(heading, "tok/s"));
    for (const char* other : {"free", "GPU use", "max ctx", "file", "at 8k", "first token"})
      CHECK((has(heading, "tok/s") || !has(heading, other)));
    if (has(heading, "prefill")) CHECK(has(heading, "at 8k"));
  }
  const std::string wide = table_of_width(speed_of_device(), 160);
  CHECK(has(line_with(wide, "  quant"), "prefill   first token"));
  CHECK(has(line_with(wide, "tok/s  s, 4k prompt"), "short ctx"));
}

TEST_CASE("headings say what a speed is at") {
  Settings s;
  CHECK(decode_point(s) == "short ctx");
  s.depth = 4096;
  CHECK(decode_point(s) == "at 4k");
  s.parallel = 2;
  CHECK(decode_point(s) == "per user");
  s.prompt = 1000;
  CHECK(prompt_words(s) == "1,000 prompt");
  const Case c = speed_of_models();
  CHECK(context_title({&c.answers[0], &c.answers[1]}) == "at ctx");
  CHECK(context_title({&c.answers[0]}) == "at 200,000");
}

TEST_CASE("without any speed there are no more columns than one of dashes") {
  const std::string heading = line_with(table_of_width(single_gpu(), 160), "  quant");
  CHECK(has(heading, "tok/s"));
  CHECK_FALSE(has(heading, "at 8k"));
  CHECK_FALSE(has(heading, "prefill"));
}

TEST_CASE("the words for a speed are those of the highest threshold that it reaches") {
  const auto words = sample_info().speed_words;
  const auto feel = [&](double tok_s) {
    Speed speed;
    speed.decode = Rate{tok_s, 0, 0, 0.8, 0, SpeedBasis::device};
    return std::string(decode_feel(speed, words));
  };
  CHECK(feel(0) == "slower than reading");
  CHECK(feel(9.999) == "slower than reading");
  CHECK(feel(10) == "about as fast as reading");
  CHECK(feel(1000) == "faster than reading");
  CHECK(decode_feel(Speed{}, words).empty());
  CHECK(decode_feel(*speed_of_device().answers[3].estimate.speed, {}).empty());
}

TEST_CASE("a sentence says how fast the best build is and what that rests on") {
  CHECK(sentence(speed_of_device(), 3) ==
        "Speed: 36 tok/s (32-42), faster than reading; 31 (27-36) with the context of 8k full; the first "
        "token of a 4k prompt takes 3.3 s (2.5-4.4); loading takes 8.4 s from an NVMe drive. Estimated from "
        "34 measurements of this card by 5 sources.");
  CHECK(has(sentence(speed_measured(), 3),
            "Measured on this hardware, quant and shape of model: 12 rows by 3 sources, 24.1-27.3 tok/s."));
  CHECK(has(sentence(speed_of_architecture()),
            "No measurements of this chip: estimated from 1 measurement of its architecture by 1 source, so "
            "the range is wide."));
  CHECK(sentence(single_gpu(), 3).empty());
  CHECK(has(table_of_width(speed_of_device(), 400), "\nSpeed: 36 tok/s (32-42), faster than reading;"));
}

TEST_CASE("rows of the combination are named beside an estimate that rests on them alone") {
  Case c = speed_measured();
  c.answers[3].estimate.speed->decode->basis = SpeedBasis::device;
  CHECK(has(sentence(c, 3), "of this card by 3 sources."));
  CHECK_FALSE(has(sentence(c, 3), "12 rows by 3 sources"));
  c.answers[3].estimate.speed->decode->basis = SpeedBasis::measured;
  SpeedModel own = *c.answers[3].speed;
  own.own_measurement = true;
  c.answers[3].speed = &own;
  CHECK(has(sentence(c, 3),
            "Calibrated with your own measurements; measured on this hardware, quant and shape of model:"));
}

TEST_CASE("what an estimate rests on is said without counts where they are unknown") {
  const Machine cards = offload().question.machine;
  const Machine none = cpu_only().question.machine;
  CHECK(rests_on_words(cards, SpeedBasis::device, nullptr, nullptr, nullptr) ==
        "Estimated from measurements of these cards");
  CHECK(rests_on_words(none, SpeedBasis::measured, nullptr, nullptr, nullptr) ==
        "Estimated from measurements of this very combination");
  CHECK(has(rests_on_words(none, SpeedBasis::backend, nullptr, nullptr, nullptr),
            "No measurements of this processor or its architecture"));
}

TEST_CASE("several users have a speed each and one together") {
  const Case c = speed_of_users();
  CHECK(has(sentence(c), "Speed: 10 tok/s (5.8-17) per user and 40 (23-68) for all 4 together, "));
  CHECK(has(sentence(c), "No measurements: estimated from specified figures alone"));
  CHECK(document(c)["results"][0]["speed"]["decode_all_users"]["tok_s"] == 39.84);
  CHECK(document(speed_of_device())["results"][3]["speed"]["decode_all_users"]["tok_s"].is_null());
}

TEST_CASE("drafting says what it gains or loses") {
  Case c = speed_with_mtp();
  CHECK(has(sentence(c), "MTP drafting (3 tokens, 60 % accepted) slows decode to 0.87 of the speed without"));
  CHECK(has(sentence(c), "Speed: 3.1 tok/s (2.0-4.9) at 4k tokens in context, slower than reading; "));
  CHECK(has(sentence(c), "loading takes 5.0 min; "));
  CHECK_FALSE(has(sentence(c), "first token"));
  c.answers.front().estimate.speed->mtp_gain = 1.42;
  CHECK(has(sentence(c), "makes decode 1.42 times as fast"));
  CHECK(has(table_of_width(c, 400), "Note: drafting with MTP gains little or nothing here"));
}

TEST_CASE("one line has the speed with its range") {
  CHECK(has(quiet(speed_of_device()), "largest context 126k, 36 (32-42) tok/s\n"));
}

TEST_CASE("a table of models has speeds and no sentence") {
  const std::string text = table_of_width(speed_of_models(), 80);
  CHECK(has(line_with(text, "Qwen3.5-9B"), "36 (30-44)"));
  CHECK(has(line_with(text, "Qwen3.5-122B"), "  -  "));
  CHECK_FALSE(has(text, "Speed:"));
  CHECK(has(text, "(low-high) holds 80 % of measured speeds"));
}

TEST_CASE("documents carry speeds unrounded, every key, null where unknown") {
  const Case c = speed_measured();
  const ordered_json known = document(c)["results"][3]["speed"];
  const Speed& speed = *c.answers[3].estimate.speed;
  CHECK(known["decode"]["low"].get<double>() == speed.decode->low);
  CHECK(known["decode"]["basis"] == "measured");
  CHECK(known["decode"]["coverage"] == 0.8);
  CHECK(known["prefill"]["high"].get<double>() == speed.prefill->high);
  CHECK(known["ttft_high_s"].get<double>() == *speed.ttft_high_s);
  CHECK(known["load_s"] == 8.4);
  CHECK(known["feels"] == "about as fast as reading");
  CHECK(known["stack"] == "cuda");
  CHECK(known["rests_on"]["decode"] ==
        ordered_json::parse(R"({"rows":12,"clusters":6,"sources":3,"half_width":0.05})"));
  CHECK(known["measured"]["decode"] == ordered_json::parse(R"({"rows":12,"sources":3,"low_tok_s":24.1,
      "high_tok_s":27.34,"least_depth":0,"most_depth":8192,
      "urls":["https://example.org/rows","https://example.org/more"]})"));
  const ordered_json unknown = document(single_gpu())["results"][0]["speed"];
  for (const auto& [key, value] : known.items()) {
    INFO(key);
    REQUIRE(unknown.contains(key));
    CHECK((unknown[key].is_null() || unknown[key].is_object()));
  }
  for (const auto& [key, value] : unknown["decode"].items()) CHECK(value.is_null());
  for (const auto& [key, value] : unknown["rests_on"]["prefill"].items()) CHECK(value.is_null());
  CHECK(unknown["measured"]["decode"].is_null());
}

TEST_CASE("a ceiling that is not known is null") {
  Case c = speed_of_device();
  c.answers[3].estimate.speed->prefill->ceiling_tok_s = 0;
  CHECK(document(c)["results"][3]["speed"]["prefill"]["ceiling_tok_s"].is_null());
}

TEST_CASE("an explanation of speed is as agreed") {
  const auto section = [](const Case& c) {
    const std::string text = explanation(c);
    const std::size_t begin = text.find("\nDecode,");
    return text.substr(begin, text.find("\nSpeed: ") - begin);
  };
  check_golden("explain_speed.txt", section(speed_explained()));
  check_golden("explain_speed_users.txt", section(speed_of_users()));
  check_golden("explain_speed_mtp.txt", section(speed_with_mtp()));
}

TEST_CASE("parts of a step sum to its time and that to the speed") {
  const Case c = speed_explained();
  const Answer& answer = c.answers.front();
  for (const SpeedPhase phase : {SpeedPhase::decode, SpeedPhase::prefill}) {
    const PhaseParts parts = phase_parts(answer, phase);
    double sum = 0;
    for (const SpeedPart* part : parts.parts) sum += part->seconds();
    CHECK(sum == Approx(parts.total_s).epsilon(1e-9));
  }
  CHECK(1 / phase_parts(answer, SpeedPhase::decode).total_s == Approx(answer.estimate.speed->decode->tok_s));
  CHECK(4096 / phase_parts(answer, SpeedPhase::prefill).total_s ==
        Approx(answer.estimate.speed->prefill->tok_s));
  CHECK_FALSE(has(explanation(c), "not accounted for"));
}

TEST_CASE("the gain of drafting is taken off before the parts are summed") {
  Case c = speed_explained();
  Speed& speed = *c.answers.front().estimate.speed;
  speed.mtp_gain = 1.5;
  speed.decode->tok_s *= 1.5;
  CHECK_FALSE(has(explanation(c), "not accounted for"));
  CHECK(has(explanation(c, 200), "; with MTP drafting times 1.50 = "));
}

TEST_CASE("time that the parts do not explain is said") {
  Case c = speed_explained();
  Speed& speed = *c.answers.front().estimate.speed;
  speed.parts.front().factor *= 0.5;
  CHECK(has(explanation(c), "not accounted for"));
  speed.decode->ceiling_tok_s = speed.decode->tok_s;
  CHECK(has(explanation(c), "held back by the ceiling"));
}

TEST_CASE("an explanation without a speed says so") {
  CHECK(has(explanation(explained()), "\nSpeed: not estimated\n"));
  CHECK(explained_document(explained())["speed_parts"].empty());
}

TEST_CASE("an explanation names the ceiling, what it rests on and where that was measured") {
  const std::string text = explanation(speed_explained(), 300);
  CHECK(has(text,
            "ceiling 60.0 tok/s: the bytes of a token over the specified bandwidth (NVIDIA GeForce RTX 3090 "
            "936 GB/s) and no time for anything else; no estimate exceeds it"));
  CHECK(has(text, "the highest specified rate (NVIDIA GeForce RTX 3090 142 TFLOPS)"));
  CHECK(has(text, "(basis measured; rows: 12, clusters: 6, sources: 3)"));
  CHECK(has(text, "+-0.05 of ln(tok/s)"));
  CHECK(has(text, "  measured: 12 rows by 3 sources, 24.1-27.3 tok/s at 0 to 8k tokens in context\n"));
  CHECK(has(text, "\n    https://example.org/more\n"));
}

TEST_CASE("the document of an explanation has every part of the time") {
  const Case c = speed_explained();
  const ordered_json parts = explained_document(c)["speed_parts"];
  const Speed& speed = *c.answers.front().estimate.speed;
  REQUIRE(parts.size() == speed.parts.size());
  CHECK(parts[0]["phase"] == "decode");
  CHECK(parts[0]["device"] == "rtx3090");
  CHECK(parts[0]["term"] == "weights");
  CHECK(parts[0]["seconds"].get<double>() == speed.parts[0].seconds());
  CHECK(parts[3]["device"] == "host");
  CHECK(parts[3]["index"].is_null());
  CHECK(parts[4]["phase"] == "prefill");
}
