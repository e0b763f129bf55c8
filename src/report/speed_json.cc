#include "report/document.h"
#include "report/speed_view.h"

namespace qwenfit {
namespace {

void write_rate(JsonWriter& w, std::string_view name, const std::optional<Rate>& rate) {
  const auto known = [&](double Rate::*member) {
    return rate ? std::optional((*rate).*member) : std::nullopt;
  };
  const bool ceiling = rate && rate->ceiling_tok_s > 0;
  w.key(name);
  w.begin_object();
  w.field("tok_s", known(&Rate::tok_s));
  w.field("low", known(&Rate::low));
  w.field("high", known(&Rate::high));
  w.field("coverage", known(&Rate::coverage));
  w.field("basis", rate ? std::optional(speed_basis_id(rate->basis)) : std::nullopt);
  w.field("ceiling_tok_s", ceiling ? std::optional(rate->ceiling_tok_s) : std::nullopt);
  w.end_object();
}

void write_support(JsonWriter& w, std::string_view name, const std::optional<Rate>& rate,
                   const SpeedSupport& rests_on) {
  const SpeedSupport* support = rate ? &rests_on : nullptr;
  const auto number = [&](auto SpeedSupport::*field) {
    return support != nullptr ? std::optional(support->*field) : std::nullopt;
  };
  w.key(name);
  w.begin_object();
  w.field("rows", number(&SpeedSupport::rows));
  w.field("clusters", number(&SpeedSupport::clusters));
  w.field("sources", number(&SpeedSupport::sources));
  w.field("half_width", number(&SpeedSupport::half_width));
  w.end_object();
}

/// Rows that the rate rests on; null when it rests on something else.
void write_measured(JsonWriter& w, std::string_view name, const std::optional<Rate>& rate,
                    const SpeedModel* model, const std::optional<MeasuredSpeed> SpeedModel::*member) {
  w.key(name);
  if (model == nullptr || !(model->*member) || !rate || rate->basis != SpeedBasis::measured) {
    w.value(nullptr);
    return;
  }
  const MeasuredSpeed& measured = *(model->*member);
  w.begin_object();
  w.field("rows", measured.rows);
  w.field("sources", measured.sources);
  w.field("low_tok_s", measured.low_tok_s);
  w.field("high_tok_s", measured.high_tok_s);
  w.field("least_depth", measured.least_depth);
  w.field("most_depth", measured.most_depth);
  w.key("urls");
  w.begin_array();
  for (const std::string_view url : measured.urls) w.value(url);
  w.end_array();
  w.end_object();
}

}  // namespace

void write_speed(JsonWriter& w, const Answer& answer, const CatalogInfo& info) {
  static const Speed kNone;
  const Speed& speed = answer.estimate.speed ? *answer.estimate.speed : kNone;
  const SpeedModel* model = answer.speed;
  w.key("speed");
  w.begin_object();
  write_rate(w, "decode", speed.decode);
  write_rate(w, "decode_at_context", speed.decode_at_context);
  write_rate(w, "decode_all_users", speed.decode_all_users);
  write_rate(w, "prefill", speed.prefill);
  w.field("ttft_s", speed.ttft_s);
  w.field("ttft_low_s", speed.ttft_low_s);
  w.field("ttft_high_s", speed.ttft_high_s);
  w.field("load_s", speed.load_s);
  w.field("mtp_gain", speed.mtp_gain);
  w.text_or_null("feels", decode_feel(speed, info.speed_words));
  w.text_or_null("stack", model == nullptr ? std::string_view() : std::string_view(model->stack));
  w.key("rests_on");
  w.begin_object();
  write_support(w, "decode", speed.decode, speed.decode_rests_on);
  write_support(w, "prefill", speed.prefill, speed.prefill_rests_on);
  w.end_object();
  w.key("measured");
  w.begin_object();
  write_measured(w, "decode", speed.decode, model, &SpeedModel::measured_decode);
  write_measured(w, "prefill", speed.prefill, model, &SpeedModel::measured_prefill);
  w.end_object();
  w.end_object();
}

void write_speed_parts(JsonWriter& w, const Question& question, const Answer& answer) {
  static const Speed kNone;
  const Speed& speed = answer.estimate.speed ? *answer.estimate.speed : kNone;
  const std::vector<Device>& devices = question.machine.devices;
  w.key("speed_parts");
  w.begin_array();
  for (const SpeedPart& part : speed.parts) {
    const bool host = part.row >= devices.size();
    w.begin_object();
    w.field("phase", speed_phase_id(speed_phase(part.term)));
    w.field("device", host ? std::string_view("host") : std::string_view(devices[part.row].id));
    w.field("index", host ? std::nullopt : std::optional(part.row));
    w.field("term", speed_term_id(part.term));
    w.field("label", part.label);
    w.text_or_null("formula", part.formula);
    w.text_or_null("inputs", part.inputs);
    w.field("specified_s", part.specified_s);
    w.field("factor", part.factor);
    w.field("seconds", part.seconds());
    w.end_object();
  }
  w.end_array();
}

}  // namespace qwenfit
