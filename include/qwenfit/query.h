#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/error.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What the person typed: names, sizes and numbers as text, nothing looked up yet. The long options of the
/// command line and the keys of a batch line are the same and fill the same fields; empty means not given.
struct Query {
  std::vector<std::string> gpu;  ///< `[Nx]ID`, `none`, `[Nx]custom:memory=24GiB,...`
  std::vector<std::string> model;
  std::vector<std::string> quant;  ///< ids with optional @publisher, comma lists, `all`
  std::string ram, cpu, os, backend, runtime;
  std::string ctx, depth, prompt, kv, kv_k, kv_v, parallel, ubatch, flash_attn;
  std::string gpu_layers, cpu_moe, tensor_split, split_mode, wired_limit_mb;
  bool headless = false, vision = false, mtp = false;
};

/// A query with every name resolved: one machine, models and, per model, the builds to answer for.
/// Owns what its scenarios point to.
struct Question {
  Machine machine;
  Settings settings;            ///< `context` 0 means: the default, or the model's maximum if less
  bool context_is_max = false;  ///< `--ctx max`
  bool all_quants = false;
  bool runtime_named = false;  ///< else a build of another format is answered for that format's usual runtime
  struct Answerable {
    Model model;
    Projector projector;
    std::vector<Build> builds;  ///< in catalog order: largest first
  };
  std::vector<Answerable> models;
  std::vector<std::shared_ptr<const WeightTable>> tables;  ///< pointed to by the builds
};

/// The context a model is answered at when none was asked for, if the model has that much.
inline constexpr Tokens kDefaultContext = 8192;

/// Looks queries up and keeps what it found, so that many queries on one catalog are fast. Not for several
/// threads at once. Questions stay valid after the resolver is gone.
class Resolver {
 public:
  explicit Resolver(const Catalog& catalog);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Looks everything up. Without a model: every released Qwen 3.5. Errors name the option, as `--ctx`.
  Result<Question> operator()(const Query& query);
  const Catalog& catalog() const { return catalog_; }

 private:
  const Catalog& catalog_;
  std::unique_ptr<class BuildCache> cache_;
};

/// One query on its own.
Result<Question> resolve(const Query& query, const Catalog& catalog);

}  // namespace qwenfit
