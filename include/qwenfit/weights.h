#pragma once

#include <cstdint>
#include <vector>

#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

namespace qwenfit {

/// How a back end lays tensors out in its buffer.
struct BufferLayout {
  Bytes alignment = 1;    ///< every tensor starts at a multiple
  Bytes row_padding = 0;  ///< rows of quantized tensors are padded to a multiple of so many elements; 0 none
};

/// The largest tensors of a block: what op offload copies to a GPU, one at a time.
struct LargestTensors {
  Bytes dense = 0;
  Bytes second_dense = 0;
  Bytes experts = 0;
};

/// Bytes of one block, apart for experts because these may stay in system RAM.
struct BlockBytes {
  Bytes dense = 0;
  Bytes experts = 0;
  LargestTensors largest;     ///< of all tensors
  LargestTensors unrepacked;  ///< of the matrices that the CPU back end would not repack
  bool repacked = false;      ///< it would repack some tensor
};

/// Bytes of all main blocks before block i, for i from 0 to the number of blocks: a run of blocks is a
/// difference.
struct BlockSums {
  std::vector<Bytes> dense;
  std::vector<Bytes> experts;
};

/// Bytes of a build's tensors by place, resolved once and then only added up.
struct WeightTable {
  std::vector<BlockBytes> device;  ///< per block as a device holds it (aligned), main blocks only
  std::vector<BlockBytes> host;    ///< per block as the host holds it
  BlockSums device_before;
  BlockSums host_before;
  BlockBytes mtp_device;  ///< the MTP block; zero when the file has none
  BlockBytes mtp_host;
  Bytes embedding_host = 0;  ///< token embedding, always in host memory
  Bytes output_device = 0;  ///< output norm and output matrix; for tied models a second copy of the embedding
  Bytes output_read = 0;    ///< of `output_device`, what every token reads: all but an untied embedding
  Bytes output_host = 0;    ///< the same when the output stays on the host (a tied copy is not repeated)
  Bytes tensor_bytes = 0;   ///< sum over the file's tensors, without padding
  Bytes token_embedding_bytes = 0;  ///< unpadded, for listings
  Bytes output_bytes = 0;           ///< unpadded output matrix, 0 if tied
  std::vector<Bytes> block_bytes;   ///< unpadded, one per block, the MTP block last if the file has one
  bool has_mtp_block = false;
  double dense_parameters = 0;   ///< of the main blocks, without routed experts
  double expert_parameters = 0;  ///< of the main blocks' routed experts, all of them
};

}  // namespace qwenfit
