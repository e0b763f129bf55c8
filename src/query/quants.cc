#include "query/quants.h"

#include <algorithm>
#include <array>

#include "query/text.h"

namespace qwenfit {
namespace {

constexpr std::string_view kQuantOption = "--quant";

Result<QuantChoice> parse_choice(std::string_view typed, const Catalog& catalog) {
  const auto at = typed.find('@');
  const auto name = trimmed(typed.substr(0, at));
  if (name.empty()) return usage_error(kQuantOption, "--quant needs a name, such as --quant q4_k_m");
  const auto row = catalog.quant(name);
  if (!row) {
    Error error = row.error();
    if (error.where.empty()) error.where = kQuantOption;
    return error;
  }
  QuantChoice choice{*row, {}};
  if (at == std::string_view::npos) return choice;
  choice.publisher = lower_case(trimmed(typed.substr(at + 1)));
  if (choice.publisher.empty()) {
    return usage_error(kQuantOption, "--quant " + in_quotes(typed) + " names no publisher after @; try " +
                                         std::string(choice.quant->id) + "@unsloth");
  }
  return choice;
}

/// Formats of the runtime that was named; an unknown runtime is reported with the other settings.
Names formats_of(std::string_view id, const Catalog& catalog) {
  for (const RuntimeRow& row : catalog.rows().runtimes) {
    if (row.id == id) return row.formats;
  }
  return {};
}

/// The models themselves are published as BF16 safetensors.
bool is_original(const QuantRow& row, Names formats) {
  return row.mixture == Mixture::bf16 && contains(formats, "safetensors");
}

/// The runtime takes the format, and runs quants of it like this one.
bool runs_in(const QuantRow& row, const QuantWish& wish) {
  return contains(wish.formats, row.format) && contains(row.runtimes, wish.runtime);
}

/// The quant of this runtime whose bits are nearest.
const QuantRow* nearest_taken(const QuantRow& quant, const QuantWish& wish, const Catalog& catalog) {
  const auto distance = [&](const QuantRow& row) {
    return row.bits > quant.bits ? row.bits - quant.bits : quant.bits - row.bits;
  };
  const QuantRow* nearest = nullptr;
  for (const QuantRow& row : catalog.rows().quants) {
    if (!runs_in(row, wish) || row.moe_only) continue;
    if (nearest == nullptr || distance(row) < distance(*nearest)) nearest = &row;
  }
  return nearest;
}

Result<bool> check_format(const QuantChoice& choice, const QuantWish& wish, const Catalog& catalog) {
  const QuantRow& quant = *choice.quant;
  if (wish.formats.empty() || runs_in(quant, wish) || is_original(quant, wish.formats)) return true;
  std::string takes;
  for (const auto format : wish.formats) takes += (takes.empty() ? "" : ", ") + std::string(format);
  std::string others;
  for (const auto runtime : quant.runtimes) others += (others.empty() ? "" : ", ") + std::string(runtime);
  const std::string name(quant.name);
  Error error = combination_error(
      kQuantOption,
      contains(wish.formats, quant.format)
          ? name + " is not known to run in " + wish.runtime + ", only in " + others
          : name + " is a " + std::string(quant.format) + " format, and " + wish.runtime + " takes " + takes);
  if (const QuantRow* near = nearest_taken(quant, wish, catalog))
    error.did_you_mean = {std::string(near->id)};
  return error;
}

bool same_choice(const QuantChoice& a, const QuantChoice& b) {
  return a.quant == b.quant && a.publisher == b.publisher;
}

void sort_choices(std::vector<QuantChoice>& choices) {
  std::stable_sort(choices.begin(), choices.end(), [](const QuantChoice& a, const QuantChoice& b) {
    return a.quant->order < b.quant->order;
  });
}

/// Quants of guide-only sizes that are always worth a line.
bool is_guide_default(const QuantRow& row) {
  return row.id == "q8_0" || row.id == "q4_k_m";
}

bool is_published(std::string_view quant, const QuantWish& wish, const ModelRow& model,
                  const Catalog& catalog) {
  const auto rows = catalog.builds_of(model.id, quant);
  return std::any_of(rows.begin(), rows.end(),
                     [&](const BuildRow* row) { return row->has_mtp_block || !wish.mtp; });
}

/// Offered, and not replaced by a variant that alone is published; or such a variant.
bool is_offered(const QuantRow& row, const QuantWish& wish, const ModelRow& model, const Catalog& catalog) {
  const auto replaces = [&](const QuantRow& other, std::string_view offered) {
    return !offered.empty() && other.stands_in_for == offered &&
           is_published(other.id, wish, model, catalog) && !is_published(offered, wish, model, catalog);
  };
  if (!row.offer) return replaces(row, row.stands_in_for);
  const auto rows = catalog.rows().quants;
  return std::none_of(rows.begin(), rows.end(),
                      [&](const QuantRow& other) { return replaces(other, row.id); });
}

bool wanted(const QuantRow& row, const QuantWish& wish, const ModelRow& model, bool any_offered,
            const Catalog& catalog) {
  if (row.named_only || (row.moe_only && model.kind != ModelKind::moe)) return false;
  // `all` is all that the runtime takes: without one named, llama.cpp's files.
  const bool taken =
      wish.formats.empty() ? row.format == "gguf" : runs_in(row, wish) || is_original(row, wish.formats);
  if (!taken) return false;
  if (wish.kind == QuantWish::Kind::all) return true;
  if (model.status == ModelStatus::guide_only) {
    const auto given = [&](const GuideFigure& figure) { return figure.quant == row.id; };
    return is_guide_default(row) || std::any_of(model.guide.begin(), model.guide.end(), given);
  }
  return !any_offered || is_offered(row, wish, model, catalog);
}

}  // namespace

Result<QuantWish> parse_quants(const Query& query, const Catalog& catalog) {
  QuantWish wish;
  wish.mtp = query.mtp;
  wish.runtime = lower_case(trimmed(query.runtime));
  if (!query.runtime.empty()) wish.formats = formats_of(wish.runtime, catalog);
  for (const auto& list : query.quant) {
    for (const auto typed : split(list, ',')) {
      if (lower_case(typed) == "all") {
        wish.kind = QuantWish::Kind::all;
        continue;
      }
      auto choice = parse_choice(typed, catalog);
      if (!choice) return choice.error();
      if (const auto checked = check_format(*choice, wish, catalog); !checked) return checked.error();
      const auto same = [&](const QuantChoice& other) { return same_choice(other, *choice); };
      if (std::none_of(wish.named.begin(), wish.named.end(), same)) wish.named.push_back(std::move(*choice));
    }
  }
  sort_choices(wish.named);
  if (wish.kind != QuantWish::Kind::all && !wish.named.empty()) wish.kind = QuantWish::Kind::named;
  return wish;
}

std::vector<QuantChoice> choices_for(const QuantWish& wish, const ModelRow& model, const Catalog& catalog) {
  if (wish.kind == QuantWish::Kind::named) return wish.named;
  bool any_offered = false;
  for (const QuantRow& row : catalog.rows().quants) {
    any_offered |= row.offer && (wish.formats.empty() || runs_in(row, wish));
  }
  // With `all`, builds of publishers that were named stay in.
  std::vector<QuantChoice> choices = wish.named;
  for (const QuantRow& row : catalog.rows().quants) {
    const QuantChoice choice{&row, {}};
    const auto same = [&](const QuantChoice& other) { return same_choice(other, choice); };
    if (wanted(row, wish, model, any_offered, catalog) && std::none_of(choices.begin(), choices.end(), same))
      choices.push_back(choice);
  }
  sort_choices(choices);
  return choices;
}

}  // namespace qwenfit
