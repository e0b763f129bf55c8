#include "placement/served.h"

#include <algorithm>
#include <cmath>

#include "memory/device_share.h"
#include "memory/growing_cache.h"
#include "memory/paged_cache.h"
#include "memory/state_pools.h"
#include "placement/evaluate.h"
#include "placement/layout.h"
#include "placement/rows.h"
#include "placement/served_text.h"
#include "qwenfit/runtime.h"

namespace qwenfit {
namespace {

constexpr Bytes kF32 = 4;  // bytes of a logit

/// The figures of one scenario that every device shares.
class Served {
 public:
  Served(const Scenario& s, Tokens context, Explain explain, Estimate& estimate)
      : s_(s),
        a_(s.model->architecture),
        rules_(*s.runtime),
        context_(context),
        ranks_(static_cast<std::uint32_t>(s.machine->devices.size())),
        estimate_(estimate),
        out_(estimate, explain) {
    smallest_ = UINT64_MAX;
    for (const Device& d : s.machine->devices) smallest_ = std::min(smallest_, d.reported);
  }

  void run() {
    for (std::size_t row = 0; row < ranks_; ++row) {
      add_weights(row);
      switch (rules_.memory) {
        case MemoryModel::paged:
          add_paged(row);
          break;
        case MemoryModel::pools:
          add_pools(row);
          break;
        case MemoryModel::growing:
          add_growing(row);
          break;
        case MemoryModel::llama_cpp:
          break;
      }
    }
    if (rules_.memory == MemoryModel::growing) add_device_overheads(*s_.machine, out_);
    add_host_overheads(*s_.machine, out_);
    add_limits(*s_.machine, estimate_.devices);
    if (rules_.memory == MemoryModel::paged) limit_paged();
    if (rules_.memory == MemoryModel::pools) limit_pools();
  }

 private:
  std::uint32_t slots() const { return s_.settings.parallel; }
  bool drafting() const { return s_.settings.mtp && s_.build->has_mtp_block; }

  void add_weights(std::size_t row) {
    const WeightTable& w = *s_.build->weights;
    const Bytes text = text_weight_bytes(w, a_);
    const Bytes repeated = std::min(text, repeated_weight_bytes(a_, ranks_));
    out_.add(row, Term::weights, add(shared_bytes(text - repeated, ranks_), repeated), [&] {
      return shared_weights_text(*s_.build, "weights of the text model", text, repeated, ranks_);
    });
    if (drafting()) {
      const Bytes mtp = mtp_weight_bytes(w, a_);
      out_.add(row, Term::mtp, shared_bytes(mtp, ranks_),
               [&] { return shared_weights_text(*s_.build, "weights of the MTP block", mtp, 0, ranks_); });
    }
    if (!s_.settings.vision) return;
    out_.add(row, Term::vision, shared_bytes(s_.projector.weights, ranks_), [&] {
      return shared_weights_text(*s_.build, "weights of the vision part", s_.projector.weights, 0, ranks_);
    });
  }

  // Paged: one pool of blocks.

  PagedBlocks blocks(bool with_drafts) const {
    return paged_blocks(a_, rules_.paged, s_.settings.kv_k, ranks_,
                        with_drafts ? rules_.paged.draft_tokens : 0);
  }

  void add_paged(std::size_t row) {
    const PagedRule& rule = rules_.paged;
    const PagedBlocks plain = blocks(false);
    const Bytes all = mul(slots(), blocks_per_request(plain, context_));
    const Bytes of_states = mul(slots(), plain.of_states);
    out_.add(row, Term::kv_cache, mul(all - of_states, plain.bytes), [&] {
      return blocks_text("blocks of K and V", plain, all - of_states, context_, slots(), rules_);
    });
    out_.add(row, Term::recurrent_state, mul(of_states, plain.bytes),
             [&] { return blocks_text("blocks of recurrent states", plain, of_states, 0, slots(), rules_); });
    if (drafting()) {
      const PagedBlocks more = blocks(true);
      const Bytes with = mul(slots(), blocks_per_request(more, context_), more.bytes);
      const Bytes without = mul(all, plain.bytes);
      out_.add(row, Term::mtp, with > without ? with - without : 0,
               [&] { return difference_text("blocks that drafting adds", with, without, rules_); });
    }
    const Tokens pass = smallest_ >= rule.large_device ? rule.large_prefill_tokens : rule.prefill_tokens;
    const Bytes rows = mul(slots(), Bytes{1} + (drafting() ? rule.draft_tokens : 0));
    const Bytes activations =
        add(add(rule.activation, mul(pass, pass_token_bytes(a_))), mul(rows, a_.vocab, rule.logit));
    out_.add(row, Term::compute, activations,
             [&] { return activations_text(rule.activation, pass, pass_token_bytes(a_), rules_); });
    out_.add(row, Term::compute, add(rule.graphs, mul(rows, rule.graphs_per_sequence)),
             [&] { return estimated_text("CUDA graphs, estimated", rules_); });
    if (s_.settings.vision)
      out_.add(row, Term::vision, rule.vision_activation,
               [&] { return estimated_text("activations of the largest image, estimated", rules_); });
    out_.add(row, Term::runtime, rule.other,
             [&] { return estimated_text("memory outside the tensor library, estimated", rules_); });
  }

  /// Memory that is free before the model is loaded.
  Bytes free_before(const Device& d) const {
    const Bytes taken = add(d.runtime, d.display);
    return d.reported > taken ? d.reported - taken : 0;
  }

  void limit_paged() {
    double fraction = rules_.paged.memory_fraction;
    for (const Device& d : s_.machine->devices) {
      const double room =
          static_cast<double>(free_before(d)) / static_cast<double>(std::max<Bytes>(d.reported, 1));
      constexpr double kSteps = 100;
      fraction = std::min(fraction, std::floor(room * kSteps) / kSteps);
    }
    estimate_.memory_fraction = fraction;
    const PagedBlocks b = blocks(drafting());
    const Bytes need = mul(slots(), blocks_per_request(b, context_), b.bytes);
    limit([&](const Device& d) { return std::ceil(static_cast<double>(d.reported) * fraction); }, need,
          [&](Bytes pool) { return paged_concurrency(b, pool, context_); });
  }

  // Pools: states and cache apart, in a static part of the memory.

  Bytes state_bytes() const {
    return mul(a_.linear_attention_layers(), linear_state_bytes(a_, rules_.pools.state, ranks_));
  }
  Bytes pool_bytes(bool with_drafts, std::uint32_t requests) const {
    const std::uint32_t layers = a_.full_attention_layers() + (with_drafts ? a_.mtp_layers : 0);
    const Bytes kv = mul(requests, context_, layers, kv_token_bytes(a_, s_.settings.kv_k, ranks_));
    return add(kv, mul(state_slots(rules_.pools, requests, with_drafts), state_bytes()));
  }

  void add_pools(std::size_t row) {
    const PoolsRule& rule = rules_.pools;
    const Bytes kv = kv_token_bytes(a_, s_.settings.kv_k, ranks_);
    out_.add(row, Term::kv_cache, mul(slots(), context_, a_.full_attention_layers(), kv), [&] {
      return tokens_text("pool of K and V", slots(), context_, a_.full_attention_layers(), kv, rules_);
    });
    const std::uint32_t kept = state_slots(rule, slots(), false) + rule.spare_states;
    out_.add(row, Term::recurrent_state, mul(kept, state_bytes()),
             [&] { return states_text(kept, state_bytes(), rules_); });
    if (!drafting()) return;
    const Bytes with = pool_bytes(true, slots());
    const Bytes without = pool_bytes(false, slots());
    out_.add(row, Term::mtp, with - without,
             [&] { return difference_text("pools that drafting adds", with, without, rules_); });
  }

  void limit_pools() {
    const double fraction = static_thousandths(rules_.pools, smallest_, ranks_) / 1000.0;
    estimate_.memory_fraction = fraction;
    const Bytes need = add(pool_bytes(drafting(), slots()), mul(rules_.pools.spare_states, state_bytes()));
    // States are kept for the slots alone (--max-mamba-cache-size); the cache gets the rest.
    const Bytes states =
        mul(state_slots(rules_.pools, slots(), drafting()) + rules_.pools.spare_states, state_bytes());
    const Bytes one = std::max<Bytes>((need - states) / slots(), 1);
    limit([&](const Device& d) { return std::floor(static_cast<double>(free_before(d)) * fraction); }, need,
          [&](Bytes pool) {
            return static_cast<double>(pool > states ? pool - states : 0) / static_cast<double>(one);
          });
  }

  /// Usable memory is the runtime's share; what fixed parts leave of it is the pool.
  template <typename Budget, typename Concurrency>
  void limit(Budget budget, Bytes need, Concurrency concurrency) {
    double least = HUGE_VAL;
    for (std::size_t row = 0; row < ranks_; ++row) {
      DeviceMemory& memory = estimate_.devices[row];
      const auto share = static_cast<Bytes>(budget(s_.machine->devices[row]));
      memory.usable = std::min(memory.usable.value_or(share), share);
      const Bytes fixed = memory.total() - need;
      least = std::min(least, concurrency(*memory.usable > fixed ? *memory.usable - fixed : 0));
    }
    estimate_.concurrency = least;
  }

  // Growing: as used.

  void add_growing(std::size_t row) {
    const GrowingRule& rule = rules_.growing;
    const Bytes layer = grown_layer_bytes(a_, rule, context_);
    const Bytes token = kv_token_bytes(a_, TensorType::bf16, 1);
    out_.add(row, Term::kv_cache, mul(slots(), a_.full_attention_layers(), layer), [&] {
      return tokens_text("KV cache, 16 bits, grown in steps", slots(), grown_tokens(rule, context_),
                         a_.full_attention_layers(), token, rules_);
    });
    const Bytes state = mul(a_.linear_attention_layers(), linear_state_bytes(a_, rule.state, 1));
    out_.add(row, Term::recurrent_state, mul(slots(), state),
             [&] { return states_text(slots(), state, rules_); });
    out_.add(row, Term::compute, layer,
             [&] { return estimated_text("one layer's cache twice while it grows", rules_); });
    const Tokens pass = std::min(rule.prefill_tokens, context_);
    out_.add(row, Term::compute, add(mul(pass, pass_token_bytes(a_)), mul(slots(), a_.vocab, kF32)),
             [&] { return activations_text(0, pass, pass_token_bytes(a_), rules_); });
    out_.add(row, Term::compute, score_bytes(a_, rule, context_),
             [&] { return scores_text(a_, pass, context_, rule.score, rules_); });
  }

  const Scenario& s_;
  const Architecture& a_;
  const RuntimeRules& rules_;
  Tokens context_;
  std::uint32_t ranks_;
  Estimate& estimate_;
  Recorder out_;
  Bytes smallest_ = 0;  ///< reported memory of the smallest device
};

}  // namespace

bool is_served(const Scenario& s) {
  return s.runtime != nullptr && s.runtime->has_own_memory() && s.build->weights != nullptr &&
         !s.machine->devices.empty();
}

Placement served_placement(const Scenario& s) {
  const std::size_t devices = s.machine->devices.size();
  Placement placement;
  placement.gpu_layers = layer_count(s.model->architecture, s.build->has_mtp_block);
  placement.tensor_split.assign(devices, 1.0 / static_cast<double>(devices));
  return placement;
}

bool served_holds(const Scenario& s) {
  Estimate e;
  evaluate_served(s, s.settings.context, Explain::no, e);
  return within_limits(e.devices);
}

void evaluate_served(const Scenario& s, Tokens context, Explain explain, Estimate& estimate) {
  start_rows(*s.machine, estimate);
  estimate.concurrency.reset();
  estimate.memory_fraction.reset();
  Served(s, context, explain, estimate).run();
}

}  // namespace qwenfit
