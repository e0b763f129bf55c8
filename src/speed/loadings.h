#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/speed.h"

namespace qwenfit {

/// What the calibration tells apart. Ids are the catalog's; 0 and empty mean unknown.
struct SpeedContext {
  std::string
      stack;  ///< `cuda`, `mlx`, `vllm-cuda`: back end, before it the runtime that has its own kernels
  std::string engine;        ///< runtime or fork where it differs from the stack's usual one: `ollama`
  std::string vendor;        ///< of the device; AMD's graphics and compute lines apart
  std::string family;        ///< architecture of the device
  std::string chip;          ///< device without its memory size
  std::string weight_class;  ///< f16, q8, kq, iq, int4, fp8, mlx
  std::string kind = "gpu";  ///< one GPU, several, or a part in system RAM: `gpu`, `multi`, `host`
  bool moe = false;
  bool unified = false;   ///< memory shared with the CPU
  bool codebook = false;  ///< weights in codebook formats (i-quants), slow to unpack on a CPU
  bool quantized_kv = false;
  bool server = true;           ///< measured through a server, not by a benchmark in process
  bool attention_only = false;  ///< no linear-attention layers
  double bandwidth_bytes_per_s = 0;
  double fp32_flops = 0;
  double streaming_fraction = 0;  ///< of the bandwidth, measured by a streaming benchmark
  double ram_bytes_per_s = 0;
  std::string host;  ///< a measured host, whose own deviation is set apart from the rest
  double devices = 1;
  bool tensor_parallel = false;
};

/// A log-linear influence on a term: the term's factor is the product of parameter^power over its loadings.
/// The prior is of the parameter's logarithm: what is assumed before any row is seen, and how firmly.
struct Loading {
  std::string parameter;
  double prior_mean = 0;
  double prior_sd = 1;
  double power = 1;
  bool sharing = false;  ///< what sharing work between devices loses: never a gain beyond their number
};

/// The parameters that a term's factor is made of. Every parameter is pooled: a global one with a wide prior,
/// then one per stack with a prior around it.
std::vector<Loading> loadings_of(SpeedTerm term, const SpeedContext& context);

/// A level at which measured times deviate from the parameters' times, from the coarsest to the finest, with
/// the prior's width of the logarithm.
struct OffsetKey {
  SpeedBasis level = SpeedBasis::backend;
  std::string stack;  ///< `any`: a chip on every back end
  std::string key;
  double prior_sd = 0;
  bool decides = false;  ///< rows at this level are what an estimate can rest on
};
std::vector<OffsetKey> offset_keys(const SpeedContext& context);

/// `NVIDIA`, `Apple`, `Intel`; AMD's by line, `RDNA` or `GCN`.
std::string vendor_line(std::string_view vendor, std::string_view family);

/// `RDNA 3` of "RDNA 3.0 (Navi 31)": what devices of one architecture share.
std::string architecture_family(std::string_view architecture);

/// The catalog's id of a parameter: lower case, without blanks.
std::string parameter_id(std::string_view name);

/// The device id without its memory size: variants of a chip share their calibration.
std::string chip_key(std::string_view device_id);

}  // namespace qwenfit
