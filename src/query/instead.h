#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/query.h"

namespace qwenfit {

/// Whether a query would be answered. Empty where nothing is to be suggested.
using Trial = std::function<bool(const Query&)>;

/// What to type instead of a query that is refused: only what has been tried and is not refused again. Every
/// suggestion is empty where nothing helps.
class Instead {
 public:
  Instead(const Query& query, const Catalog& catalog, const Trial& trial)
      : query_(query), catalog_(catalog), trial_(trial) {}

  /// The query is answered with this change.
  bool works(const std::function<void(Query&)>& change) const;

  /// `add --backend rocm`, of these back ends.
  std::string backend(Names backends) const;
  /// `type --os linux`, of these systems.
  std::string system(Names systems) const;
  /// `use --runtime llama.cpp or ollama`; where none takes the quant, one with another quant.
  std::string runtime() const;
  /// `use --quant q4_k_m`: the offered one of nearest bits. Names llama.cpp where the file brings that along.
  std::string quant() const;
  /// `use 2 or 4 devices`, of these counts.
  std::string devices(const std::vector<std::uint32_t>& counts) const;
  /// `use --kv f16 or q8_0`: `where` is --kv, --kv-k or --kv-v, `types` are ids.
  std::string cache(std::string_view where, const std::vector<std::string>& types) const;

 private:
  const QuantRow* nearest_quant(const std::function<void(Query&)>& change) const;

  const Query& query_;
  const Catalog& catalog_;
  const Trial& trial_;
};

/// "a, b or c".
std::string choice_of(const std::vector<std::string>& names);

/// The reason and, after a colon, those of the hints that are not empty.
std::string with_hints(std::string reason, const std::vector<std::string>& hints);

}  // namespace qwenfit
