#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/breakdown.h"
#include "query/model_files.h"
#include "qwenfit/weights.h"

namespace qwenfit {

/// What llama-quantize gives the same quant of the same model.
struct StockBuild {
  Bytes tensor_bytes = 0;
  bool importance_matrix = false;  ///< with one it comes nearer
};

/// A model's file, added up. Points into the file.
struct Inspection {
  const ModelFile* file = nullptr;
  std::vector<TypeSum> types;  ///< of all tensors; empty for a config.json, as all below
  WeightTable weights;         ///< as in the file: neither aligned nor padded
  std::uint64_t parameters = 0;
  Bytes expert_bytes = 0;  ///< routed experts of the main blocks
  Bytes mtp_bytes = 0;     ///< the MTP block
  std::optional<StockBuild>
      stock;  ///< none without a stock mixture, or where no catalog model has this shape
};

/// Adds the tensors of a file up, by type and by place.
Inspection inspect(const ModelFile& file);

}  // namespace qwenfit
