#include "memory/vision.h"

#include <algorithm>

#include "memory/llama_rules.h"

namespace qwenfit {
namespace {

using llama_rules::kF32;

/// Side of the image that clip.cpp's warm-up reserves for (clip_ctx warmup_image_size of this projector).
constexpr Bytes kWarmUpPixels = 1472;
/// Red, green and blue.
constexpr Bytes kChannels = 3;
/// A video frame pair has one patch embedding for each frame.
constexpr Bytes kPatchEmbeddings = 2;
/// Integer coordinates of a patch in the multimodal rotary embedding.
constexpr Bytes kPatchCoordinates = 4;

Bytes matrix_bytes(TensorType type, Bytes width, Bytes rows) {
  const bool whole_blocks = width % tensor_type(type).block == 0;
  return mul(rows, row_bytes(whole_blocks ? type : TensorType::f16, width));
}

/// Bytes of the activations of one patch and one attention layer or the embedding, whichever is larger.
Bytes bytes_per_patch(const VisionArchitecture& v, ComputeRules rules, bool flash_attention) {
  const Bytes pixels = kChannels * v.patch * v.patch;
  const Bytes input =
      pixels >= v.embedding ? 0 : pixels;  // freed pixels serve as one of the embeddings below
  const Bytes stream = v.embedding;
  const Bytes layers = 7 * stream + input;
  if (!flash_attention) return kF32 * (layers + kPatchCoordinates);
  if (rules == ComputeRules::metal) return kF32 * (v.feed_forward + 3 * stream + input + kPatchCoordinates);
  // Pixels, their unfolded copy in F16 and five streams while patches are embedded; six streams in a layer.
  const Bytes embedding = pixels + pixels / 2 + 5 * stream;
  return kF32 * (std::max(embedding, 6 * stream + input) + kPatchCoordinates);
}

}  // namespace

Bytes projector_bytes(const VisionArchitecture& v, TensorType type) {
  const Bytes e = v.embedding;
  const Bytes f = v.feed_forward;
  const Bytes merged = e * v.merge * v.merge;
  const Bytes patch = kChannels * v.patch * v.patch * e;
  const Bytes patch_bytes = type == TensorType::f16 ? 2 : kF32;
  const Bytes floats =
      e + e * v.positions + 2 * e + merged + v.out;      // patch bias, positions, last norm, two biases
  const Bytes block_floats = 4 * e + 3 * e + e + f + e;  // two norms, biases of the four matrices
  const Bytes block = matrix_bytes(type, e, 3 * e) + matrix_bytes(type, e, e) + matrix_bytes(type, e, f) +
                      matrix_bytes(type, f, e) + kF32 * block_floats;
  return kPatchEmbeddings * patch * patch_bytes + kF32 * floats + matrix_bytes(type, merged, merged) +
         matrix_bytes(type, merged, v.out) + v.depth * block;
}

VisionCompute vision_compute(const VisionArchitecture& v, ComputeRules rules, bool flash_attention) {
  if (v.patch == 0) return {};
  const Bytes side = kWarmUpPixels / v.patch;
  const Bytes patches = side * side;
  VisionCompute compute;
  compute.device = patches * bytes_per_patch(v, rules, flash_attention);
  if (!flash_attention) compute.device += kF32 * patches * patches * v.heads;
  if (rules != ComputeRules::cpu) {
    compute.host = kF32 * patches * (kChannels * v.patch * v.patch + kPatchCoordinates);
  }
  return compute;
}

Tokens image_tokens(const VisionArchitecture& v, std::uint32_t width, std::uint32_t height) {
  const std::uint32_t step = v.patch * v.merge;
  if (step == 0) return 0;
  return Tokens{width / step} * (height / step);
}

}  // namespace qwenfit
