#pragma once

#include "qwenfit/backend.h"
#include "qwenfit/model.h"
#include "qwenfit/quant.h"
#include "qwenfit/units.h"

/// The vision encoder and its projector (llama.cpp's mmproj file).
namespace qwenfit {

/// Bytes of the projector file's tensors when its matrices are stored as `type` (f32, f16, bf16 or q8_0).
/// Biases, norms and position embeddings stay F32, as do the patch embeddings unless `type` is f16; matrices
/// whose rows are not whole blocks fall back to F16. Source: convert_hf_to_gguf.py; equal to the tensor bytes
/// llama.cpp loads.
Bytes projector_bytes(const VisionArchitecture& v, TensorType type);

struct VisionCompute {
  Bytes device = 0;  ///< graph buffer where the projector runs
  Bytes host = 0;    ///< inputs kept beside a device; 0 when the projector runs on the CPU
};

/// Buffers after llama.cpp's warm-up, which reserves for an image of 1472 x 1472 pixels. Exact for every
/// observed projector.
VisionCompute vision_compute(const VisionArchitecture& v, ComputeRules rules, bool flash_attention);

/// Tokens that an image of this size takes in the context; sides round down to whole tokens.
Tokens image_tokens(const VisionArchitecture& v, std::uint32_t width, std::uint32_t height);

}  // namespace qwenfit
