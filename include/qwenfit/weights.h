#pragma once

#include <array>
#include <cstddef>
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

/// The matrices of a block that llama.cpp copies to a device, one at a time, when they lie in system RAM.
enum class BlockTensor : std::uint8_t {
  query_or_linear,  ///< attn_q, in layers of linear attention attn_qkv
  key,
  value,
  attention_output,  ///< attn_output, ssm_out
  linear_gate,
  alpha,
  beta,
  gate,  ///< of the feed forward, for MoE of all routed experts
  up,
  down,
  shared_gate,  ///< of the shared expert
  shared_up,
  shared_down,
  count  ///< number of matrices, not a matrix
};

/// Bytes of each, unpadded, its type's block, and whether the CPU back end would repack it.
class BlockTensors {
 public:
  Bytes operator[](BlockTensor which) const { return bytes_[static_cast<std::size_t>(which)]; }
  bool repacked(BlockTensor which) const { return ((repacked_ >> static_cast<unsigned>(which)) & 1U) != 0; }
  /// Elements of a row that its type stores together.
  std::uint32_t type_block(BlockTensor which) const { return type_blocks_[static_cast<std::size_t>(which)]; }
  void set(BlockTensor which, Bytes bytes, bool repacked, std::uint32_t type_block) {
    bytes_[static_cast<std::size_t>(which)] = bytes;
    type_blocks_[static_cast<std::size_t>(which)] = static_cast<std::uint16_t>(type_block);
    if (repacked) repacked_ |= 1U << static_cast<unsigned>(which);
  }
  /// Differs, all but surely, where any size differs.
  std::uint64_t checksum() const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    std::uint64_t sum = repacked_;
    for (const Bytes bytes : bytes_) sum = (sum ^ bytes) * kOdd + (sum >> 29);
    return sum;
  }

 private:
  std::array<Bytes, static_cast<std::size_t>(BlockTensor::count)> bytes_{};
  std::array<std::uint16_t, static_cast<std::size_t>(BlockTensor::count)> type_blocks_{};
  std::uint32_t repacked_ = 0;
};

/// Bytes of one block, apart for experts because these may stay in system RAM.
struct BlockBytes {
  Bytes dense = 0;
  Bytes experts = 0;
};

/// Bytes of all main blocks before block i, for i from 0 to the number of blocks: a run of blocks is a
/// difference.
struct BlockSums {
  std::vector<Bytes> dense;
  std::vector<Bytes> experts;
};

/// Bytes of a build's tensors by place, resolved once and then only added up.
struct WeightTable {
  std::vector<BlockBytes> device;     ///< per block as a device holds it (aligned), main blocks only
  std::vector<BlockBytes> host;       ///< per block as the host holds it
  std::vector<BlockTensors> tensors;  ///< per main block
  BlockTensors mtp_tensors;           ///< of the MTP block
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
  bool output_repacked = false;     ///< the CPU back end would repack it
  std::vector<Bytes> block_bytes;   ///< unpadded, one per block, the MTP block last if the file has one
  bool has_mtp_block = false;
  double dense_parameters = 0;   ///< of the main blocks, without routed experts
  double expert_parameters = 0;  ///< of the main blocks' routed experts, all of them
};

}  // namespace qwenfit
