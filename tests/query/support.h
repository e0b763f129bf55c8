#pragma once

#include <string>

#include "qwenfit/query.h"

namespace qwenfit {

/// A query for one GPU and one model.
inline Query query_for(const std::string& gpu, const std::string& model, const std::string& quant = "") {
  Query query;
  query.gpu = {gpu};
  query.model = {model};
  if (!quant.empty()) query.quant = {quant};
  return query;
}

}  // namespace qwenfit
