#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "advise/speed_curve.h"
#include "advise/sweep.h"
#include "qwenfit/catalog.h"
#include "qwenfit/error.h"
#include "qwenfit/query.h"

/// Printers: each writes one document or one screen to a stream and computes nothing about memory or speed.
/// Figures on a screen are GiB for memory, GB (1e9 bytes) for files, rounded tok/s with their range;
/// documents and CSV carry bytes and numbers as they are.
namespace qwenfit {

struct Advice;

/// How a terminal wants its text. The caller decides from the environment; printers only obey.
struct Style {
  bool color = false;
  unsigned width = 80;  ///< columns; less than 40 counts as 40
  bool unicode = true;
};

/// What a document says about the program and its data, and the rows of the data that printers use.
struct CatalogInfo {
  std::string version;  ///< of the program
  std::string date;     ///< newest date of a built-in row
  std::vector<std::string> overlays;
  std::span<const SpeedWordsRow> speed_words = Catalog::builtin().rows().speed_words;
  std::span<const RuntimeRow> runtimes = Catalog::builtin().rows().runtimes;
  std::span<const RuntimeOptionRow> runtime_options = Catalog::builtin().rows().runtime_options;
  const CatalogRows* rows = &Catalog::builtin().rows();  ///< never null
};

/// The first screen: machine and settings, one row per build, the bar of the best one, its speed in words,
/// what to do next. Several models get a block each, or one row each in one table when every model has a
/// single answer. `advice` may be null.
void print_table(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                 const Style& style, const CatalogInfo& info = {}, const Advice* advice = nullptr);
/// One line per model: its best build, or how much the nearest one is short, and how fast it is.
void print_quiet(std::ostream& out, const Question& question, const std::vector<Answer>& answers);
/// Header and one line per answer, bytes and tokens as they are, empty where unknown.
void print_csv(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
               const CatalogInfo& info = {});
/// `advice` may be null; of it only another runtime is told.
void print_markdown(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                    const CatalogInfo& info = {}, const Advice* advice = nullptr);

/// One page for a browser, with charts. `advice` may be null; `curves` are of the answers that are shown in
/// full: of each model the best, or the nearest.
void print_html(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                const CatalogInfo& info, const Advice* advice, const SpeedCurves& curves);

/// `qwenfit.fit/1`, indented by two spaces. `advice` may be null.
void print_json(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                const CatalogInfo& info, const Advice* advice = nullptr);
/// The same document on one line. `id` is echoed when not null.
void print_json_line(std::ostream& out, const Question& question, const std::vector<Answer>& answers,
                     const CatalogInfo& info, const nlohmann::json* id = nullptr);

/// One line and, if there are any, the nearest names, the first 12 of them: for standard error.
void print_error(std::ostream& err, const Error& error);
/// `qwenfit.error/1`; compact is one line. `id` is echoed when not null.
void print_error_json(std::ostream& out, const Error& error, bool compact = false,
                      const nlohmann::json* id = nullptr);
/// The same of several errors at once, of which there is at least one: the further ones are in "also".
void print_errors_json(std::ostream& out, std::span<const Error> errors);

/// Every term of one answer, of its memory and of its speed, with formula, inputs and source. The answer must
/// come from `sweep(..., Explain::yes)`.
void print_explain(std::ostream& out, const Question& question, const Answer& answer, const Catalog& catalog,
                   const Style& style);
/// `qwenfit.explain/1`.
void print_explain_json(std::ostream& out, const Question& question, const Answer& answer,
                        const Catalog& catalog, const CatalogInfo& info);

enum class Format : std::uint8_t { table, json, csv, markdown };

/// One file size of a listing.
struct ListedSize {
  std::string quant_id;
  std::string quant_name;
  std::string publisher;
  std::optional<Bytes> bytes;
};

/// A line of `models`: every row has the same quants in the same order.
struct ModelListing {
  const ModelRow* row = nullptr;
  std::vector<ListedSize> sizes;
  std::optional<Bytes> kv_bytes_per_1k_tokens;  ///< f16 cache of 1,024 tokens; none for guide_only
  std::optional<Bytes> state_bytes;             ///< recurrent state of one sequence
};

/// A line of `quants`: `sizes` are of the models asked for, if any, in the same order in every row.
struct QuantListing {
  const QuantRow* row = nullptr;
  std::vector<std::string> publishers;
  std::vector<std::pair<std::string, std::optional<Bytes>>> sizes;  ///< model id and file bytes
  bool read = false;  ///< the models are GGUF files and the sizes those of their own tensors
};

void print_models(std::ostream& out, const std::vector<ModelListing>& rows, Format format,
                  const CatalogInfo& info, const Style& style);
void print_quants(std::ostream& out, const std::vector<QuantListing>& rows, Format format,
                  const CatalogInfo& info, const Style& style);
/// GPUs, Macs, APUs and CPUs alike.
void print_gpus(std::ostream& out, const std::vector<const DeviceRow*>& rows, Format format,
                const CatalogInfo& info, const Style& style);

/// True when every word of `filter` occurs in the id, the name, the group or an alias, whatever the case.
bool matches_filter(std::string_view filter, std::string_view id, std::string_view name,
                    std::string_view group, Names aliases);

}  // namespace qwenfit
