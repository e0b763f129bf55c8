#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "memory/graph_metal.h"

namespace qwenfit::graph {
namespace {

/// A run of operations in one place, up to this one and this copy.
struct Split {
  std::int8_t place = kUnknown;
  std::size_t last = 0, last_copy = 0;
};

class Schedule {
 public:
  Schedule(Graph& g, const Architecture& a, ComputeRules rules) : g_(g), a_(a), rules_(rules) {}

  void run() {
    use_places_of_weights();
    spread_places();
    split(g_.places.front());
    put_together();
  }

 private:
  Tensor& tensor(std::int32_t i) { return g_.tensors[static_cast<std::size_t>(i)]; }

  /// Whether the device takes over an operation whose weight lies on the host.
  bool takes_over(const Tensor& t, const Tensor& weight) const {
    if (weight.fixed || t.op == Op::token_rows || t.batch < kOffloadBatch) return false;
    return rules_ != ComputeRules::metal || t.op == Op::product || t.op == Op::experts;
  }

  void use_places_of_weights() {
    for (const std::int32_t i : g_.order) {
      Tensor& t = tensor(i);
      if (t.external || t.viewed >= 0) continue;
      const std::int32_t* sources = g_.sources_of(t);
      for (std::uint32_t j = 0; j < t.sources; ++j) {
        const Tensor& source = tensor(sources[j]);
        if (!source.weight) continue;
        t.place = source.place == kHost && takes_over(t, source) ? std::int8_t{kDevice} : source.place;
        break;
      }
    }
  }

  /// Operations without weights are computed where their neighbours are.
  template <typename Iterator>
  static void spread(Iterator first, Iterator last, bool devices_only) {
    std::int8_t current = kUnknown;
    for (; first != last; ++first) {
      if (*first == kUnknown) {
        *first = current;
      } else {
        current = devices_only && *first == kHost ? std::int8_t{kUnknown} : *first;
      }
    }
  }

  void spread_places() {
    std::vector<std::int32_t>& nodes = g_.nodes;
    std::vector<std::int8_t>& places = g_.places;
    nodes.clear();
    places.clear();
    for (const std::int32_t i : g_.order) {
      const Tensor& t = tensor(i);
      if (t.op == Op::view || t.op == Op::keep) continue;
      nodes.push_back(i);
      places.push_back(t.place);
    }
    for (const bool devices_only : {true, false}) {
      spread(places.begin(), places.end(), devices_only);
      spread(places.rbegin(), places.rend(), devices_only);
    }
    for (std::size_t n = 0; n < nodes.size(); ++n) tensor(nodes[n]).place = places[n];
    for (const std::int32_t i : g_.order) {
      Tensor& t = tensor(i);
      if (t.viewed >= 0) t.place = tensor(t.viewed).place;
    }
  }

  /// A weight of another place starts a new split, so that the memory of the one before can be used again.
  bool starts_split(const Tensor& t) {
    const Split& current = splits_.back();
    if (t.place != current.place) return true;
    const std::size_t copies_before = splits_.size() > 1 ? splits_[splits_.size() - 2].last_copy : 0;
    if (copied_.size() == copies_before) return false;
    const std::int32_t* sources = g_.sources_of(t);
    return std::any_of(sources, sources + t.sources,
                       [&](std::int32_t s) { return tensor(s).weight && tensor(s).place != current.place; });
  }

  /// The copy of a tensor in a place; `Graph::copies` has one per tensor and place, or -1.
  std::int32_t copy_of(std::int32_t source, std::int8_t place) {
    std::int32_t& known =
        g_.copies[static_cast<std::size_t>(source) * kPlaces + static_cast<unsigned char>(place)];
    if (known >= 0) return known;
    const Tensor& from = tensor(source);
    Tensor copy;
    copy.bytes = from.bytes;
    copy.op = Op::copy;
    copy.layout = from.weight || from.external || from.viewed >= 0 ? Layout::none : from.layout;
    copy.place = place;
    known = g_.add(copy, nullptr, 0);
    copied_.emplace_back(source, known);
    return known;
  }

  void split(std::int8_t first_place) {
    g_.copies.assign(g_.tensors.size() * kPlaces, -1);
    splits_.push_back({first_place});
    for (std::size_t n = 0; n < g_.order.size(); ++n) {
      const std::int32_t i = g_.order[n];
      if (tensor(i).op != Op::view && tensor(i).op != Op::keep) {
        if (starts_split(tensor(i))) splits_.push_back({tensor(i).place});
        const std::int8_t place = splits_.back().place;
        for (std::uint32_t j = 0; j < tensor(i).sources; ++j) {
          const std::int32_t source = g_.sources_of(tensor(i))[j];
          if (tensor(source).place == place) continue;
          const std::int32_t copy = copy_of(source, place);
          g_.sources_of(tensor(i))[j] = copy;
        }
      }
      splits_.back().last = n + 1;
      splits_.back().last_copy = copied_.size();
    }
  }

  /// Copies first; a source is kept until it is copied.
  void put_together() {
    std::vector<std::int32_t>& order = g_.next_order;
    order.clear();
    order.reserve(g_.order.size() + 2 * copied_.size());
    std::optional<MetalOrder> metal;
    if (rules_ == ComputeRules::metal) metal.emplace(g_, a_);
    std::size_t n = 0, c = 0;
    for (const Split& split : splits_) {
      for (; c < split.last_copy; ++c) {
        const auto [source, copy] = copied_[c];
        if (!tensor(source).external) {
          Tensor until;
          until.op = Op::keep;
          until.viewed = tensor(source).viewed >= 0 ? tensor(source).viewed : source;
          order.push_back(g_.add(until, &source, 1));
        }
        order.push_back(copy);
      }
      const auto first = g_.order.begin() + static_cast<std::ptrdiff_t>(n);
      const auto last = g_.order.begin() + static_cast<std::ptrdiff_t>(split.last);
      if (metal && split.place == kDevice) {
        const auto nodes = metal->of({first, last});
        order.insert(order.end(), nodes.begin(), nodes.end());
      } else {
        order.insert(order.end(), first, last);
      }
      n = split.last;
    }
    std::swap(g_.order, order);
  }

  Graph& g_;
  const Architecture& a_;
  ComputeRules rules_;
  std::vector<Split> splits_;
  std::vector<std::pair<std::int32_t, std::int32_t>> copied_;  ///< what was copied, and its copy
};

}  // namespace

void schedule(Graph& g, const Architecture& a, ComputeRules rules) {
  Schedule(g, a, rules).run();
}

}  // namespace qwenfit::graph
