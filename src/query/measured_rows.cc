#include "query/measured_rows.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <sstream>

#include "catalog/names.h"
#include "query/measured_device.h"
#include "speed/calibration.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Bytes of a file are known within this share, so its ceiling is.
constexpr double kCeilingShare = 1.02;
/// Slower than this share of the estimate: something else held the run up, such as memory that spilled over.
constexpr double kLeastShare = 0.1;

std::string rate_text(double tok_s) {
  std::ostringstream out;
  out << std::setprecision(tok_s < 1000 ? 3 : 4) << tok_s << " tok/s";
  return out.str();
}

/// Reasons with the rows that they left out.
class LeftOut {
 public:
  void add(const std::string& why, const BenchRow& row) {
    for (Reason& reason : reasons_) {
      if (reason.why == why) {
        ++reason.rows;
        return;
      }
    }
    reasons_.push_back({why, row.place, 1});
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const Reason& r : reasons_) {
      out.push_back(std::to_string(r.rows) + (r.rows == 1 ? " row: " : " rows: ") + r.why + " (" +
                    (r.rows == 1 ? "" : "the first at ") + r.place + ")");
    }
    return out;
  }

 private:
  struct Reason {
    std::string why, place;
    std::uint32_t rows = 0;
  };
  std::vector<Reason> reasons_;
};

/// Shorter prompts take mostly one reading of the weights.
constexpr Tokens kLeastPrompt = 128;

/// Why a test says nothing of the speeds that are estimated; empty when it does.
std::string unusable(const BenchRow& row, const Machine& machine) {
  if (row.prompt > 0 && row.generated > 0) return "prompt and generation in one rate";
  if (row.embeddings) return "a test of embeddings";
  if (row.kv_on_host) return "the KV cache kept in system RAM (-nkvo), which is not modelled";
  if (!row.overrides.empty() && row.overrides != "none")
    return "tensors placed by pattern (-ot), which is not modelled";
  if (row.prompt > 0 && row.prompt < kLeastPrompt)
    return "a prompt under " + std::to_string(kLeastPrompt) + " tokens, which says little of arithmetic";
  const bool known = std::all_of(machine.devices.begin(), machine.devices.end(),
                                 [](const Device& d) { return d.matmul_flops.value_or(0) > 0; });
  if (row.prompt > 0 && !known) return "a prompt, and the machine's arithmetic is not known";
  return "";
}

/// Predicted times of one row.
struct Prediction {
  Work work;
  double factor = 1;
  double floor_s = 0;
  double tokens = 1;
};

Prediction predict(const BenchRow& row, const BenchScenario& found, const Machine& machine,
                   const SpeedModel& model) {
  Scenario s = found.scenario(machine);
  s.speed = &model;
  if (row.generated > 0) {
    Work work = decode_work(s, found.placement, {row.depth + row.generated / 2, 1, 1});
    const double floor_s = decode_floor_s(work);
    return {std::move(work), found.in_ram ? model.decode_in_ram_factor : model.measured_decode_factor,
            floor_s, 1};
  }
  const Tokens pass = model.prompt_pass > 0 ? model.prompt_pass : s.settings.ubatch;
  Work work = prefill_work(s, found.placement, {row.prompt, row.depth, pass});
  const double floor_s = prefill_floor_s(s, work);
  return {std::move(work), found.in_ram ? model.prefill_in_ram_factor : model.measured_prefill_factor,
          floor_s, static_cast<double>(row.prompt)};
}

/// The predicted time by what is shifted together, no shorter than the floor.
MeasuredTime time_of(const Prediction& p, const SpeedModel& model, double tok_s) {
  MeasuredTime time;
  time.seconds = p.tokens / tok_s;
  const double scale = std::max(p.factor, p.floor_s / calibrated_s(p.work, model));
  for (const SpecifiedTime& t : p.work)
    time.predicted_s[static_cast<std::size_t>(shift_group(t.term))] += calibrated_s({t}, model) * scale;
  return time;
}

class Observer {
 public:
  Observer(const OwnMeasurements& own, const Question& question, const Catalog& catalog, BuildCache& cache,
           const Layouts& layouts)
      : own_(own), question_(question), catalog_(catalog), resolver_(question, catalog, cache, layouts) {}

  Result<OwnObservations> observed() {
    for (const BenchRow& row : own_.rows) {
      if (const auto done = take(row); !done) return done.error();
    }
    out_.use.left_out = left_out_.texts();
    out_.use.file = own_.file;
    if (!out_.all.empty()) return std::move(out_);
    const auto rows = static_cast<std::uint32_t>(own_.rows.size());
    if (other_machine_rows_ == rows) return error("", "it was " + other_machine_ + kElsewhere);
    std::string why = "none of its tests can be used";
    for (const std::string& text : out_.use.left_out) why += "; " + text;
    return error("", why);
  }

 private:
  static constexpr const char* kElsewhere = "; --measured takes the measurements of the machine in question";

  Error error(const std::string& place, std::string message) const {
    const std::string where =
        place.empty() ? own_.file : own_.file + (place.starts_with("/") ? ":" : ", ") + place;
    return {ErrorCode::bad_file, std::move(message), where, {}};
  }

  Result<bool> take(const BenchRow& row) {
    const DeviceMatch match = match_devices(row, question_.machine, catalog_);
    if (!match.other.empty()) {
      ++other_machine_rows_;
      other_machine_ = match.other;
      left_out_.add(match.other, row);
      return true;
    }
    std::string why = unusable(row, question_.machine);
    if (!why.empty()) {
      left_out_.add(why, row);
      return true;
    }
    const auto found = resolver_(row, why);
    if (!found) {
      left_out_.add(why, row);
      return true;
    }
    if (auto added = add(row, *found); !added) return added;
    auto& notes = out_.use.notes;
    if (!match.note.empty() && std::find(notes.begin(), notes.end(), match.note) == notes.end())
      notes.push_back(match.note);
    return true;
  }

  Result<bool> add(const BenchRow& row, const BenchScenario& found) {
    const Machine& machine = question_.machine;
    const BenchBuild& file = *found.file;
    const SpeedModel model = speed_model(machine, found.settings, file.model, file.build, catalog_);
    const Prediction p = predict(row, found, machine, model);
    const bool decode = row.generated > 0;
    const double most = p.floor_s > 0 ? p.tokens / p.floor_s : HUGE_VAL;
    if (decode && row.tok_s > most * kCeilingShare) return too_fast(row, file, found.in_ram, most);
    OwnObservation o;
    o.row = &row;
    o.phase = decode ? SpeedPhase::decode : SpeedPhase::prefill;
    o.file = found.file;
    o.split = found.settings.split_mode;
    o.in_ram = found.in_ram;
    o.time = time_of(p, model, row.tok_s);
    const double estimate =
        p.tokens / std::accumulate(o.time.predicted_s.begin(), o.time.predicted_s.end(), 0.0);
    if (!std::isfinite(estimate) || estimate <= 0) {
      left_out_.add("no bandwidth is known for this machine", row);
    } else if (row.tok_s > most * kCeilingShare) {
      left_out_.add("a prompt faster than the machine's specified arithmetic", row);
    } else if (row.tok_s < estimate * kLeastShare) {
      left_out_.add("less than a tenth of the speed of such a machine: something else held the run up", row);
    } else {
      ++(decode ? out_.use.decode_rows : out_.use.prefill_rows);
      out_.all.push_back(std::move(o));
    }
    return true;
  }

  Error too_fast(const BenchRow& row, const BenchBuild& file, bool in_ram, double most) const {
    const Host& host = question_.machine.host;
    const bool assumed = in_ram && host.bandwidth_assumed;
    return error(row.place, rate_text(row.tok_s) + " for " + file.model.name + " " + file.build.quant_name +
                                " is more than the memory of " + printable(question_.machine.name) +
                                " allows (" + rate_text(most) + ", bytes over bandwidth): " +
                                (assumed ? "the speed of system RAM was assumed, give it with --cpu"
                                         : "the file is of another machine or model, or was changed"));
  }

  const OwnMeasurements& own_;
  const Question& question_;
  const Catalog& catalog_;
  BenchResolver resolver_;
  OwnObservations out_;
  LeftOut left_out_;
  std::uint32_t other_machine_rows_ = 0;
  std::string other_machine_;
};

}  // namespace

Result<OwnObservations> observe_own(const OwnMeasurements& own, const Question& question,
                                    const Catalog& catalog, BuildCache& cache, const Layouts& layouts) {
  for (const Device& device : question.machine.devices) {
    if (device.bandwidth_bytes_per_s.value_or(0) > 0) continue;
    return Error{ErrorCode::bad_combination,
                 "no bandwidth is known for " + printable(device.name) +
                     ", so there is no estimate to calibrate; give custom:...,bandwidth=",
                 "--measured",
                 {}};
  }
  return Observer(own, question, catalog, cache, layouts).observed();
}

}  // namespace qwenfit
