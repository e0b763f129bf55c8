#include "catalog/nearest.h"

#include "catch.h"

using namespace qwenfit;

TEST_CASE("edit distance counts single steps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("rtx3091", "rtx3090") == 1);
  CHECK(edit_distance("rxt3090", "rtx3090") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("abcdef", "uvwxyz", 2) > 2);
}

TEST_CASE("nearest names come best first and in a fixed order") {
  const std::vector<std::string_view> names = {"rtx4090", "rtx3090", "rtx3080", "m4-max"};
  CHECK(nearest_names("RTX 3091", names) == std::vector<std::string>{"rtx3090", "rtx4090", "rtx3080"});
  CHECK(nearest_names("rtx 3091", names, 1) == std::vector<std::string>{"rtx3090"});
  CHECK(nearest_names("anything", {}).empty());
  CHECK(nearest_names("rtx3090", names, 0).empty());
  CHECK(nearest_names("", names).empty());
}

TEST_CASE("names that have nothing in common are not offered") {
  const std::vector<std::string_view> commands = {"buy", "plan", "models", "explain", "compare", "claims"};
  CHECK(nearest_names("help", commands).empty());
  CHECK(nearest_names("version", commands).empty());
  CHECK(nearest_names("modles", commands) == std::vector<std::string>{"models"});
  CHECK(nearest_names("html", {"ram", "mtp", "ctx"}).empty());
  const std::vector<std::string_view> models = {"qwen3.5-27b", "qwen3.5-9b"};
  CHECK(nearest_names("gemma-27b", models) == std::vector<std::string>{"qwen3.5-27b"});
  CHECK(nearest_names("mistral", models).empty());
}

TEST_CASE("names that hold what was typed beat those that look like it") {
  const std::vector<std::string_view> models = {"qwen3.5-235b",   "qwen3-8b",    "qwen3.5-0.8b",
                                                "qwen3-30b-a3b",  "qwen3.6-27b", "qwen3-235b-a22b",
                                                "qwen3.6-35b-a3b"};
  CHECK(nearest_names("235b-a22b", models, 1) == std::vector<std::string>{"qwen3-235b-a22b"});
  CHECK(nearest_names("30B A3B", models, 1) == std::vector<std::string>{"qwen3-30b-a3b"});
  CHECK(nearest_names("8b", models, 1) == std::vector<std::string>{"qwen3-8b"});
  CHECK(nearest_names("qwen3.6", models, 2) == std::vector<std::string>{"qwen3.6-27b", "qwen3.6-35b-a3b"});
  CHECK(nearest_names("qwen3.6-27b-instruct", models, 1) == std::vector<std::string>{"qwen3.6-27b"});
  const std::vector<std::string_view> devices = {"rtx4080", "rx7900xt", "rtx4080super", "rx7900xtx",
                                                 "rx580-8gb"};
  CHECK(nearest_names("7900", devices, 2) == std::vector<std::string>{"rx7900xt", "rx7900xtx"});
  CHECK(nearest_names("rtx 4080 s", devices, 2) == std::vector<std::string>{"rtx4080super", "rtx4080"});
  CHECK(nearest_names("msi rtx 4080 oc", devices, 1) == std::vector<std::string>{"rtx4080"});
}

TEST_CASE("how two names relate") {
  const auto relation = [](std::string_view typed, std::string_view known) {
    return nearness(typed, known, 100).relation;
  };
  CHECK(relation("a3b", "qwen3-30b-a3b") == Relation::whole_parts);
  CHECK(relation("3b", "qwen3-30b-a3b") == Relation::far);
  CHECK(relation("8b", "qwen3.5-0.8b") == Relation::far);
  CHECK(relation("7900", "rx7900xt") == Relation::whole_parts);
  CHECK(relation("7900", "w7900") == Relation::slip);
  CHECK(relation("900", "rx7900xt") == Relation::far);
  CHECK(relation("4080s", "4080super") == Relation::begun);
  CHECK(relation("rtx3091", "rtx3090") == Relation::slip);
  CHECK(relation("rtx3090abc", "rtx3090") == Relation::longer);
  CHECK(relation("rtx309012", "rtx3090") == Relation::other);
  CHECK(relation("", "rtx3090") == Relation::far);
  CHECK(relation("gemma-27b", "qwen3.5-27b") == Relation::other);
  CHECK(relation("gemma-7b", "qwen3.5-27b") == Relation::far);
}

TEST_CASE("a short list keeps the nearest and each target once") {
  Shortlist list(2);
  CHECK(list.targets().empty());
  list.offer({Relation::other, 4}, 7);
  list.offer({Relation::other, 4}, 5);
  CHECK(list.limit() == 4);
  list.offer({Relation::slip, 1}, 7);
  CHECK(list.targets() == std::vector<std::size_t>{7, 5});
  list.offer({Relation::whole_parts, 3, true}, 9);
  list.offer({Relation::whole_parts, 3, false}, 10);
  CHECK(list.targets() == std::vector<std::size_t>{10, 9});
  CHECK(list.limit() == 1);
}

TEST_CASE("nearest names bear any input") {
  const std::vector<std::string_view> names = {"rtx4090", "rtx3090", "rtx3080"};
  for (const std::string& typed : {std::string(), std::string(1000000, 'r'),
                                   std::string("\xff\xfe\x00\x1b", 4), std::string(300, '-')}) {
    const auto found = nearest_names(typed, names);
    CHECK(found.empty());
    CHECK(found == nearest_names(typed, names));
  }
}
