// Headers of GGUF files: what is read of good ones, and what is said of bad ones.

#include "model/gguf.h"

#include <functional>

#include "catch.h"
#include "model/gguf_said.h"
#include "support/gguf_models.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

struct BadFile {
  const char* what;
  std::function<void(GgufWriter&)> put;  ///< into a file with metadata and no tensors yet
  const char* message;
};

void raw_list(GgufWriter& w, std::uint32_t type, std::uint64_t count, const std::string& items = "") {
  w.put("x", GgufTag::list, GgufWriter::raw(type) + GgufWriter::raw(count) + items);
}

const BadFile kBadFiles[] = {
    // The frame
    {"version 1", [](auto& w) { w.version = 1; }, "of GGUF version 1"},
    {"version of the future", [](auto& w) { w.version = 4; }, "versions 2 and 3 are known"},
    {"version 0", [](auto& w) { w.version = 0; }, "of GGUF version 0"},
    {"big-endian", [](auto& w) { w.version = 0x03000000; }, "is a big-endian GGUF file"},
    {"other magic", [](auto& w) { w.magic = "GGUX"; }, "does not begin with \"GGUF\""},
    {"an older format", [](auto& w) { w.magic = "tjgg"; }, "of a format before GGUF"},
    {"2^60 tensors", [](auto& w) { w.extra_tensors = std::uint64_t{1} << 60; }, "tensors, and no real file"},
    {"2^60 keys", [](auto& w) { w.extra_keys = std::uint64_t{1} << 60; },
     "keys of metadata, and no real file"},
    {"more tensors than there are", [](auto& w) { w.extra_tensors = 5; }, "no name for tensor 12"},
    // Metadata
    {"a key of 2^62 bytes", [](auto& w) { w.put_raw(GgufWriter::raw(std::uint64_t{1} << 62)); },
     "claims a text of 4611686018427387904 bytes in key 8"},
    {"a long key", [](auto& w) { w.put(std::string(2000, 'k'), std::uint32_t{1}); },
     "more than 1024 bytes in key 8"},
    {"a key without a name", [](auto& w) { w.put("", std::uint32_t{1}); }, "no name for key 8"},
    {"a key twice", [](auto& w) { w.put("general.architecture", "llama"); },
     "\"general.architecture\" twice"},
    {"a value of no type", [](auto& w) { w.put("x", 13, ""); }, "a value of type 13"},
    {"a value of type 2^32-1", [](auto& w) { w.put("x", 0xFFFFFFFF, ""); }, "a value of type 4294967295"},
    {"a text of 2^63 bytes",
     [](auto& w) { w.put("x", GgufTag::text, GgufWriter::raw(std::uint64_t{1} << 63)); },
     "claims a text of 9223372036854775808 bytes"},
    {"a list of lists", [](auto& w) { raw_list(w, GgufTag::list, 1); }, "a list of lists"},
    {"a list of no type", [](auto& w) { raw_list(w, 99, 1); }, "a value of type 99"},
    {"a list of 2^61 numbers", [](auto& w) { raw_list(w, GgufTag::u64, std::uint64_t{1} << 61); },
     "2305843009213693952 items in the list \"x\""},
    {"a list of 2^64-1 texts", [](auto& w) { raw_list(w, GgufTag::text, ~std::uint64_t{0}); },
     "items in the list \"x\", more than the file can hold"},
    {"an alignment of 0", [](auto& w) { w.put("general.alignment", std::uint32_t{0}); }, "no power of two"},
    {"an alignment of 48", [](auto& w) { w.put("general.alignment", std::uint32_t{48}); }, "no power of two"},
    {"an alignment in words", [](auto& w) { w.put("general.alignment", "32"); }, "no power of two"},
    {"an alignment of 2^31", [](auto& w) { w.put("general.alignment", std::uint32_t{1} << 31); },
     "no power of two"},
    // Tensors
    {"a tensor twice", [](auto& w) { w.tensor("output_norm.weight", {256}, TensorType::f32); },
     "the tensor \"output_norm.weight\" twice"},
    {"a tensor of 0 dimensions", [](auto& w) { w.tensor_at("x", {}, 0, 0); }, "of 0 dimensions"},
    {"a tensor of 5 dimensions",
     [](auto& w) {
       w.tensor_at("x", {1, 1, 1, 1, 1}, 0, 0);
     },
     "of 5 dimensions"},
    {"a tensor without elements",
     [](auto& w) {
       w.tensor_at("x", {256, 0}, 0, 0);
     },
     "without elements"},
    {"a tensor without a name", [](auto& w) { w.tensor_at("", {256}, 0, 0); }, "no name for tensor 1"},
    {"a long tensor name", [](auto& w) { w.tensor_at(std::string(64, 't'), {256}, 0, 0); },
     "more than 63 bytes"},
    {"a removed type", [](auto& w) { w.tensor_at("x", {256}, 4, 0); }, "of type 4, which is not known"},
    {"a type of the future", [](auto& w) { w.tensor_at("x", {256}, 4000, 0); },
     "of type 4000, which is not known"},
    {"rows of half a block", [](auto& w) { w.tensor_at("x", {128}, 12, 0); }, "q4_k stores 256 together"},
    {"a tensor of 2^126 elements",
     [](auto& w) {
       w.tensor_at("x", {std::uint64_t{1} << 63, std::uint64_t{1} << 63}, 0, 0);
     },
     "is cut short"},
    {"a product that wraps to 0",
     [](auto& w) {
       w.tensor_at("x", {std::uint64_t{1} << 32, std::uint64_t{1} << 32, 1, 1}, 0, 0);
     },
     "is cut short"},
    {"tensors that overlap",
     [](auto& w) {
       w.tensor("x", {256}, TensorType::f32);
       w.tensor_at("y", {256}, 0, 512);
     },
     "where another one still is"},
    {"the same place twice",
     [](auto& w) {
       w.tensor("x", {256}, TensorType::f32);
       w.tensor_at("y", {256}, 0, 0);
     },
     "where another one still is"},
    {"a gap", [](auto& w) { w.tensor_at("x", {256}, 0, 4096); }, "where byte 0 is next"},
    {"an offset of 2^64-32", [](auto& w) { w.tensor_at("x", {256}, 0, ~std::uint64_t{31}); },
     "where byte 0 is next"},
};

}  // namespace

TEST_CASE("a header says what is in the file") {
  for (const std::uint32_t version : {2U, 3U}) {
    GgufWriter w = whole_small_gguf("qwen2");
    w.version = version;
    MemorySource source = w.source();
    const auto header = read_gguf(source, "x.gguf");
    REQUIRE(header);
    CHECK(header->version == version);
    CHECK(header->alignment == 32);
    CHECK(header->tensors.size() == 11);
    CHECK(header->header_bytes == pad_to(w.header().size(), 32));
    CHECK(header->tensors[3].name == "blk.0.attn_q.weight");
    CHECK(header->tensors[3].type == TensorType::q4_k);
    CHECK(header->tensors[3].bytes == 256 * 144);
    const auto model = gguf_model({*header}, "x.gguf");
    REQUIRE(model);
    CHECK(model->architecture == "qwen2");
    CHECK(model->shape.head_dim == 64);
    CHECK(model->shape.tied_embeddings);
    CHECK(model->shape.vocab == 1000);
    CHECK(model->max_context == 4096);
    CHECK(model->tensors.size() == 11);
    CHECK_FALSE(model->same_graph);
  }
}

TEST_CASE("a header is read in small pieces, and lists are passed over") {
  GgufWriter w = small_gguf();
  w.put_words("tokenizer.ggml.tokens", 50'000);
  w.put("tokenizer.ggml.scores", GgufTag::list,
        GgufWriter::raw(GgufTag::f32) + GgufWriter::raw(std::uint64_t{1'000'000}) +
            std::string(4'000'000, '\0'));
  w.put("tokenizer.chat_template", std::string(100'000, 'x'));
  put_small_tensors(w);
  MemorySource source = w.source();
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE(header);
  CHECK(source.largest() <= 64 * 1024);
  CHECK(source.reads() < 60);  // the million numbers are not among them
  CHECK(header->find("tokenizer.ggml.tokens")->count == 50'000);
  CHECK(header->find("tokenizer.ggml.scores")->numbers.empty());
  CHECK(header->find("tokenizer.chat_template")->text.size() == kKeptTextBytes);
}

TEST_CASE("another alignment moves the data") {
  GgufWriter w;
  w.alignment = 4096;
  w.put("general.alignment", std::uint32_t{4096});
  w.tensor("a", {256}, TensorType::f32);
  w.tensor("b", {256}, TensorType::f32);
  MemorySource source = w.source();
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE(header);
  CHECK(header->header_bytes == 4096);
}

TEST_CASE("a header alone, not padded, is no larger than its file") {
  GgufWriter w;
  w.put("general.architecture", "qwen2");
  const std::string bytes = w.header();
  REQUIRE(bytes.size() % w.alignment != 0);
  MemorySource source(bytes);
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE(header);
  CHECK(header->header_bytes == bytes.size());
  CHECK(header->file_bytes == bytes.size());
}

TEST_CASE("every bad header gets its own answer") {
  for (const BadFile& bad : kBadFiles) {
    INFO(bad.what);
    GgufWriter w = small_gguf();
    bad.put(w);
    put_small_tensors(w);
    const std::string said = said_of(w);
    INFO(said);
    CHECK(has(said, bad.message));
    CHECK(has(said, "x.gguf"));
    const bool told = has(said, "download") || has(said, "take a newer qwenfit") || has(said, "config.json");
    CHECK(told);
  }
}

TEST_CASE("a file that ends too early is told so wherever it ends") {
  const GgufWriter w = whole_small_gguf();
  const std::string header = w.header();
  CHECK(said_of(w).empty());
  for (std::size_t size = 0; size < header.size(); ++size) {
    INFO(size);
    const std::string said = said_of_text(header.substr(0, size));
    const bool told = has(said, "download") || has(said, "not complete");
    CHECK(told);
    CHECK_FALSE(said.empty());
  }
  const std::string said = said_of(MemorySource(header, w.file_bytes() - 33));
  CHECK(has(said, "is cut short: the tensor \"blk.0.ffn_down.weight\" ends at byte"));
}

TEST_CASE("what only looks like a model is named") {
  CHECK(has(said_of_text(""), "is empty"));
  CHECK(has(said_of_text("version https://git-lfs.github.com/spec/v1\noid sha256:..."), "git lfs pull"));
  CHECK(has(said_of_text("<!DOCTYPE html><html>"), "a web page"));
  CHECK(has(said_of_text(std::string("\x40\0\0\0\0\0\0\0{\"__metadata__\":{}", 25)), "a safetensors file"));
  CHECK(has(said_of_text("PK\x03\x04 archive of something"), "a zip or PyTorch archive"));
  CHECK(has(said_of_text("FUGG\0\0\0\3"), "big-endian"));
  CHECK(has(said_of_text("hello, world, this is a text"), "no GGUF file"));
}

TEST_CASE("a hole of a terabyte costs no time") {
  GgufWriter w;
  w.extra_keys = kMostMetadata;
  MemorySource source(w.header(), Bytes{1} << 40);
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE_FALSE(header);
  CHECK(has(header.error().message, "no name for key 1"));
  const auto said_of_key = [](std::uint32_t type, const std::string& value) {
    GgufWriter list;
    list.put("x", type, value);
    MemorySource hole(list.header(), Bytes{1} << 40);
    const auto refused = read_gguf(hole, "x.gguf");
    CHECK(hole.reads() < 3);
    return refused ? "" : refused.error().message;
  };
  const auto many = GgufWriter::raw(std::uint64_t{1} << 36);
  CHECK(has(said_of_key(GgufTag::list, GgufWriter::raw(GgufTag::text) + many), "texts in the list \"x\""));
  CHECK(
      has(said_of_key(GgufTag::list, GgufWriter::raw(GgufTag::u8) + many), "a header of more than 128 MiB"));
  CHECK(has(said_of_key(GgufTag::text, many), "a header of more than 128 MiB"));
}

TEST_CASE("a file that can no longer be read is told so") {
  struct Vanished : MemorySource {
    using MemorySource::MemorySource;
    bool read(Bytes, std::span<char>) override { return false; }
  };
  Vanished source(whole_small_gguf().header());
  const auto header = read_gguf(source, "x.gguf");
  REQUIRE_FALSE(header);
  CHECK(has(header.error().message, "cannot be read at byte 0: the disk or the share"));
}
