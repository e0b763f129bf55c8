// Models from files: sparse GGUF files of every released model against the catalog's own sizes.

#include "query/model_files.h"

#include <algorithm>
#include <map>

#include "advise/inspect.h"
#include "advise/sweep.h"
#include "catch.h"
#include "model/weight_table.h"
#include "query/opened_file.h"
#include "query/support.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/sampling.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

constexpr const char* kReleasedModels[] = {"0.8b", "2b",      "4b",        "9b",
                                           "27b",  "35b-a3b", "122b-a10b", "397b-a17b"};
constexpr Mixture kTriedMixtures[] = {Mixture::bf16, Mixture::q8_0, Mixture::q6_k, Mixture::q4_k_m,
                                      Mixture::iq4_xs};

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return out;
}

GgufWriter file_of(const ModelRow& model, Mixture mixture, bool with_mtp, std::size_t words = 3) {
  GgufWriter out;
  put_metadata(out, model, with_mtp, words);
  put_tensors(out, model, mixture, with_mtp);
  return out;
}

}  // namespace

TEST_CASE("a file of each released model and quant has the catalog's bytes exactly") {
  const FileFolder folder;
  ModelFiles files(built_in());
  std::size_t read = 0;
  for (const char* name : kReleasedModels) {
    for (const Mixture mixture : kTriedMixtures) {
      if (read++ % sample_stride() != 0) continue;
      const ModelRow& model = model_row(name);
      for (const bool with_mtp : {false, true}) {
        const std::string path = folder.path(std::string(model.name) + (with_mtp ? "-MTP-" : "-") +
                                             upper_case(mixture_id(mixture)) + ".gguf");
        INFO(path);
        GgufWriter writer = file_of(model, mixture, with_mtp);
        writer.version = with_mtp ? 3 : 2;
        writer.write(path);
        const ModelFile& file = opened(files, path);
        CHECK(file.gguf->version == writer.version);
        CHECK(file.gguf->quant->mixture == mixture);
        CHECK(file.gguf->basis == QuantBasis::name);
        CHECK(file.gguf->model.same_graph);
        REQUIRE(file.like == &model);
        CHECK(file.row.architecture == model.architecture);
        CHECK(file.row.max_context == model.max_context);
        const Inspection i = inspect(file);
        check_same(i, computed_weights(model.architecture, mixture, with_mtp, kUnpadded));
        CHECK(i.parameters == parameter_count(model.architecture, with_mtp));
      }
    }
  }
}

TEST_CASE("a file is answered as the catalog's computed build of it is") {
  const FileFolder folder;
  for (const auto& [name, ram] :
       {std::pair("27b", ""), std::pair("35b-a3b", ""), std::pair("122b-a10b", "64GB")}) {
    const ModelRow& model = model_row(name);
    const std::string path = folder.path("mine.gguf");
    file_of(model, Mixture::q4_k_m, true).write(path);
    Query query = query_for("2xrtx3090", path);
    query.ram = ram;
    const auto own = resolve(query, built_in());
    query.model = {name};
    query.quant = {"q4_k_m@llama.cpp"};
    const auto listed = resolve(query, built_in());
    REQUIRE(own);
    REQUIRE(listed);
    const auto ours = sweep(*own);
    const auto theirs = sweep(*listed);
    REQUIRE(ours.size() == 1);
    REQUIRE(theirs.size() == 1);
    CHECK(ours[0].build->basis == TensorBasis::file);
    CHECK(ours[0].build->quant_id == "q4_k_m");
    CHECK(ours[0].estimate.verdict == theirs[0].estimate.verdict);
    CHECK(ours[0].max_context.tokens == theirs[0].max_context.tokens);
    for (std::size_t row = 0; row < theirs[0].estimate.devices.size(); ++row)
      CHECK(ours[0].estimate.devices[row].total() == theirs[0].estimate.devices[row].total());
    CHECK(ours[0].estimate.speed->decode->tok_s == theirs[0].estimate.speed->decode->tok_s);
  }
}

TEST_CASE("every term of a file's answer is accounted for") {
  const FileFolder folder;
  const std::string path = folder.path("mine.gguf");
  file_of(model_row("35b-a3b"), Mixture::iq4_xs, true).write(path);
  Query query = query_for("rtx3060-12gb", path);
  query.ram = "64GB";
  const auto question = resolve(query, built_in());
  REQUIRE(question);
  const auto answers = sweep(*question, Explain::yes);
  const Estimate& e = answers.front().estimate;
  for (std::size_t row = 0; row < e.devices.size(); ++row) {
    Bytes sum = 0;
    for (const Part& part : e.parts) sum += part.row == row ? part.bytes : 0;
    CHECK(sum == e.devices[row].total());
  }
  const auto weights =
      std::find_if(e.parts.begin(), e.parts.end(), [](const Part& p) { return p.term == Term::weights; });
  REQUIRE(weights != e.parts.end());
  CHECK(has(weights->inputs, "iq4_xs 136/256 x "));
  CHECK(has(weights->source, "table of tensors of "));
}

TEST_CASE("a quant is told by the file's name, by its bytes, or as the nearest") {
  const FileFolder folder;
  ModelFiles files(built_in());
  const ModelRow& model = model_row("9b");
  const auto quant_of = [&](const std::string& name, Mixture mixture) -> const GgufContents& {
    const std::string path = folder.path(name);
    file_of(model, mixture, false).write(path);
    return *opened(files, path).gguf;
  };
  CHECK(quant_of("a.gguf", Mixture::q5_k_s).quant->id == "q5_k_s");
  CHECK(quant_of("a-UD-Q4_K_XL.gguf", Mixture::q4_k_m).quant->id == "ud-q4_k_xl");
  // A name that the bytes contradict is not believed.
  const GgufContents& renamed = quant_of("b-Q2_K.gguf", Mixture::q8_0);
  CHECK(renamed.quant->id == "q8_0");
  CHECK(renamed.basis == QuantBasis::tensors);
  GgufWriter other = small_gguf("llama");
  put_small_tensors(other);
  other.write(folder.path("small.gguf"));
  const ModelFile& small = opened(files, folder.path("small.gguf"));
  CHECK(small.gguf->basis == QuantBasis::nearest);
  CHECK(small.like == nullptr);
  CHECK_FALSE(inspect(small).stock);
}

TEST_CASE("a long name is cut between characters") {
  const FileFolder folder;
  ModelFiles files(built_in());
  GgufWriter out = small_gguf("llama");
  out.put("general.name", std::string(59, 'a') + "\u65e5\u672c\u8a9e");
  put_small_tensors(out);
  out.write(folder.path("long.gguf"));
  CHECK(opened(files, folder.path("long.gguf")).name == std::string(59, 'a'));
}

TEST_CASE("the quant that the metadata state is believed where the tensors do not contradict it") {
  const FileFolder folder;
  ModelFiles files(built_in());
  const auto contents_of = [&](const std::string& name, std::uint32_t file_type) -> const GgufContents& {
    // Tensors of Q4_K and Q6_K.
    GgufWriter out = small_gguf("llama");
    out.put("general.file_type", file_type);
    put_small_tensors(out);
    out.write(folder.path(name));
    return *opened(files, folder.path(name)).gguf;
  };
  constexpr std::uint32_t kQ4KM = 15, kQ4KS = 14, kQ41 = 3, kNone = 999;
  const GgufContents& stated = contents_of("a.gguf", kQ4KM);
  CHECK(stated.quant->id == "q4_k_m");
  CHECK(stated.basis == QuantBasis::metadata);
  CHECK(stated.named == nullptr);
  const GgufContents& liar = contents_of("b-Q4_0.gguf", kQ4KS);
  CHECK(liar.quant->id == "q4_k_s");
  CHECK(liar.named->id == "q4_0");
  const GgufContents& larger = contents_of("c-Q8_0.gguf", kQ4KM);
  CHECK(larger.quant->id == "q4_k_m");
  CHECK(larger.named->id == "q8_0");
  const GgufContents& named = contents_of("d-Q4_K_S.gguf", kQ4KM);
  CHECK(named.quant->id == "q4_k_m");
  CHECK(named.basis == QuantBasis::metadata);
  CHECK(named.named->id == "q4_k_s");
  CHECK(named.stated->id == "q4_k_m");
  for (const std::uint32_t wrong : {kQ41, kNone}) {
    const GgufContents& nearest = contents_of("e" + std::to_string(wrong) + ".gguf", wrong);
    CHECK(nearest.basis == QuantBasis::nearest);
    const bool of_its_types = nearest.quant->id.starts_with("q4_k") || nearest.quant->id == "q6_k";
    INFO(nearest.quant->id);
    CHECK(of_its_types);
    CHECK((nearest.stated != nullptr) == (wrong == kQ41));
  }
}

TEST_CASE("an embedding of a type of its own changes nothing about which quant the file is") {
  const FileFolder folder;
  ModelFiles files(built_in());
  GgufWriter out = small_gguf("llama");
  out.put("general.file_type", std::uint32_t{15});
  put_small_tensors(out, "token_embd.weight");
  out.tensor("token_embd.weight", {256, 100'000}, TensorType::f16);
  out.write(folder.path("small-Q4_K_M.gguf"));
  const GgufContents& contents = *opened(files, folder.path("small-Q4_K_M.gguf")).gguf;
  CHECK(contents.quant->id == "q4_k_m");
  CHECK(contents.basis == QuantBasis::name);
}

TEST_CASE("a name gives way to metadata that fit the tensors better") {
  const FileFolder folder;
  ModelFiles files(built_in());
  constexpr std::uint32_t kQ4KS = 14;
  const auto basis_of = [&](const std::string& name, TensorType type) {
    GgufWriter out = small_gguf("llama");
    out.put("general.file_type", kQ4KS);
    out.tensor("token_embd.weight", {256, 1000}, TensorType::q6_k);
    out.tensor("blk.0.attn_q.weight", {256, 256}, type);
    out.tensor("blk.0.attn_k.weight", {256, 128}, type);
    out.tensor("blk.0.attn_v.weight", {256, 128}, type);
    out.tensor("blk.0.attn_output.weight", {256, 256}, type);
    for (const char* matrix : {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight"})
      out.tensor(matrix, {256, 512}, type);
    out.tensor("blk.0.ffn_down.weight", {512, 256}, type);
    out.write(folder.path(name));
    return std::pair(opened(files, folder.path(name)).gguf->quant->id,
                     opened(files, folder.path(name)).gguf->basis);
  };
  CHECK(basis_of("a-Q4_K_M.gguf", TensorType::q4_k) ==
        std::pair(std::string_view("q4_k_s"), QuantBasis::metadata));
  CHECK(basis_of("a-Q4_K_S.gguf", TensorType::q4_k).second == QuantBasis::name);
}

TEST_CASE("each stock quant of the catalog has llama.cpp's number of its own") {
  std::map<std::uint32_t, std::string_view> seen;
  for (const QuantRow& row : built_in().rows().quants) {
    INFO(row.id);
    CHECK(row.file_type.has_value() == (row.mixture && row.mixture_exact));
    if (row.file_type) CHECK(seen.emplace(*row.file_type, row.id).second);
  }
  CHECK(seen.at(0) == "f32");
  CHECK(seen.at(15) == "q4_k_m");
  CHECK(seen.at(30) == "iq4_xs");
}

TEST_CASE("models with plain attention work, whatever llama.cpp calls them") {
  const FileFolder folder;
  for (const char* arch : {"llama", "qwen2", "qwen3", "mistral3", "something-new"}) {
    INFO(arch);
    const std::string path = folder.path(std::string(arch) + ".gguf");
    whole_small_gguf(arch).write(path);
    const auto question = resolve(query_for("rtx3090", path), built_in());
    REQUIRE(question);
    CHECK(anything_fits(sweep(*question)));
  }
}
