// Where models from files lie: in parts, in folders, behind links, or not there.

#include "query/model_files.h"

#include <algorithm>

#include "advise/inspect.h"
#include "advise/sweep.h"
#include "catch.h"
#include "model/weight_table.h"
#include "query/gguf_parts.h"
#include "query/opened_file.h"
#include "query/support.h"
#include "support/file_folder.h"
#include "support/gguf_models.h"
#include "support/models.h"
#include "support/text.h"

using namespace qwenfit;

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
