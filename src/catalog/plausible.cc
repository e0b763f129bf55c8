#include "catalog/plausible.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace qwenfit {
namespace {

/// No device has less or more, no tokenizer fewer words than there are bytes.
constexpr Bytes kLeastCapacity = 256 * kMiB, kMostCapacity = kGiB * 16 * 1024;
constexpr std::uint32_t kLeastVocabulary = 256;
constexpr Bytes kGigabyte = 1'000'000'000;
/// From this on a number is one of MiB, as tools show them, and no longer of GiB.
constexpr Bytes kMebibytesFrom = 1024;
/// For an example.
constexpr Bytes kUsualGib = 24;
/// By how much stated parameters may differ from those of the architecture, and what vision may add.
constexpr double kParameterShare = 0.1, kVisionShare = 0.3;
/// A file's bytes against those of its parameters at the quant's bits. Rules of formats leave more tensors in
/// 16 bits than mixtures of GGUF do.
constexpr double kLeastShare = 0.5, kMostShare = 2, kMostShareByRule = 3;
/// What mixtures of few bits have on top of them, in bits of every weight.
constexpr double kMostOnTop = 2;
constexpr double kBytesAt16Bits = 2;

std::string decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 0.1 ? "%.2g" : value < 10 ? "%.1f" : "%.0f", value);
  return text.data();
}

bool is_capacity(Bytes bytes) {
  return bytes >= kLeastCapacity && bytes <= kMostCapacity;
}

/// What was typed taken for a number of GiB or MiB, else a usual one: "24 GiB is 25769803776".
std::string capacity_in_full(Bytes typed) {
  const bool mebibytes = typed >= kMebibytesFrom;
  const Bytes unit = mebibytes ? kMiB : kGiB;
  if (typed <= kMostCapacity / unit && is_capacity(mul(typed, unit)))
    return std::to_string(typed) + (mebibytes ? " MiB is " : " GiB is ") + std::to_string(mul(typed, unit));
  return std::to_string(kUsualGib) + " GiB is " + std::to_string(mul(kUsualGib, kGiB));
}

/// From the least to the most that a file can have; none where the model's parameters are not known.
struct FileRange {
  double least = 0, most = 0, parameters = 0;
};
std::optional<FileRange> file_range(const ModelRow& model, const QuantRow& quant) {
  const Architecture& a = model.architecture;
  if (model.status == ModelStatus::guide_only || a.layers == 0 || quant.bits == 0) return std::nullopt;
  const auto text = static_cast<double>(parameter_count(a, false));
  const double all = std::max(text, static_cast<double>(model.total_params));
  const double ends = static_cast<double>(a.vocab) * a.embedding * (a.tied_embeddings ? 1 : 2);
  const double at_bits = text * quant.bits / 8;
  // Embedding, output, vision and MTP block may all be left in 16 bits.
  const double weights = quant.mixture ? std::max(at_bits * kMostShare, text * (quant.bits + kMostOnTop) / 8)
                                       : at_bits * kMostShareByRule;
  const double most = weights + (ends + std::min(all - text, text)) * kBytesAt16Bits;
  return FileRange{at_bits * kLeastShare, most, text};
}

class FigureChecker {
 public:
  FigureChecker(const Tables& tables, Scope scope, Findings& findings)
      : tables_(tables), scope_(scope), findings_(findings) {}

  void check_all() {
    for_rows(tables_.models, [&](const ModelRow& row) { check_model(row); });
    for_rows(tables_.builds, [&](const BuildRow& row) { check_build(row); });
    for_rows(tables_.devices, [&](const DeviceRow& row) { check_device(row); });
  }

 private:
  template <typename Row, typename F>
  void for_rows(const Table<Row>& table, F&& check) {
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      place_ = &table.places[i];
      if (in_scope(scope_, *place_)) check(table.rows[i]);
    }
  }
  void fault(const char* below, std::string text) {
    findings_.push_back({std::string(place_->file), row_pointer(*place_) + below, std::move(text)});
  }
  template <typename Row>
  static const Row* row_with_id(const Table<Row>& table, std::string_view id) {
    const auto found =
        std::find_if(table.rows.begin(), table.rows.end(), [&](const Row& row) { return row.id == id; });
    return found != table.rows.end() ? &*found : nullptr;
  }

  void check_parameters(const char* key, std::uint64_t stated, double least, double most, double computed) {
    const auto value = static_cast<double>(stated);
    if (value >= least * (1 - kParameterShare) && value <= most * (1 + kParameterShare)) return;
    fault(key, "expected about " + std::to_string(std::llround(computed)) +
                   ", which the architecture comes to, found " + std::to_string(stated));
  }
  void check_model(const ModelRow& row) {
    const Architecture& a = row.architecture;
    if (row.status == ModelStatus::guide_only || a.layers == 0 || a.full_attention_interval == 0) return;
    if (a.vocab < kLeastVocabulary)
      fault("/architecture/vocab", "expected at least " + std::to_string(kLeastVocabulary) +
                                       " words (vocab_size of config.json), found " +
                                       std::to_string(a.vocab));
    const auto text = static_cast<double>(parameter_count(a, false));
    const auto with_mtp = static_cast<double>(parameter_count(a, true));
    check_parameters("/params/total", row.total_params, text,
                     with_mtp * (row.has_vision ? 1 + kVisionShare : 1), text);
    if (row.text_params > 0) check_parameters("/params/text", row.text_params, text, with_mtp, text);
    // Of the experts a share is used, of the rest all but what is only looked up.
    const double used = a.is_moe() ? static_cast<double>(a.experts_used) / a.experts : 0.5;
    const auto active = static_cast<double>(row.active_params);
    if (row.active_params > 0 && (active < text * used || active > with_mtp * (1 + kParameterShare)))
      fault("/params/active", "expected " + std::to_string(std::llround(text * used)) + " to " +
                                  std::to_string(std::llround(text)) + ", those that one token uses, found " +
                                  std::to_string(row.active_params));
  }
  void check_build(const BuildRow& row) {
    if (row.bytes.has_value() == row.shown_gb.has_value()) {
      fault(row.bytes ? "/shown_gb" : "/bytes",
            std::string("expected exactly one of bytes and shown_gb, the other null; here ") +
                (row.bytes ? "both are given" : "neither is"));
      return;
    }
    const ModelRow* model = row_with_id(tables_.models, row.model);
    const QuantRow* quant = row_with_id(tables_.quants, row.quant);
    if (model == nullptr || quant == nullptr) return;
    const auto range = file_range(*model, *quant);
    const auto gigabyte = static_cast<double>(kGigabyte);
    const double stated = row.bytes ? static_cast<double>(*row.bytes) : *row.shown_gb * gigabyte;
    if (!range || (stated >= range->least && stated <= range->most)) return;
    std::string text = "expected " + decimal(range->least / gigabyte) + " to " +
                       decimal(range->most / gigabyte) + " GB for " + decimal(range->parameters / gigabyte) +
                       " billion parameters at " + std::to_string(quant->bits) + " bits, found ";
    text += row.bytes ? std::to_string(*row.bytes) : decimal(*row.shown_gb);
    const double as_gigabytes = stated * gigabyte;
    if (row.bytes && as_gigabytes >= range->least && as_gigabytes <= range->most)
      text += "; in bytes, " + std::to_string(*row.bytes) + " GB is " +
              std::to_string(mul(*row.bytes, kGigabyte));
    else
      text += "; look whether it is the file of this model and quant";
    fault(row.bytes ? "/bytes" : "/shown_gb", std::move(text));
  }
  void check_device(const DeviceRow& row) {
    if (!row.capacity || is_capacity(*row.capacity)) return;
    fault("/capacity_bytes", "expected 256 MiB to 16 TiB, in bytes: " + capacity_in_full(*row.capacity) +
                                 "; found " + std::to_string(*row.capacity));
  }

  const Tables& tables_;
  Scope scope_;
  Findings& findings_;
  const Place* place_ = nullptr;
};

}  // namespace

void check_figures(const Tables& tables, Scope scope, Findings& findings) {
  FigureChecker(tables, scope, findings).check_all();
}

}  // namespace qwenfit
