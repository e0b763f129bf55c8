#pragma once

#include <concepts>
#include <type_traits>

#include "qwenfit/catalog.h"

/// The fields of every row type, once, in the order of their declaration: reading a data file and writing the
/// compiled rows both go through here. `v(key, member)` is a field stored under `key` ('.' goes into an
/// object); `v.derived(member)` is worked out from several fields after the others are read.
namespace qwenfit {

template <typename R, typename T>
concept RowOf = std::same_as<std::remove_const_t<R>, T>;

template <typename V, typename R>
void common_fields(V& v, R& r) {
  v.derived(r.source);
  v("date", r.date);
  v.derived(r.json);
  v.derived(r.origin);
}

}  // namespace qwenfit
