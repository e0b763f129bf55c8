#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "qwenfit/catalog_rows.h"
#include "qwenfit/error.h"

namespace qwenfit {

/// Whether an error about an unknown name names the nearest ones, which takes long to find.
enum class Suggest : bool { no, yes };

/// The compiled-in rows, with the rows of overlays in place of those with the same id or added after them.
class Catalog {
 public:
  /// The compiled-in rows alone.
  static const Catalog& builtin();
  /// Built-in rows plus overlays: files, or folders whose *.json files are taken in name order,
  /// hidden ones left out.
  /// Fails with `bad_file`: file, JSON pointer, what was expected.
  static Result<Catalog> with_overlays(const std::vector<std::string>& paths);

  Catalog(Catalog&&) noexcept;
  Catalog& operator=(Catalog&&) noexcept;
  ~Catalog();

  const CatalogRows& rows() const { return rows_; }
  /// Files that were overlaid, in order.
  const std::vector<std::string>& overlays() const { return overlays_; }

  /// A model by id or alias; a bare size names Qwen 3.5. Error: unknown_model with the nearest three.
  Result<const ModelRow*> model(std::string_view name) const;
  /// A GPU, Mac or APU by id or alias. Error: unknown_gpu, ambiguous_name with the choices, never_existed.
  Result<const DeviceRow*> gpu(std::string_view name, Suggest suggest = Suggest::yes) const;
  /// A CPU by id or alias, the same errors (unknown_cpu).
  Result<const DeviceRow*> cpu(std::string_view name, Suggest suggest = Suggest::yes) const;
  /// A quant by id or alias, without `@publisher`. Error: unknown_quant.
  Result<const QuantRow*> quant(std::string_view name) const;

  const ModelRow* model_by_id(std::string_view id) const;
  const QuantRow* quant_by_id(std::string_view id) const;
  const DeviceRow* device_by_id(std::string_view id) const;
  /// Every published build of one quant of one model.
  std::vector<const BuildRow*> builds_of(std::string_view model_id, std::string_view quant_id) const;
  const BackendRow& backend(Backend id) const;

  /// Calibration; nullptr where nothing was fitted.
  const SpeedParameterRow* speed_parameter(std::string_view id) const;
  const SpeedOffsetRow* speed_offset(SpeedPhase phase, SpeedBasis level, std::string_view stack,
                                     std::string_view key) const;
  const SpeedIntervalRow* speed_interval(SpeedPhase phase, SpeedBasis level, MachineKind machine) const;
  const MeasuredSpeedRow* measured(SpeedPhase phase, std::string_view stack, std::string_view device,
                                   std::uint32_t count, std::string_view model, std::string_view quant) const;

 private:
  struct Storage;
  Catalog();
  std::unique_ptr<Storage> storage_;  ///< rows and text of overlays
  CatalogRows rows_;
  std::vector<std::string> overlays_;
};

/// What is wrong with one overlay file: every fault, each with its JSON pointer.
struct FileCheck {
  std::string file;
  std::vector<Error> findings;
  bool complete = true;  ///< false: what its rows mean was not looked at, as another file cannot be read

  bool good() const { return findings.empty() && complete; }
};

/// `catalog check`: `paths` together in their order, as overlays over those of `under`. Behind them stand the
/// files of `under` that have faults.
std::vector<FileCheck> check_overlays(const std::vector<std::string>& paths,
                                      const std::vector<std::string>& under);

/// At most `count` names nearest to `typed`, best first (edit distance on normalised names).
std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string_view>& names,
                                       std::size_t count = 3);

}  // namespace qwenfit
