#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "advise/merit.h"
#include "advise/quality.h"
#include "advise/sweep.h"

namespace qwenfit {

/// One choice of build and KV cache type for a model on a machine.
struct TradeOff {
  const Answer* answer = nullptr;
  std::optional<Quality> quality;
  Merit merit;
};

/// Why a row is shown.
enum class Pick : std::uint8_t { recommended, best_quality, longest_context, fastest, between };

struct TradeOffs {
  struct Row {
    std::size_t choice = 0;  ///< index into `choices`
    Pick pick = Pick::between;
  };
  std::vector<TradeOff> choices;    ///< everything that fits, as asked first
  std::vector<std::size_t> pareto;  ///< of `choices`: what nothing else beats in quality, context and speed
  /// A few of `pareto`, best quality first, and the recommended one in any case.
  std::vector<Row> rows;
};

/// Most rows of the small table.
inline constexpr std::size_t kMostTradeOffRows = 6;

/// Which of `pareto` (indices into `merits`) to show: the recommended one, the best in quality, context and
/// speed, and those that lie farthest from what is shown already. Choices slower than comfortable are left
/// out where others are not, and those whose only advantages are too small to show. By loss, then context.
std::vector<TradeOffs::Row> spread(std::span<const Merit> merits, std::span<const std::size_t> pareto,
                                   std::size_t recommended, std::size_t most = kMostTradeOffRows);

/// Weighs the answers of one model against the same builds with other cache types. Recommended is what
/// `best_answer` finds among those asked for; only where none of them fits, something with another cache.
/// None where nothing fits, or nothing but the weights is known. Both kinds of answers must stay.
std::optional<TradeOffs> trade_offs(std::span<const Answer> asked, std::span<const Answer> other_caches,
                                    const CatalogRows& rows);

/// A choice with another cache type that is nowhere worse than the recommended one, and what it is visibly
/// better in.
struct BetterCache {
  const TradeOff* choice = nullptr;
  bool quality = false, context = false, speed = false;
};

/// What beats `choices[than]` by its cache: the same build if that does, else what is preferred.
std::optional<BetterCache> better_cache(const TradeOffs& trade_offs, std::size_t than);

struct Users {
  std::uint32_t count = 0;
  bool at_least = false;  ///< more were not looked for: the runtime or the model takes no more
  Tokens context = 0;     ///< to ask for with so many slots: of all where they share it, else of each
};

/// How many users have the answer's context each, all at once: the largest number of slots that fit on the
/// devices and that the runtime and the model take together. 0 when not even one fits; none where a part is
/// in system RAM or only the weights are known.
std::optional<Users> users_at_context(const Question& question, const Answer& answer,
                                      const CatalogRows& rows);

/// Most slots that are looked for.
inline constexpr std::uint32_t kMostUsers = 1024;

}  // namespace qwenfit
