#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "advise/market.h"

namespace qwenfit {

/// How well machines run a model.
enum class LookupGroup : std::uint8_t { well, slowly, speed_unknown, with_ram, count };
std::string_view lookup_group_id(LookupGroup group);
inline constexpr std::size_t kLookupGroups = static_cast<std::size_t>(LookupGroup::count);

struct LookupWish {
  OfferWish offers;
  double min_tok_s = 0;    ///< runs well from here
  bool min_asked = false;  ///< then builds that reach it are recommended before better ones
  std::string usual_ram;   ///< for machines that need system RAM when the query names none
  std::size_t shown = 12;  ///< of each group: as many get their best build
  bool all = true;  ///< else no more than those of machines that need system RAM, which take long to place
};

/// Machines that run one model, answered at one quant.
struct Lookup {
  struct Group {
    bool complete = true;             ///< false: there may be more
    std::vector<Candidate> machines;  ///< cheapest first, then those of unknown price
    std::vector<Candidate> best;      ///< of the first machines: the build to recommend, in their order
  };
  std::string quant;  ///< id
  double min_tok_s = 0;
  std::string ram;  ///< counted for the group `with_ram`
  bool ram_assumed = false;
  std::vector<Group> groups;      ///< by LookupGroup
  std::size_t offers = 0;         ///< that were looked at
  std::string_view catalog_date;  ///< prices are old or new by it

  const Group& group(LookupGroup g) const { return groups[static_cast<std::size_t>(g)]; }
  bool any() const;
};

/// `query` names one model and no machine.
Result<Lookup> look_up(const Query& query, const LookupWish& wish, Resolver& resolver);

}  // namespace qwenfit
