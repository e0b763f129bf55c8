// Models from files: sparse GGUF files of every released model against the catalog's own sizes, files in
// parts, and config.json.

#include "query/model_files.h"

#include <algorithm>
#include <map>

#include "advise/inspect.h"
#include "advise/sweep.h"
#include "catch.h"
#include "model/weight_table.h"
#include "query/gguf_parts.h"
#include "query/hf_config.h"
#include "query/support.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/sampling.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

constexpr Layouts kUnpadded{{1, 0}, {1, 0}};
constexpr const char* kReleasedModels[] = {"0.8b", "2b",      "4b",        "9b",
                                           "27b",  "35b-a3b", "122b-a10b", "397b-a17b"};
constexpr Mixture kTriedMixtures[] = {Mixture::bf16, Mixture::q8_0, Mixture::q6_k, Mixture::q4_k_m,
                                      Mixture::iq4_xs};

const Catalog& built_in() {
  return Catalog::builtin();
}

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

const ModelFile& opened(ModelFiles& files, const std::string& path) {
  const auto file = files.open(path);
  INFO((file ? "" : file.error().message));
  REQUIRE(file);
  return **file;
}

std::string said_of_file(const std::string& path) {
  ModelFiles files(built_in());
  const auto file = files.open(path);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::bad_file);
  return file.error().message;
}

void check_same(const Inspection& i, const WeightTable& ours) {
  CHECK(i.weights.tensor_bytes == ours.tensor_bytes);
  CHECK(i.weights.token_embedding_bytes == ours.token_embedding_bytes);
  CHECK(i.weights.output_bytes == ours.output_bytes);
  CHECK(i.weights.block_bytes == ours.block_bytes);
  CHECK(i.weights.has_mtp_block == ours.has_mtp_block);
  CHECK(i.weights.dense_parameters == ours.dense_parameters);
  CHECK(i.weights.expert_parameters == ours.expert_parameters);
  for (std::size_t block = 0; block < ours.tensors.size(); ++block)
    CHECK(i.weights.tensors[block].checksum() == ours.tensors[block].checksum());
  CHECK(i.weights.mtp_tensors.checksum() == ours.mtp_tensors.checksum());
  CHECK(i.stock->tensor_bytes == ours.tensor_bytes);
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

TEST_CASE("a model in parts is read from all of them") {
  const FileFolder folder;
  const ModelRow& model = model_row("35b-a3b");
  constexpr std::size_t kFirst = 200, kSecond = 500;
  const auto part = [&](std::uint32_t number, std::uint32_t count = 3, std::uint32_t all = 0) {
    GgufWriter out;
    if (number == 0) put_metadata(out, model, true, 3);
    out.put("split.no", GgufTag::u16, GgufWriter::raw(static_cast<std::uint16_t>(number)));
    out.put("split.count", GgufTag::u16, GgufWriter::raw(static_cast<std::uint16_t>(count)));
    const std::size_t tensors = ConvertedTensors(model.architecture, true).take().size();
    out.put("split.tensors.count", GgufTag::i32,
            GgufWriter::raw(all == 0 ? static_cast<std::uint32_t>(tensors) : all));
    const std::size_t ends[] = {0, kFirst, kSecond, tensors};
    put_tensors(out, model, Mixture::q4_k_m, true, ends[number], ends[number + 1]);
    return out;
  };
  const auto path = [&](int number) {
    return folder.path("mine-Q4_K_M-0000" + std::to_string(number) + "-of-00003.gguf");
  };
  const auto write_all = [&] {
    for (const std::uint32_t n : {0U, 1U, 2U}) part(n).write(path(static_cast<int>(n) + 1));
  };
  write_all();
  ModelFiles files(built_in());
  const ModelFile& file = opened(files, path(1));
  check_same(inspect(file), computed_weights(model.architecture, Mixture::q4_k_m, true, kUnpadded));
  CHECK(file.gguf->parts.size() == 3);
  CHECK(file.gguf->file_bytes == std::filesystem::file_size(path(1)) + std::filesystem::file_size(path(2)) +
                                     std::filesystem::file_size(path(3)));

  ModelFiles others(built_in());
  const auto second = others.open(path(2));
  REQUIRE_FALSE(second);
  CHECK(has(second.error().message, "is part 2 of 3"));
  CHECK(second.error().did_you_mean == std::vector<std::string>{path(1)});

  std::filesystem::remove(path(3));
  const std::string missing = said_of_file(path(1));
  CHECK(has(missing, "00003-of-00003.gguf\" does not exist"));
  CHECK(has(missing, "it is part 3 of 3 of "));
  CHECK(has(missing, "must lie in one folder"));
  part(1).write(path(3));
  CHECK(has(said_of_file(path(1)), "is part 2 of 3 by its own metadata"));
  write_all();
  part(0, 3, 17).write(path(1));
  CHECK(has(said_of_file(path(1)), "states 17 tensors, and its parts have"));
  part(0, 4).write(path(1));
  CHECK(has(said_of_file(path(1)), "is one of 4 parts"));
  write_all();
  std::filesystem::rename(path(1), folder.path("renamed.gguf"));
  CHECK(has(said_of_file(folder.path("renamed.gguf")), "give it its name back"));
  write_all();
  std::filesystem::resize_file(path(2), 100'000);
  CHECK(has(said_of_file(path(1)), "is cut short"));
  part(0).write(path(2));
  CHECK(has(said_of_file(path(1)), "by its own metadata"));
}

TEST_CASE("parts are read no further than to more tensors than a real file has, without what they repeat") {
  std::uint64_t each = kMostTensors / 4, read = 0;
  const auto reader = [&](const std::string& path) -> Result<GgufHeader> {
    const auto number = static_cast<std::int64_t>(std::stoi(path.substr(2, 5)));
    GgufHeader header;
    const auto put = [&](const char* key, std::int64_t value) {
      header.metadata.emplace_back(key, GgufValue{}).second.numbers = {value};
    };
    put("split.no", number - 1);
    put("split.count", 100);
    header.tensors.resize(each);
    ++read;
    return header;
  };
  std::vector<std::string> paths;
  const auto many = read_gguf_parts("x-00001-of-00100.gguf", reader, paths);
  REQUIRE_FALSE(many);
  CHECK(has(many.error().message, "has more than 65536 tensors in its parts"));
  CHECK(read == 5);
  each = 1;
  const auto few = read_gguf_parts("x-00001-of-00100.gguf", reader, paths);
  REQUIRE(few);
  CHECK(few->size() == 100);
  CHECK(few->front().metadata.size() == 2);
  CHECK(few->back().metadata.empty());
}

TEST_CASE("what is no file of a model is refused with words") {
  const FileFolder folder;
  CHECK(has(said_of_file(folder.path("none.gguf")), "no such file"));
  ModelFiles files(built_in());
  const auto named = files.open(folder.path("Qwen3.5-27B-Q4_K_M.gguf"));
  REQUIRE_FALSE(named);
  CHECK(named.error().did_you_mean == std::vector<std::string>{"qwen3.5-27b"});
  std::filesystem::create_directory(folder.path("other"));
  whole_small_gguf().write(folder.path("other/tune-Q4_K_M.gguf"));
  const auto slip = files.open(folder.path("other/tune-Q4KM.gguf"));
  REQUIRE_FALSE(slip);
  CHECK(slip.error().did_you_mean == std::vector<std::string>{folder.path("other/tune-Q4_K_M.gguf")});
  std::filesystem::create_directory(folder.path("folder.gguf"));
  CHECK(has(said_of_file(folder.path("folder.gguf")), "is a folder"));
  CHECK(has(said_of_file("/dev/null/x.gguf"), "no such file"));
  CHECK(has(said_of_file(folder.write("empty.gguf", "")), "is empty"));
  CHECK(has(said_of_file(folder.path(std::string(5000, 'x') + ".gguf")), "cannot be looked at"));
}

TEST_CASE("a folder and what lies in it are answered as files") {
  const FileFolder folder;
  ModelFiles files(built_in());
  const auto refused = [&](const std::string& path) {
    const auto file = files.open(path);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == ErrorCode::bad_file);
    return file.error();
  };
  std::filesystem::create_directory(folder.path("ggufs"));
  whole_small_gguf().write(folder.path("ggufs/a.gguf"));
  const Error no_config = refused(folder.path("ggufs"));
  CHECK(has(no_config.message, "is a folder without a config.json"));
  CHECK(no_config.did_you_mean == std::vector<std::string>{folder.path("ggufs/a.gguf")});
  whole_small_gguf().write(folder.path("ggufs/Some-Other-Name-Q4_K_M.gguf"));
  whole_small_gguf().write(folder.path("ggufs/mmproj-F16.gguf"));
  CHECK(refused(folder.path("ggufs")).did_you_mean ==
        std::vector<std::string>{folder.path("ggufs/Some-Other-Name-Q4_K_M.gguf"),
                                 folder.path("ggufs/a.gguf")});
  CHECK(has(refused(folder.path("ggufs/b.safetensors")).message, "no such file"));
  CHECK(has(refused(folder.write("c.safetensors", "x")).message, "is a safetensors file"));
  CHECK(has(refused(folder.path("nowhere/b")).message, "no such file or folder"));
  CHECK(has(refused(folder.write("blob", "GGUF")).message, "ln -s FILE model.gguf"));
  CHECK(ModelFiles::is_path(folder.path("ggufs")));
  CHECK(ModelFiles::is_path("./x"));
  CHECK_FALSE(ModelFiles::is_path("27b"));
}

TEST_CASE("a link that leads to no file is told so, and no name is offered for it") {
  const FileFolder folder;
  whole_small_gguf().write(folder.path("m.gguf"));
  std::filesystem::create_symlink("nowhere", folder.path("d.gguf"));
  std::filesystem::create_symlink("loop.gguf", folder.path("loop.gguf"));
  std::filesystem::create_symlink("nowhere", folder.path("bare"));
  ModelFiles files(built_in());
  for (const char* name : {"d.gguf", "loop.gguf", "bare"}) {
    const auto file = files.open(folder.path(name));
    REQUIRE_FALSE(file);
    INFO(file.error().message);
    CHECK(has(file.error().message, "is a link that leads to no file"));
    CHECK(file.error().did_you_mean.empty());
  }
  // Nor is such a link offered for a slip.
  const auto slip = files.open(folder.path("dd.gguf"));
  REQUIRE_FALSE(slip);
  CHECK(slip.error().did_you_mean == std::vector<std::string>{folder.path("m.gguf")});
}

TEST_CASE("what may not be looked at is not called absent") {
  const FileFolder folder;
  // Too long a name stands for a closed folder, which is open to root.
  const std::string closed = said_of_file(folder.path(std::string(300, 'x') + "/m"));
  CHECK(has(closed, "cannot be looked at"));
  CHECK_FALSE(has(closed, "does not exist"));
  std::filesystem::create_directory(folder.path("m"));
  std::string deep = folder.path("m");
  constexpr std::size_t kMostPath = 4096;
  while (deep.size() + 4 < kMostPath) deep += "/.";
  CHECK(has(said_of_file(deep), "cannot be looked at"));
  CHECK(has(said_of_file(folder.path("m")), "is a folder without a config.json"));
}

TEST_CASE("only parts that there are get offered") {
  const FileFolder folder;
  ModelFiles files(built_in());
  // No part by its number, so a file with a name of its own.
  for (const char* name : {"x-00003-of-00002.gguf", "x-00000-of-00002.gguf", "x-00001-of-00000.gguf"}) {
    whole_small_gguf().write(folder.path(name));
    opened(files, folder.path(name));
  }
  whole_small_gguf().write(folder.path("y-00002-of-00002.gguf"));
  const auto second = files.open(folder.path("y-00002-of-00002.gguf"));
  REQUIRE_FALSE(second);
  INFO(second.error().message);
  CHECK(has(second.error().message, "y-00001-of-00002.gguf\" does not exist"));
  CHECK(has(second.error().message,
            "y-00002-of-00002.gguf\" is part 2 of 2, and the metadata are in the first"));
  CHECK(second.error().did_you_mean.empty());
}

TEST_CASE("a file is read once and has an id of its own") {
  const FileFolder folder;
  std::filesystem::create_directory(folder.path("a"));
  std::filesystem::create_directory(folder.path("b"));
  const std::string first = folder.path("a/My Model (1).GGUF");
  const std::string second = folder.path("b/My Model (1).GGUF");
  whole_small_gguf().write(first);
  whole_small_gguf("qwen2").write(second);
  ModelFiles files(built_in());
  const ModelFile& one = opened(files, first);
  const ModelFile& two = opened(files, second);
  CHECK(one.id == "my-model--1-.gguf");
  CHECK(two.id == "my-model--1--2.gguf");
  CHECK(&opened(files, folder.path("a/../a/My Model (1).GGUF")) == &one);
  CHECK(&opened(files, one.id) == &one);
  CHECK(&opened(files, two.id) == &two);
  CHECK(files.of(one.row) == &one);
  // Caches keep files under other names and link to them.
  const std::string blob = folder.path("0123abcd");
  whole_small_gguf().write(blob);
  std::filesystem::create_symlink(blob, folder.path("linked.gguf"));
  CHECK(opened(files, folder.path("linked.gguf")).id == "linked.gguf");
  CHECK(files.of(model_row("27b")) == nullptr);
}

namespace {

constexpr std::string_view kDense35 =
    R"({"architectures":["Qwen3_5ForConditionalGeneration"],"model_type":"qwen3_5",
"text_config":{"model_type":"qwen3_5_text","hidden_size":5120,"num_hidden_layers":64,"intermediate_size":17408,
"num_attention_heads":24,"num_key_value_heads":4,"head_dim":256,"vocab_size":248320,"max_position_embeddings":262144,
"attn_output_gate":true,"full_attention_interval":4,"linear_conv_kernel_dim":4,"linear_key_head_dim":128,
"linear_value_head_dim":128,"linear_num_key_heads":16,"linear_num_value_heads":48,"mtp_num_hidden_layers":1},
"tie_word_embeddings":false,"vision_config":{"depth":27,"hidden_size":1152,"intermediate_size":4304,"num_heads":16,
"patch_size":16,"spatial_merge_size":2,"num_position_embeddings":2304,"out_hidden_size":5120}})";

constexpr std::string_view kMoe3 = R"({"model_type":"qwen3_moe","hidden_size":2048,"num_hidden_layers":48,
"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"vocab_size":151936,"max_position_embeddings":40960,
"num_experts":128,"num_experts_per_tok":8,"moe_intermediate_size":768,"decoder_sparse_step":1,"mlp_only_layers":[],
"tie_word_embeddings":false})";

std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  REQUIRE(at != std::string::npos);
  return out.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a config.json has the architecture of the model it is of") {
  const auto dense = parse_hf_config("config.json", std::string(kDense35));
  INFO((dense ? "" : dense.error().message));
  REQUIRE(dense);
  CHECK(dense->architecture == model_row("27b").architecture);
  CHECK(dense->max_context == 262144);
  CHECK(dense->vision->positions == 2304);
  const auto moe = parse_hf_config("config.json", std::string(kMoe3));
  REQUIRE(moe);
  CHECK(moe->architecture == model_row("qwen3-30b-a3b").architecture);
  CHECK_FALSE(moe->vision);
}

TEST_CASE("a fine-tune's config.json is answered like the model it is of, at computed sizes") {
  const FileFolder folder;
  std::filesystem::create_directory(folder.path("my-tune"));
  const std::string path = folder.write("my-tune/config.json", std::string(kDense35));
  Query query = query_for("rtx3090", path, "q4_k_m");
  const auto own = resolve(query, built_in());
  INFO((own ? "" : own.error().message));
  REQUIRE(own);
  const Build& build = own->models.front().builds.front();
  const Bytes computed =
      computed_weights(model_row("27b").architecture, Mixture::q4_k_m, true, kUnpadded).tensor_bytes;
  CHECK(build.weights->tensor_bytes == computed);
  CHECK(build.basis == TensorBasis::computed);
  CHECK(own->models.front().model.name == "my-tune");
  CHECK(own->models.front().model.id == "my-tune-config.json");
  // So it is by the name of a file.
  for (const char* name : {"dir.gguf", "dir.json", "dir.safetensors"}) {
    std::filesystem::create_directory(folder.path(name));
    folder.write(std::string(name) + "/config.json", std::string(kDense35));
    query.model = {folder.path(name)};
    const auto named = resolve(query, built_in());
    INFO(name);
    REQUIRE(named);
    CHECK(named->models.front().model.folder == folder.path(name));
  }
  // The folder that holds it is the model.
  query.model = {folder.path("my-tune")};
  const auto by_folder = resolve(query, built_in());
  REQUIRE(by_folder);
  CHECK(by_folder->models.front().model.id == "my-tune-config.json");
  CHECK(by_folder->models.front().model.folder == folder.path("my-tune"));
  query.quant.clear();
  const auto all = resolve(query, built_in());
  REQUIRE(all);
  CHECK(all->models.front().builds.size() > 3);
}

TEST_CASE("layers up to the limit are worked out, those of the MTP block among them") {
  const auto config = [](int layers) {
    return parse_hf_config("config.json", changed(kDense35, "\"num_hidden_layers\":64",
                                                  "\"num_hidden_layers\":" + std::to_string(layers)));
  };
  REQUIRE(config(508));
  CHECK(config(508)->architecture.layers == 508);
  REQUIRE_FALSE(config(512));
  CHECK(has(config(512).error().message, "states 513 layers, and none of more than 512"));
  const FileFolder folder;
  const auto said = [&](std::uint32_t layers) {
    ModelRow tall = model_row("9b");
    tall.architecture.layers = layers;
    GgufWriter out;
    put_metadata(out, tall, true, 3);
    put_tensors(out, tall, Mixture::q4_k_m, true, 0, ConvertedTensors(tall.architecture, true).take().size());
    out.write(folder.path("tall.gguf"));
    ModelFiles files(built_in());
    const auto file = files.open(folder.path("tall.gguf"));
    return file ? std::string() : file.error().message;
  };
  CHECK(said(508).empty());
  CHECK(has(said(512), "has 513 layers, and none of more than 512"));
}

TEST_CASE("a config.json that cannot be told is refused at the place") {
  const auto said = [](const std::string& text) {
    const auto config = parse_hf_config("config.json", text);
    REQUIRE_FALSE(config);
    CHECK(config.error().code == ErrorCode::bad_file);
    return config.error().message;
  };
  CHECK(has(said("{"), "config.json"));
  CHECK(has(said("[]"), "which is an object"));
  CHECK(has(said("{}"), "no \"model_type\""));
  CHECK(has(said(changed(kMoe3, "qwen3_moe", "gemma3")), "qwen3_5_moe_text; a GGUF file"));
  CHECK(has(said(changed(kMoe3, "\"hidden_size\":2048,", "")),
            "/hidden_size: expected a whole number, and it is missing"));
  CHECK(has(said(changed(kMoe3, "2048", "-1")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "\"wide\"")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "2048.5")), "/hidden_size"));
  CHECK(has(said(changed(kMoe3, "2048", "4000000000")), "states 4000000000"));
  CHECK(has(said(changed(kMoe3, "\"num_hidden_layers\":48", "\"num_hidden_layers\":513")),
            "states 513 layers, and none of more than 512 is worked out, which is as many as llama.cpp "
            "loads; ask about"));
  CHECK(has(said(changed(kMoe3, "\"num_key_value_heads\":4", "\"num_key_value_heads\":0")), "0 KV heads"));
  CHECK(has(said(changed(kMoe3, "\"num_key_value_heads\":4", "\"num_key_value_heads\":5")),
            "cannot share 5 KV heads; compare it with the config.json of the model"));
  CHECK(has(said(changed(kMoe3, "\"mlp_only_layers\":[]", "\"mlp_only_layers\":[0]")),
            "some layers have no experts"));
  CHECK(has(said(changed(kMoe3, "\"tie_word_embeddings\":false", "\"x\":1")), "/tie_word_embeddings"));
  CHECK(has(said(changed(kDense35, "\"full_attention_interval\":4", "\"full_attention_interval\":0")),
            "1 to 64"));
  CHECK(has(said(changed(kDense35, "\"full_attention_interval\":4", "\"layer_types\":[\"full_attention\"]")),
            "a list of 64 layers"));
  CHECK(has(said(changed(kDense35, "\"linear_value_head_dim\":128", "\"linear_value_head_dim\":64")),
            "keys and values of different widths"));
  CHECK(has(said(changed(kDense35, "\"depth\":27", "\"depth\":0")), "/vision_config/depth"));
}
