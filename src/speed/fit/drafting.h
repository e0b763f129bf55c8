#pragma once

#include <iosfwd>
#include <vector>

#include "speed/fit/fitted.h"
#include "speed/fit/pairs.h"

namespace qwenfit {

/// What drafting a token costs (`draft.verify`, `draft.fixed_ms`, `draft.metal`), from rows with MTP and
/// their plain pairs, and the half widths of its gain (`draft.half_width` with a stated acceptance,
/// `draft.half_width.usual` with the usual one). `decode`: parameters of the plain step just fitted; empty:
/// the catalog's.
std::vector<FittedParameter> fit_drafting(const std::vector<Benchmark>& rows, const Catalog& catalog,
                                          const ParameterValues& decode = {});

/// Errors of the speed with drafting given the plain speed, whole sources left out and whole clusters left
/// out.
struct DraftScore {
  PairScore stated_by_source, stated_by_cluster;  ///< drafts and acceptance stated
  PairScore usual_by_source, usual_by_cluster;    ///< the usual acceptance taken
  PairScore dense, moe, metal;                    ///< by cluster, all of these
  PairScore constant_by_source;  ///< stated: a constant cost per drafted token instead, for comparison
};
DraftScore score_drafting(const std::vector<Benchmark>& rows, const Catalog& catalog,
                          const ParameterValues& decode = {});

void print_drafting_accuracy(std::ostream& out, const std::vector<Benchmark>& rows, const Catalog& catalog,
                             const ParameterValues& decode = {});

}  // namespace qwenfit
