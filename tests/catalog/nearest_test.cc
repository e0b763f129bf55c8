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
  CHECK(nearest_names("", names).size() == 3);
}

TEST_CASE("nearest names bear any input") {
  const std::vector<std::string_view> names = {"rtx4090", "rtx3090", "rtx3080"};
  for (const std::string& typed : {std::string(), std::string(1000000, 'r'),
                                   std::string("\xff\xfe\x00\x1b", 4), std::string(300, '-')}) {
    const auto found = nearest_names(typed, names);
    CHECK(found.size() == 3);
    CHECK(found == nearest_names(typed, names));
  }
}
