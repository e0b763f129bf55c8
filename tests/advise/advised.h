#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/advice.h"
#include "cli/reply.h"

/// Questions about machines of many kinds, and the advice that they get.
namespace qwenfit {

inline Query query_of(std::vector<std::string> gpu, const std::string& model, const std::string& ram = "",
                      const std::string& ctx = "") {
  Query query;
  query.gpu = std::move(gpu);
  query.model = {model};
  query.ram = ram;
  query.ctx = ctx;
  return query;
}

inline std::vector<Query> queries() {
  return {query_of({"rtx3090"}, "27b"),
          query_of({"rtx3060-12gb"}, "35b-a3b", "64GB"),
          query_of({"rtx3060-8gb"}, "27b"),
          query_of({"2xrtx3090"}, "122b-a10b", "64GB"),
          query_of({"m3-max-128gb-40c"}, "122b-a10b"),
          query_of({"none"}, "9b", "32GB"),
          query_of({"rtx4090"}, "9b", "", "max"),
          query_of({"custom:memory=24GiB"}, "27b"),
          query_of({"rtx3090"}, "14b"),
          query_of({"rtx3060-8gb"}, "397b-a17b")};
}

struct Advised {
  Resolver resolver{Catalog::builtin()};
  std::optional<Reply> reply;
  Advice advice;
  explicit Advised(const Query& query) {
    auto found = reply_to(query, resolver);
    if (!found) return;
    reply.emplace(std::move(*found));
    advice = advise(query, *reply, resolver);
  }
};

}  // namespace qwenfit
