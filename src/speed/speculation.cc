#include "speed/speculation.h"

#include <algorithm>

#include "memory/llama_rules.h"
#include "speed/arithmetic.h"
#include "speed/batching.h"
#include "speed/speed.h"

namespace qwenfit {
namespace {

/// Bits per weight at which the cost of verification is stated: the usual 4-bit mixture.
constexpr double kUsualBits = 4.9;
/// Bytes of bandwidth per FP32 operation of the usual device.
constexpr double kUsualBalance = 0.03;

double factor_of(SpeedTerm term, std::size_t row, const SpeedModel& model) {
  const TermFactors& factors = row < model.devices.size() ? model.devices[row] : model.host;
  return factors[static_cast<std::size_t>(term)];
}

/// What one draft reads of the MTP block, as a device holds it. A file without one drafts with a block of the
/// size of its others.
double block_bytes(const Scenario& s, std::uint32_t sequences) {
  const WeightTable& w = *s.build->weights;
  const Architecture& a = s.model->architecture;
  const double touched = touched_experts(a, sequences);
  if (w.has_mtp_block)
    return static_cast<double>(w.mtp_device.dense) + static_cast<double>(w.mtp_device.experts) * touched;
  return (static_cast<double>(w.device_before.dense.back()) +
          static_cast<double>(w.device_before.experts.back()) * touched) /
         a.layers;
}

/// Time of reading, for one draft, the MTP block and the output where they lie.
double reading_s(const Scenario& s, const Placement& placement, std::uint32_t sequences) {
  const WeightTable& w = *s.build->weights;
  const Architecture& a = s.model->architecture;
  const Layout layout = lay_out(a, s.build->has_mtp_block, placement);
  const std::size_t devices = s.machine->devices.size();
  const bool shared = tensor_parallel(s);
  const double block = block_bytes(s, sequences);
  double on_devices = 0;
  double seconds = 0;
  for (std::size_t row = 0; row < devices; ++row) {
    const DeviceSpan& span = layout.spans[row];
    double bytes = span.output ? static_cast<double>(w.output_read) : 0;
    if (s.build->has_mtp_block ? span.mtp : span.output) bytes += block;
    const double per_s = shared ? shared_rate(s, bandwidth) : bandwidth(s.machine->devices[row]);
    if (bytes > 0 && per_s > 0) seconds += bytes / per_s * factor_of(SpeedTerm::weights, row, *s.speed);
    on_devices += bytes;
  }
  const double output = static_cast<double>(a.tied_embeddings ? w.embedding_host : w.output_host);
  double in_ram = layout.output_on_host || devices == 0 ? output : 0;
  if (on_devices == 0 || layout.mtp_on_host) in_ram += block;
  return seconds + in_ram / s.machine->host.bandwidth_bytes_per_s *
                       factor_of(SpeedTerm::host_weights, devices, *s.speed);
}

/// Bits per weight that a token reads.
double read_bits(const Scenario& s) {
  constexpr double kBitsPerByte = 8;
  const WeightTable* w = s.build->weights;
  if (w == nullptr) {
    const double bits = kBitsPerByte * static_cast<double>(s.build->guide_weights);
    return s.model->parameters_assumed > 0 ? bits / s.model->parameters_assumed : kUsualBits;
  }
  const double touched = touched_experts(s.model->architecture, 1);
  const double bytes = static_cast<double>(w->device_before.dense.back()) +
                       static_cast<double>(w->device_before.experts.back()) * touched;
  const double parameters = w->dense_parameters + w->expert_parameters * touched;
  return parameters > 0 ? kBitsPerByte * bytes / parameters : kUsualBits;
}

/// Time of weights, each device's times what its arithmetic makes of verifying one token. The CPU counts as a
/// device with the usual arithmetic.
double verifying_s(const Scenario& s, const Work& plain, const DraftCosts& costs) {
  double seconds = 0;
  for (const SpecifiedTime& t : plain) {
    if (t.term != SpeedTerm::weights && t.term != SpeedTerm::host_weights) continue;
    double cost = costs.verify;
    if (t.row < s.machine->devices.size()) {
      cost *= costs.balance[t.row];
      if (s.machine->devices[t.row].backend == Backend::metal) cost *= costs.metal;
    }
    seconds += cost * t.seconds * factor_of(t.term, t.row, *s.speed);
  }
  return seconds * kUsualBits / read_bits(s);
}

}  // namespace

std::uint32_t drafted_tokens(const RuntimeRow& runtime) {
  if (runtime.paged) return runtime.paged->draft_tokens;
  // SGLang counts the token that the drafts follow too.
  if (runtime.pools) return std::max(runtime.pools->draft_tokens, 1U) - 1;
  return llama_rules::kDraftLength;
}

std::vector<double> draft_balances(const Machine& machine, const Catalog& catalog) {
  std::vector<double> result;
  for (const Device& device : machine.devices) {
    const DeviceRow* known = catalog.device_by_id(device.id);
    const double fp32 = known == nullptr ? 0 : known->fp32_tflops.value_or(0) * kTera;
    const double per_s = static_cast<double>(device.bandwidth_bytes_per_s.value_or(0));
    result.push_back(fp32 > 0 && per_s > 0 ? per_s / fp32 / kUsualBalance : 1);
  }
  return result;
}

Drafting draft(const Scenario& s, const Placement& placement, const DecodeStep& step, double plain_s) {
  const SpeedModel& model = *s.speed;
  const Work plain = decode_work(s, placement, {step.depth, step.sequences, 1});
  Drafting result{1, plain_s, decode_floor_s(plain)};
  if (!model.drafting) return result;
  const DraftCosts& costs = *model.drafting;
  const std::uint32_t drafts = std::min(model.draft_tokens, kMostDrafts);
  const Work verified = decode_work(s, placement, {step.depth, step.sequences, 1 + drafts});
  double per_draft_s = verifying_s(s, plain, costs) + costs.fixed_s * fixed_growth(model, step.sequences);
  if (s.build->weights != nullptr) per_draft_s += reading_s(s, placement, step.sequences);
  const double experts_s = calibrated_s(verified, model) - calibrated_s(plain, model);
  // Where sequences hinder each other, all of a step takes longer.
  const double hindered = plain_s / calibrated_s(batched_work(s, placement, step), model);
  result.tokens_per_step = 1 + drafts * model.draft_acceptance;
  result.seconds = std::max(plain_s + hindered * (experts_s + drafts * per_draft_s),
                            arithmetic_s(s, placement, step.sequences * (1 + drafts)));
  result.floor_s *= result.tokens_per_step / (1 + drafts);
  return result;
}

}  // namespace qwenfit
