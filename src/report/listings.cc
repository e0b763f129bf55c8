#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "report/document.h"
#include "report/format.h"

namespace qwenfit {
namespace {

/// Bytes as they are for CSV, else shown by `show`.
Cell amount(std::optional<Bytes> bytes, bool raw, std::string (*show)(std::optional<Bytes>)) {
  if (raw) return {bytes ? std::to_string(*bytes) : ""};
  return {show(bytes)};
}

std::string mib_or_unknown(std::optional<Bytes> bytes) {
  return bytes ? mib(*bytes) : std::string(kUnknown);
}
std::string gb_per_s(std::optional<Bytes> bytes) {
  return bytes ? fmt::format("{:.0f}", static_cast<double>(*bytes) / 1e9) : std::string(kUnknown);
}

void print_as(std::ostream& out, const Grid& grid, Format format, const Style& style) {
  switch (format) {
    case Format::table:
      print_grid(out, grid, style);
      return;
    case Format::csv:
      print_grid_csv(out, grid);
      return;
    case Format::markdown:
      print_grid_markdown(out, grid);
      return;
    case Format::json:
      return;
  }
}

std::string_view status_words(const ModelRow& row) {
  return row.status == ModelStatus::released ? "released" : "never released";
}

Grid models_grid(const std::vector<ModelListing>& rows, bool raw) {
  Grid grid;
  grid.columns = {text_column("model", 0)};
  if (!rows.empty()) {
    for (const ListedSize& size : rows.front().sizes) {
      grid.columns.push_back(raw ? text_column(size.quant_id + "_file_bytes", 1)
                                 : number_column(size.quant_name, "GB", 1));
    }
  }
  grid.columns.push_back(raw ? text_column("kv_bytes_per_1k_tokens", 3)
                             : number_column("KV per 1k", "MiB", 3));
  grid.columns.push_back(raw ? text_column("state_bytes", 4) : number_column("state", "MiB", 4));
  grid.columns.push_back(raw ? text_column("max_context", 2) : number_column("max ctx", "tokens", 2));
  grid.columns.push_back(text_column("status", 0));
  for (const ModelListing& listing : rows) {
    const ModelRow& row = *listing.row;
    std::vector<Cell> cells = {{raw ? std::string(row.id) : clean(row.name)}};
    for (const ListedSize& size : listing.sizes) cells.push_back(amount(size.bytes, raw, gb));
    cells.push_back(amount(listing.kv_bytes_per_1k_tokens, raw, mib_or_unknown));
    cells.push_back(amount(listing.state_bytes, raw, mib_or_unknown));
    const bool known = row.max_context > 0;
    const std::string unknown(raw ? "" : kUnknown);
    cells.push_back({!known ? unknown
                     : raw  ? std::to_string(row.max_context)
                            : tokens_exact(row.max_context)});
    cells.push_back(
        {std::string(raw && row.status == ModelStatus::guide_only ? "guide_only" : status_words(row))});
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

/// How the sizes of a quant are known.
struct SizeBasis {
  std::string_view id, words;
};
SizeBasis basis_of(const QuantListing& listing) {
  if (listing.read) return {"file", "its file"};
  const QuantRow& row = *listing.row;
  if (row.rule) return {"rule", "by rule"};
  if (!row.mixture) return {"unknown", "unknown"};
  return row.mixture_exact ? SizeBasis{"exact", "exact"} : SizeBasis{"nearest", "nearest mixture"};
}

/// The publishers that have a name; a size by rule has none.
std::vector<std::string> named(std::vector<std::string> publishers) {
  std::erase(publishers, std::string());
  return publishers;
}

Grid quants_grid(const std::vector<QuantListing>& rows, bool raw) {
  Grid grid;
  grid.columns = {text_column("quant", 0), raw ? text_column("bits", 0) : number_column("bits", "", 0),
                  text_column("format", 2), text_column("basis", 3)};
  if (!rows.empty()) {
    for (const auto& [model, bytes] : rows.front().sizes) {
      grid.columns.push_back(raw ? text_column(model + "_file_bytes", 1) : number_column(model, "GB", 1));
    }
  }
  grid.columns.push_back(text_column(raw ? "publishers" : "published by", 4));
  for (const QuantListing& listing : rows) {
    const QuantRow& row = *listing.row;
    std::vector<Cell> cells = {{std::string(row.id)},
                               {std::to_string(row.bits)},
                               {std::string(row.format)},
                               {std::string(basis_of(listing).words)}};
    for (const auto& size : listing.sizes) cells.push_back(amount(size.second, raw, gb));
    std::string publishers;
    for (const std::string& name : named(listing.publishers))
      publishers += (publishers.empty() ? "" : raw ? ";" : ", ") + (raw ? name : clean(name));
    cells.push_back({raw ? publishers : cut(publishers, 30)});
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

std::string_view class_id(DeviceClass device_class) {
  switch (device_class) {
    case DeviceClass::gpu:
      return "gpu";
    case DeviceClass::mac:
      return "mac";
    case DeviceClass::apu:
      return "apu";
    case DeviceClass::cpu:
      break;
  }
  return "cpu";
}

std::string price_range(const DeviceRow& row) {
  if (!row.price_low_usd || !row.price_high_usd) return std::string(kUnknown);
  if (*row.price_low_usd == *row.price_high_usd) return fmt::format("{:.0f}", *row.price_low_usd);
  return fmt::format("{:.0f}-{:.0f}", *row.price_low_usd, *row.price_high_usd);
}

Grid gpus_grid(const std::vector<const DeviceRow*>& rows, bool raw) {
  Grid grid;
  const auto number = [raw](const char* title, const char* unit, const char* raw_title, unsigned rank) {
    return raw ? text_column(raw_title, rank) : number_column(title, unit, rank);
  };
  grid.columns = {text_column("id", 0), number("memory", "GiB", "capacity_bytes", 0),
                  number("bandwidth", "GB/s", "bandwidth_bytes_per_s", 1)};
  if (raw) {
    for (const char* title : {"price_low_usd", "price_high_usd"})
      grid.columns.push_back(text_column(title, 2));
  } else {
    grid.columns.push_back(number_column("price", "USD", 2));
  }
  grid.columns.push_back(text_column(raw ? "price_date" : "as of", 2));
  grid.columns.push_back(text_column("class", 0));
  grid.columns.push_back(text_column("name", 3));
  for (const DeviceRow* row : rows) {
    std::vector<Cell> cells = {{std::string(row->id)},
                               amount(row->capacity, raw, gib),
                               amount(row->bandwidth_bytes_per_s, raw, gb_per_s)};
    if (raw) {
      for (const auto& usd : {row->price_low_usd, row->price_high_usd})
        cells.push_back({usd ? fmt::format("{}", *usd) : ""});
    } else {
      cells.push_back({price_range(*row)});
    }
    cells.push_back({std::string(row->price_date)});
    cells.push_back({std::string(class_id(row->device_class))});
    cells.push_back({raw ? std::string(row->name) : clean(row->name)});
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

/// Where a row comes from and the whole of it as the data file has it.
template <typename Row>
void write_row(JsonWriter& w, const Row& row) {
  w.text_or_null("overlay", row.origin);
  w.key("row");
  w.raw(row.json.empty() ? std::string_view("null") : row.json);
}

template <typename Rows, typename Write>
void print_listing_json(std::ostream& out, std::string_view schema, std::string_view key, const Rows& rows,
                        const CatalogInfo& info, const Write& write) {
  JsonWriter w(true);
  begin_document(w, schema, info);
  w.key(key);
  w.begin_array();
  for (const auto& row : rows) {
    w.begin_object();
    write(w, row);
    w.end_object();
  }
  w.end_array();
  w.end_object();
  out << std::move(w).take() << '\n';
}

void write_model_listing(JsonWriter& w, const ModelListing& listing) {
  w.field("id", listing.row->id);
  w.field("name", listing.row->name);
  w.field("kind", model_kind_id(listing.row->kind));
  w.field("status", listing.row->status == ModelStatus::released ? "released" : "guide_only");
  w.field("max_context",
          listing.row->max_context > 0 ? std::optional(listing.row->max_context) : std::nullopt);
  w.field("kv_bytes_per_1k_tokens", listing.kv_bytes_per_1k_tokens);
  w.field("state_bytes", listing.state_bytes);
  w.key("sizes");
  w.begin_array();
  for (const ListedSize& size : listing.sizes) {
    w.begin_object();
    w.field("quant", size.quant_id);
    w.text_or_null("publisher", size.publisher);
    w.field("file_bytes", size.bytes);
    w.end_object();
  }
  w.end_array();
  write_row(w, *listing.row);
}

void write_quant_listing(JsonWriter& w, const QuantListing& listing) {
  w.field("id", listing.row->id);
  w.field("name", listing.row->name);
  w.field("bits", listing.row->bits);
  w.field("format", listing.row->format);
  w.field("basis", basis_of(listing).id);
  w.key("publishers");
  w.begin_array();
  for (const std::string& name : named(listing.publishers)) w.value(name);
  w.end_array();
  w.key("sizes");
  w.begin_array();
  for (const auto& [model, bytes] : listing.sizes) {
    w.begin_object();
    w.field("model", model);
    w.field("file_bytes", bytes);
    w.end_object();
  }
  w.end_array();
  write_row(w, *listing.row);
}

void write_device_listing(JsonWriter& w, const DeviceRow* row) {
  w.field("id", row->id);
  w.field("name", row->name);
  w.field("class", class_id(row->device_class));
  w.field("capacity_bytes", row->capacity);
  w.field("bandwidth_bytes_per_s", row->bandwidth_bytes_per_s);
  w.field("price_low_usd", row->price_low_usd);
  w.field("price_high_usd", row->price_high_usd);
  w.text_or_null("price_date", row->price_date);
  write_row(w, *row);
}

/// Lower-case letters and digits only, so that spelling does not matter.
std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      result += static_cast<char>(c - 'A' + 'a');
    } else if (c != ' ' && c != '-' && c != '_') {
      result += c;
    }
  }
  return result;
}

}  // namespace

void print_models(std::ostream& out, const std::vector<ModelListing>& rows, Format format,
                  const CatalogInfo& info, const Style& style) {
  if (format == Format::json)
    return print_listing_json(out, "qwenfit.models/1", "models", rows, info, write_model_listing);
  print_as(out, models_grid(rows, format == Format::csv), format, style);
}

void print_quants(std::ostream& out, const std::vector<QuantListing>& rows, Format format,
                  const CatalogInfo& info, const Style& style) {
  if (format == Format::json)
    return print_listing_json(out, "qwenfit.quants/1", "quants", rows, info, write_quant_listing);
  print_as(out, quants_grid(rows, format == Format::csv), format, style);
}

void print_gpus(std::ostream& out, const std::vector<const DeviceRow*>& rows, Format format,
                const CatalogInfo& info, const Style& style) {
  if (format == Format::json)
    return print_listing_json(out, "qwenfit.gpus/1", "gpus", rows, info, write_device_listing);
  print_as(out, gpus_grid(rows, format == Format::csv), format, style);
}

bool matches_filter(std::string_view filter, std::string_view id, std::string_view name,
                    std::string_view group, Names aliases) {
  std::vector<std::string> texts = {folded(id), folded(name), folded(group)};
  for (const std::string_view alias : aliases) texts.push_back(folded(alias));
  for (std::size_t at = 0; at < filter.size();) {
    const std::size_t end = std::min(filter.find(' ', at), filter.size());
    const std::string word = folded(filter.substr(at, end - at));
    at = end + 1;
    const bool found = std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
      return text.find(word) != std::string::npos;
    });
    if (!found) return false;
  }
  return true;
}

}  // namespace qwenfit
