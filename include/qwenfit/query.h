#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog.h"
#include "qwenfit/error.h"
#include "qwenfit/runtime.h"
#include "qwenfit/scenario.h"

namespace qwenfit {

/// What the person typed: names, sizes and numbers as text, nothing looked up yet. The long options of the
/// command line and the keys of a batch line are the same and fill the same fields; empty means not given.
struct Query {
  std::vector<std::string> gpu;  ///< `[Nx]ID`, `none`, `[Nx]custom:memory=24GiB,...`
  std::vector<std::string> model;  ///< names, or files: x.gguf, config.json
  std::vector<std::string> quant;  ///< ids with optional @publisher, comma lists, `all`
  std::string ram, cpu, os, backend, runtime;
  std::string ctx, depth, prompt, kv, kv_k, kv_v, parallel, ubatch, flash_attn;
  std::string gpu_layers, cpu_moe, tensor_split, split_mode, wired_limit_mb;
  std::string mtp_acceptance, storage;
  bool headless = false, vision = false, mtp = false;
};

struct OwnMeasurements;

/// What was used of a file of the person's own measurements.
struct MeasurementUse {
  std::string file;
  std::uint32_t decode_rows = 0, prefill_rows = 0;
  std::vector<std::string> left_out;  ///< how many rows, why, and where the first is
  std::vector<std::string> notes;     ///< what could not be told
};

/// What a buying guide says of a model on the machine that was asked about.
struct GuideClaim {
  std::string id, guide;
  std::vector<std::string> quants;  ///< ids of those it is about
  std::optional<double> low_tok_s, high_tok_s;
  std::optional<bool> fits;
};

/// A query with every name resolved: one machine, models and, per model, the builds to answer for.
/// Owns what its scenarios point to.
struct Question {
  Machine machine;
  Settings settings;            ///< `context` 0 means: the default, or the model's maximum if less
  bool context_is_max = false;  ///< `--ctx max`
  bool all_quants = false;
  bool split_named = false;
  bool runtime_named = false;  ///< else a build of another format is answered for that format's usual runtime
  struct Answerable {
    Model model;
    Projector projector;
    std::vector<Build> builds;       ///< in catalog order: largest first
    std::vector<Settings> settings;  ///< one per build: with the runtime and split that its format brings
    std::vector<SpeedModel> speeds;  ///< one per build: its calibration on this machine
    std::vector<std::shared_ptr<const RuntimeRules>> runtimes;  ///< one per build: see Scenario::runtime
    std::vector<GuideClaim> claims;                             ///< of buying guides, on this machine
  };
  std::vector<Answerable> models;
  std::vector<std::shared_ptr<const WeightTable>> tables;  ///< pointed to by the builds
  std::optional<MeasurementUse> measurements;              ///< when the person's own calibrate the speeds
};

/// The context a model is answered at when none was asked for, if the model has that much.
inline constexpr Tokens kDefaultContext = 8192;

class ModelFiles;

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

  /// Reads the output of `llama-bench -o json` or `-o jsonl`: it calibrates every question from here on, and
  /// questions about other machines than its own become errors. Error: `bad_file`.
  Result<bool> use_measurements(const std::string& path);
  const Catalog& catalog() const { return catalog_; }
  /// The models that were given as files.
  ModelFiles& files();

 private:
  const Catalog& catalog_;
  std::unique_ptr<class BuildCache> cache_;
  std::unique_ptr<class SpeedCache> speeds_;
  std::unique_ptr<const OwnMeasurements> measurements_;
};

/// One query on its own.
Result<Question> resolve(const Query& query, const Catalog& catalog);

}  // namespace qwenfit
