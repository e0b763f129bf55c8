// Compute buffers of the real llama.cpp (tests/data/oracle_memory.csv, oracle_vision.csv) against the closed
// forms.

#include "memory/compute_buffer.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>

#include "catch.h"
#include "memory/kv_cache.h"
#include "memory/vision.h"
#include "model/weight_table.h"
#include "support/csv.h"
#include "support/models.h"
#include "support/sampling.h"

using namespace qwenfit;

namespace {

constexpr double kSlack = 65536;
constexpr double kMiBytes = 1048576;

ComputeRules rules_of(const std::string& backend) {
  if (backend == "cuda") return ComputeRules::cuda;
  if (backend == "metal") return ComputeRules::metal;
  return backend == "cpu" ? ComputeRules::cpu : ComputeRules::generic;
}

std::uint32_t count(const CsvRow& row, const char* column) {
  return static_cast<std::uint32_t>(number(row.at(column)));
}

ComputeShape shape_of(const CsvRow& row) {
  ComputeShape s;
  s.rules = rules_of(row.at("backend"));
  s.cells = kv_cells(number(row.at("context")));
  s.ubatch = count(row, "ubatch");
  s.slots = count(row, "slots");
  s.logit_rows = count(row, "logit_rows");
  s.draft_length = count(row, "n_rs_seq");
  s.flash_attention = row.at("flash_attn") != "off";
  s.k = *tensor_type_from_id(row.at("kv_k"));
  s.v = *tensor_type_from_id(row.at("kv_v"));
  return s;
}

/// Rows of a server with one unified cache of one type that the device's attention can read.
bool in_scope(const CsvRow& row) {
  const bool unified = row.at("slots") == "1" || row.at("kv_unified") == "1";
  return unified && row.at("logit_rows") != "0" && row.at("kv_k") == row.at("kv_v") &&
         row.at("kv_k") != "iq4_nl";
}

struct Placed {
  ComputePlacement placement;
  bool forced = false;
};

/// Tensors of a build, kept for as long as the tests run.
const WeightTable& table_of(const std::string& model, std::string ftype) {
  static std::map<std::string, WeightTable> tables;
  WeightTable& table = tables[model + ftype];
  if (!table.tensors.empty()) return table;
  const auto plus = ftype.find('+');
  const bool imatrix = plus != std::string::npos;
  if (imatrix) ftype.erase(plus);
  std::transform(ftype.begin(), ftype.end(), ftype.begin(), [](unsigned char c) { return std::tolower(c); });
  table = computed_weights(model_row(model).architecture, *mixture_from_id(ftype), true, {{1, 0}, {1, 0}},
                           imatrix);
  return table;
}

void put_weights(const WeightTable& table, const Architecture& a, ComputePlacement& p) {
  p.host = &table.tensors;
  p.output_bytes = a.tied_embeddings ? table.token_embedding_bytes : table.output_bytes;
  p.output_repacked = table.output_repacked;
}

DeviceLayers layers_of(const Placed& p, const Architecture& a, std::uint32_t index, std::size_t devices) {
  DeviceLayers layers;
  layers.index = index;
  for (std::uint32_t b = p.placement.host_layers; b < a.layers; ++b) {
    ++(a.is_full_attention(b) ? layers.full_attention : layers.linear_attention);
  }
  layers.output = index + 1 == devices && !p.placement.output_on_host;
  return layers;
}

/// The placement of a row; `-ngl` counts the main blocks, the file's MTP block and the output.
Placed placed(const CsvRow& row, const Architecture& a) {
  Placed result;
  ComputePlacement& p = result.placement;
  const std::uint32_t layers = a.layers + (row.at("file_has_mtp") == "1" ? a.mtp_layers : 0) + 1;
  const std::uint32_t on_device =
      row.at("gpu_layers").empty() ? layers : std::min(count(row, "gpu_layers"), layers);
  p.devices = count(row, "devices");
  p.host_layers = std::min(layers - on_device, a.layers);
  p.host_expert_layers = std::min(count(row, "cpu_moe_layers"), a.layers);
  p.cache_on_host = row.at("kv_offload") == "0";
  result.forced = p.host_layers > 0 || p.host_expert_layers > 0 || p.cache_on_host || p.devices > 1;
  p.output_on_host = on_device == 0;
  p.repacks = row.at("backend") == "metal";
  put_weights(table_of(row.at("model"), row.at("ftype")), a, p);
  return result;
}

struct Errors {
  std::vector<double> relative;
  std::size_t exact = 0, near = 0, under = 0;
  double most_under = 0, most_over = 0;

  void add(Bytes ours, Bytes theirs) {
    const double difference = static_cast<double>(ours) - static_cast<double>(theirs);
    relative.push_back(std::abs(difference) / static_cast<double>(theirs));
    exact += std::abs(difference) <= kSlack ? 1U : 0U;
    near += std::abs(difference) <= std::max(0.05 * static_cast<double>(theirs), 32 * kMiBytes) ? 1U : 0U;
    under += difference < -kSlack ? 1U : 0U;
    most_under = std::min(most_under, difference / kMiBytes);
    most_over = std::max(most_over, difference / kMiBytes);
  }
  double share(std::size_t n) const { return static_cast<double>(n) / static_cast<double>(relative.size()); }
  double quantile(double q) {
    std::sort(relative.begin(), relative.end());
    return relative[std::min(relative.size() - 1,
                             static_cast<std::size_t>(q * static_cast<double>(relative.size())))];
  }
};

using Table = std::map<std::string, Errors>;

void print(const char* title, Table& table) {
  std::printf("%-28s rows  exact   near  under  median     p95   worst   under/over MiB\n", title);
  for (auto& [name, e] : table) {
    std::printf("  %-26s %4zu  %.3f  %.3f  %.3f  %.4f  %.4f  %.4f  %7.1f %7.1f\n", name.c_str(),
                e.relative.size(), e.share(e.exact), e.share(e.near), e.share(e.under), e.quantile(0.5),
                e.quantile(0.95), e.quantile(1), e.most_under, e.most_over);
  }
}

std::vector<CsvRow> oracle(bool draft_context) {
  std::vector<CsvRow> rows;
  const auto all = read_csv(QWENFIT_TEST_DATA "/oracle_memory.csv");
  std::copy_if(all.begin(), all.end(), std::back_inserter(rows), [&](const CsvRow& row) {
    return in_scope(row) && (row.at("draft_context") == "1") == draft_context;
  });
  return rows;
}

}  // namespace

TEST_CASE("one device that holds everything gets llama.cpp's compute buffer") {
  Table table, by_rules;
  for (const CsvRow& row : oracle(false)) {
    const Architecture& a = model_row(row.at("model")).architecture;
    if (row.at("set") == "H" || placed(row, a).forced) continue;
    const bool cpu = row.at("backend") == "cpu";
    const Bytes ours = device_compute(a, shape_of(row)).total;
    const Bytes theirs = number(row.at(cpu ? "compute_host" : "compute_dev"));
    table[row.at("set") + " " + row.at("backend") + (a.is_moe() ? " moe" : " dense")].add(ours, theirs);
    by_rules[row.at("backend")].add(ours, theirs);
    if (!cpu) REQUIRE(host_compute(a, shape_of(row)) == number(row.at("compute_host")));
  }
  print("everything on one device", table);
  print("by rules", by_rules);
  for (const char* exact : {"cuda", "cpu", "generic"}) {
    REQUIRE(by_rules.at(exact).share(by_rules.at(exact).exact) >= 0.995);
    REQUIRE(by_rules.at(exact).under == 0);
  }
  REQUIRE(by_rules.at("metal").quantile(0.95) <= 0.04);
  REQUIRE(by_rules.at("metal").quantile(1) <= 0.12);
}

TEST_CASE("forced placements get llama.cpp's compute buffers within 5 per cent or 32 MiB") {
  Table device, host;
  const std::size_t every = std::min<std::size_t>(sample_stride(), 5);
  std::size_t rows = 0;
  for (const CsvRow& row : oracle(false)) {
    if (rows++ % every != 0) continue;
    const Architecture& a = model_row(row.at("model")).architecture;
    const Placed p = placed(row, a);
    if (!p.forced || row.at("set") == "H" || row.at("backend") == "cpu") continue;
    const std::string key = row.at("set") + " " + row.at("backend");
    const auto buffers = split(row.at("compute_dev"), ';');
    for (std::uint32_t i = 0; i < buffers.size(); ++i) {
      const DeviceLayers layers = layers_of(p, a, i, buffers.size());
      device[key].add(placed_device_compute(a, shape_of(row), p.placement, layers), number(buffers[i]));
    }
    host[key].add(placed_host_compute(a, shape_of(row), p.placement, layers_of(p, a, 0, buffers.size())),
                  number(row.at("compute_host")));
  }
  print("forced, device", device);
  print("forced, host", host);
  for (auto& [name, errors] : device) {
    INFO(name);
    CHECK(errors.near == errors.relative.size());
  }
  for (auto& [name, errors] : host) {
    INFO(name);
    CHECK(errors.exact == errors.relative.size());
  }
  for (const char* set : {"G cuda", "J cuda", "K cuda"})
    CHECK(device.at(set).share(device.at(set).exact) == 1);
  CHECK(device.at("F cuda").share(device.at("F cuda").exact) >= 0.99);
}

TEST_CASE("the draft context of MTP gets its buffers") {
  Table table;
  for (const CsvRow& row : oracle(true)) {
    const Architecture& a = model_row(row.at("model")).architecture;
    const bool cpu = row.at("backend") == "cpu";
    const DraftBuffers draft = draft_buffers(a, shape_of(row));
    // The draft's cache: one layer, F16.
    const Bytes cache =
        a.mtp_layers * kv_cache_bytes_per_layer(a, number(row.at("cells")), TensorType::f16, TensorType::f16);
    REQUIRE(cache == number(row.at(cpu ? "kv_host" : "kv_dev")));
    table[row.at("backend")].add(draft.device, number(row.at(cpu ? "compute_host" : "compute_dev")));
    if (!cpu) REQUIRE(draft.host - number(row.at("compute_host")) <= 256);
  }
  print("MTP draft context", table);
  for (auto& [name, errors] : table) REQUIRE(errors.share(errors.near) >= 0.95);
}

TEST_CASE("compute buffers never shrink with more context, slots or a larger micro-batch") {
  for (const char* name :
       {"0.8b", "9b", "27b", "35b-a3b", "122b-a10b", "397b-a17b", "qwen3-8b", "qwen3-30b-a3b"}) {
    const Architecture& a = model_row(name).architecture;
    for (const ComputeRules rules :
         {ComputeRules::cuda, ComputeRules::metal, ComputeRules::cpu, ComputeRules::generic}) {
      for (const TensorType type : {TensorType::f16, TensorType::q8_0}) {
        INFO(name << " rules " << static_cast<int>(rules) << " type " << static_cast<int>(type));
        ComputeShape s;
        s.rules = rules;
        s.k = s.v = type;
        for (const std::uint32_t ubatch : {32U, 128U, 512U, 2048U}) {
          Bytes before = 0;
          s.ubatch = ubatch;
          for (s.cells = 256; s.cells <= 262144; s.cells += 256) {
            const Bytes now = device_compute(a, s).total;
            REQUIRE(now >= before);
            before = now;
          }
          before = 0;
          s.cells = 32768;
          for (s.slots = 1; s.slots <= 16; s.slots *= 2) {
            s.logit_rows = s.slots;
            const Bytes now = device_compute(a, s).total;
            REQUIRE(now >= before);
            before = now;
          }
          s.slots = s.logit_rows = 1;
        }
        Bytes before = 0;
        for (s.ubatch = 32; s.ubatch <= 4096; s.ubatch *= 2) {
          const Bytes now = device_compute(a, s).total;
          REQUIRE(now >= before);
          before = now;
        }
      }
    }
  }
}

// ggml puts tensors into the free space of others, so that a longer context can end up in a buffer a little
// smaller.
TEST_CASE("buffers of forced placements hardly ever shrink with more context") {
  for (const char* name : {"0.8b", "27b", "35b-a3b", "qwen3-8b", "qwen3-30b-a3b"}) {
    const Architecture& a = model_row(name).architecture;
    for (const ComputeRules rules : {ComputeRules::cuda, ComputeRules::metal}) {
      for (const std::uint32_t host_layers : {1U, a.layers / 2}) {
        ComputePlacement p;
        p.host_layers = host_layers;
        p.repacks = rules == ComputeRules::metal;
        put_weights(table_of(name, "q4_k_m"), a, p);
        const std::uint32_t full = (a.layers - host_layers) / a.full_attention_interval;
        const DeviceLayers layers{0, host_layers, full, a.layers - host_layers - full, true};
        ComputeShape s;
        s.rules = rules;
        Bytes device = 0;
        for (s.cells = 1024; s.cells <= 262144; s.cells += s.cells / 4) {
          INFO(name << " rules " << static_cast<int>(rules) << " layers " << host_layers << " cells "
                    << s.cells);
          const Bytes now = placed_device_compute(a, s, p, layers);
          CHECK(now + std::max(static_cast<Bytes>(32 * kMiBytes), now / 4) >= device);
          device = std::max(device, now);
        }
      }
    }
  }
}

TEST_CASE("repacked weights keep their operations on the CPU") {
  const Architecture& a = model_row("4b").architecture;
  ComputeShape s;
  s.rules = ComputeRules::metal;
  s.cells = 32768;
  ComputePlacement p;
  p.host_layers = a.layers;
  p.output_on_host = true;
  put_weights(table_of("4b", "q4_0"), a, p);
  const DeviceLayers none{0, 0, 0, 0, false};
  const Bytes copied = placed_device_compute(a, s, p, none);
  const Bytes host = placed_host_compute(a, s, p, none);
  p.repacks = true;
  CHECK(placed_device_compute(a, s, p, none) < copied / 4);
  CHECK(placed_host_compute(a, s, p, none) > host);
}

TEST_CASE("small batches are computed where the weights are") {
  const Architecture& a = model_row("9b").architecture;
  ComputeShape s;
  s.cells = 32768;
  s.ubatch = 16;
  ComputePlacement p;
  p.host_layers = a.layers;
  p.output_on_host = true;
  put_weights(table_of("9b", "q4_k_m"), a, p);
  CHECK(placed_device_compute(a, s, p, {0, 0, 0, 0, false}) == 0);
}

TEST_CASE("a smaller KV type never needs more in all") {
  for (const char* name : {"0.8b", "27b", "35b-a3b", "122b-a10b"}) {
    const Architecture& a = model_row(name).architecture;
    for (const ComputeRules rules : {ComputeRules::cuda, ComputeRules::metal}) {
      for (Tokens cells = 8192; cells <= 262144; cells *= 2) {
        Bytes before = 0;
        for (const TensorType type : {TensorType::q4_0, TensorType::q8_0, TensorType::f16}) {
          ComputeShape s;
          s.rules = rules;
          s.cells = cells;
          s.k = s.v = type;
          const Bytes cache = a.full_attention_layers() * kv_cache_bytes_per_layer(a, cells, type, type);
          const Bytes now = cache + device_compute(a, s).total;
          INFO(name << " cells " << cells);
          REQUIRE(now >= before);
          before = now;
        }
      }
    }
  }
}

TEST_CASE("the largest phase is the buffer, and absurd settings do not wrap") {
  const Architecture& a = model_row("27b").architecture;
  ComputeShape s;
  s.cells = 4096;
  const ComputeBuffer buffer = device_compute(a, s);
  REQUIRE(buffer.phases[static_cast<std::size_t>(buffer.largest)].bytes == buffer.total);
  REQUIRE(buffer.largest == Phase::feed_forward);
  REQUIRE_FALSE(phase_text(buffer.largest).name.empty());
  s.cells = ~Tokens{0};
  s.ubatch = ~std::uint32_t{0};
  s.slots = ~std::uint32_t{0};
  REQUIRE(device_compute(a, s).total > buffer.total);
  s.flash_attention = false;
  REQUIRE(device_compute(a, s).total > buffer.total);
}

TEST_CASE("projectors and their buffers are those of llama.cpp") {
  for (const CsvRow& row : read_csv(QWENFIT_TEST_DATA "/oracle_vision.csv")) {
    const VisionArchitecture& v = model_row(row.at("model")).vision;
    const TensorType type = *tensor_type_from_id(row.at("type"));
    const VisionCompute compute =
        vision_compute(v, rules_of(row.at("device")), row.at("flash_attn") != "off");
    INFO(row.at("model") << ' ' << row.at("type") << ' ' << row.at("device") << ' ' << row.at("flash_attn"));
    REQUIRE(projector_bytes(v, type) == number(row.at("file_data_bytes")));
    REQUIRE(compute.device == number(row.at("compute_device")));
    REQUIRE(compute.host == number(row.at("compute_host")));
  }
  const VisionArchitecture& v = model_row("27b").vision;
  REQUIRE(image_tokens(v, 1024, 768) == 32 * 24);
  REQUIRE(projector_bytes(v, TensorType::q8_0) < projector_bytes(v, TensorType::f16));
  REQUIRE(projector_bytes(v, TensorType::f32) > projector_bytes(v, TensorType::f16));
}
