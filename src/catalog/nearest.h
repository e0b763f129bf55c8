#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"

namespace qwenfit {

/// Steps from one name to another: insert, delete, replace a byte, or swap two neighbours (each pair at most
/// once). Gives up with a larger number once `limit` is exceeded for certain.
std::size_t edit_distance(std::string_view a, std::string_view b,
                          std::size_t limit = std::numeric_limits<std::size_t>::max());

/// How a typed name relates to a known one, closest first. Parts are what separators divide, and runs of
/// digits and of letters, except that one letter and the digits after it are one part ("a3b").
enum class Relation : std::uint8_t {
  whole_parts,  ///< typed is whole parts of the known name: "30b-a3b" of "qwen3-30b-a3b"
  begun,        ///< typed begins a part of the known name: "4080s" of "4080super"
  slip,         ///< one edit step apart
  longer,       ///< the known name is whole parts of typed
  other,        ///< neither: only the edit distance says how far
  far,          ///< nothing in common: more than half of the longer one differs, and no part is the same
};

/// How near a known name is; smaller is nearer.
struct Nearness {
  Relation relation = Relation::other;
  std::size_t steps = 0;  ///< bytes by which one name is longer, or the edit distance
  bool unlikely = false;  ///< a row that is rarely meant; set by who ranks rows
  auto operator<=>(const Nearness&) const = default;  // NOLINT(modernize-use-nullptr): none is here
};

/// Compares two keys, of which the known one may have words divided by '-'. Edit distances above `limit` need
/// not be exact.
Nearness nearness(std::string_view typed, std::string_view known, std::size_t limit);

/// The `count` nearest of the targets it is offered; of equally near ones the smaller target.
class Shortlist {
 public:
  explicit Shortlist(std::size_t count) : count_(count) {}

  /// Largest edit distance that can still enter the list.
  std::size_t limit() const;
  /// A target may be offered by several names: the nearest counts. What is far is left out.
  void offer(Nearness nearness, std::size_t target);
  /// Nearest first.
  std::vector<std::size_t> targets() const;

 private:
  struct Entry {
    Nearness nearness;
    std::size_t target = 0;
    auto operator<=>(const Entry&) const = default;  // NOLINT(modernize-use-nullptr): none is here
  };
  std::size_t count_;
  std::vector<Entry> best_;
};

}  // namespace qwenfit
