#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>

#include "speed/fit/drafting.h"
#include "speed/fit/publish.h"
#include "speed/fit/users.h"

namespace fs = std::filesystem;
using namespace qwenfit;

namespace {

/// Rows of a phase, with a word on those that the catalog cannot rebuild.
Evidence gather(const std::vector<Benchmark>& rows, SpeedPhase phase) {
  Unusable unusable;
  Evidence e = evidence(observe(rows, phase, Catalog::builtin(), unusable), phase);
  for (const auto& [id, why] : unusable)
    std::cerr << speed_phase_id(phase) << " " << id << ": " << why << "\n";
  return e;
}

Published fitted(const Evidence& e) {
  std::vector<std::size_t> all(e.observations.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return {&e, calibrate(e, all), widths(e, left_out_errors(e), left_out_levels(e))};
}

/// A parameter just fitted, so that what rests on it does not depend on the files of the run before.
std::optional<double> value_of(const Published& published, std::string_view name) {
  const auto index = published.evidence->space.find(name);
  if (!index) return std::nullopt;
  return std::exp(published.calibration.parameters[*index]);
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// Writes a file, or with `check` compares it; true when it is as it should be.
bool settle(const fs::path& path, const std::string& text, bool check) {
  if (content(path) == text) return true;
  if (check) {
    std::cerr << path.string() << ": differs from what the rows give; build the target `calibrate`\n";
    return false;
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) std::cerr << path.string() << ": cannot be written\n";
  return static_cast<bool>(out);
}

int run(const fs::path& data, bool check) {
  const auto rows = read_benchmarks((data / "benchmarks").string());
  const Evidence decode = gather(rows, SpeedPhase::decode);
  const Evidence prefill = gather(rows, SpeedPhase::prefill);
  const Published plain = fitted(decode);
  const ParameterValues values = [&](std::string_view name) { return value_of(plain, name); };
  std::vector<FittedParameter> others = fit_drafting(rows, Catalog::builtin(), values);
  for (FittedParameter& parameter : fit_users(rows, Catalog::builtin(), values)) others.push_back(parameter);
  const CalibrationFiles files = publish(plain, fitted(prefill), others);
  const fs::path folder = data / "calibration";
  bool good = true;
  good &= settle(folder / "parameters.json", files.parameters, check);
  good &= settle(folder / "offsets.json", files.offsets, check);
  good &= settle(folder / "intervals.json", files.intervals, check);
  good &= settle(folder / "measured.json", files.measured, check);
  return good ? 0 : 1;
}

}  // namespace

/// `qwenfit_calibrate DATA_DIR [--check]`: fits data/calibration to data/benchmarks, or checks that it is so.
int main(int argc, char** argv) {
  const bool check = argc == 3 && std::string_view(argv[2]) == "--check";
  if (argc != 2 && !check) {
    std::cerr << "usage: qwenfit_calibrate DATA_DIR [--check]\n";
    return 2;
  }
  try {
    return run(argv[1], check);
  } catch (const std::exception& fault) {
    std::cerr << fault.what() << "\n";
    return 1;
  }
}
