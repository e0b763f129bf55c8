#include <algorithm>

#include "catch.h"
#include "overlay_files.h"
#include "qwenfit/catalog.h"

using namespace qwenfit;

namespace {

const std::string kDevice =
    R"({"id":"my-card","name":"My Card 20GB","class":"gpu","vendor":"NVIDIA","unified":false,"capacity_bytes":21474836480,)"
    R"("bandwidth_bytes_per_s":900000000000,"default_backend":"cuda","aliases":["my fine card"],"source":["own test"],"date":"2026-11"})";
const std::string kBuild =
    R"({"model":"qwen3.5-27b","quant":"q4_k_m","publisher":"unsloth","repo":"me/mine","file":"a.gguf","bytes":17000000000,)"
    R"("shown_gb":null,"has_mtp_block":false,"bundles_vision":false,"source":["own"],"date":"2026-11-02"})";

Catalog good(const std::vector<std::string>& paths) {
  auto catalog = Catalog::with_overlays(paths);
  if (!catalog) FAIL(catalog.error().message);
  return std::move(*catalog);
}

}  // namespace

TEST_CASE("an overlay adds rows and says where they come from") {
  const OverlayFolder folder;
  const std::string file = folder.write("a.json", overlay("devices", kDevice));
  const Catalog catalog = good({file});
  const auto found = catalog.gpu("My Fine Card");
  REQUIRE(found);
  CHECK((*found)->id == "my-card");
  CHECK((*found)->origin == file);
  CHECK((*found)->source == "own test");
  CHECK(catalog.rows().devices.size() == Catalog::builtin().rows().devices.size() + 1);
  CHECK(catalog.device_by_id("rtx3090")->origin.empty());
  CHECK(catalog.gpu("rtx 3090"));
  CHECK(catalog.overlays() == std::vector<std::string>{file});
  CHECK(check_overlay(file).empty());
}

TEST_CASE("an overlay replaces the row with the same key and no other") {
  const OverlayFolder folder;
  const std::string file = folder.write("a.json", overlay("builds", kBuild));
  const Catalog catalog = good({file});
  const auto before = Catalog::builtin().builds_of("qwen3.5-27b", "q4_k_m");
  const auto after = catalog.builds_of("qwen3.5-27b", "q4_k_m");
  REQUIRE(after.size() == before.size());
  CHECK(std::count_if(after.begin(), after.end(),
                      [&](const BuildRow* build) { return build->origin == file; }) == 1);
  for (const BuildRow* build : after) {
    if (build->publisher == "unsloth") CHECK(build->bytes == 17000000000U);
  }
}

TEST_CASE("of two overlays the later wins, and a folder is read in name order") {
  const OverlayFolder folder;
  std::string second = kDevice;
  second.replace(second.find("My Card 20GB"), 12, "My Card Two!");
  folder.write("a.json", overlay("devices", kDevice));
  folder.write("b.json", overlay("devices", second));
  folder.write("notes.txt", "not a catalog");
  const Catalog catalog = good({folder.path()});
  CHECK(catalog.device_by_id("my-card")->name == "My Card Two!");
  CHECK(catalog.overlays().size() == 2);
}

TEST_CASE("an overlay may refer to rows of another overlay and to compiled-in ones") {
  const OverlayFolder folder;
  folder.write(
      "a.json",
      overlay(
          "ambiguous",
          R"({"name":"cards of mine","choices":["my-card","rtx3090"],"source":["own"],"date":"2026-11"})"));
  folder.write("b.json", overlay("devices", kDevice));
  const Catalog catalog = good({folder.path()});
  const auto found = catalog.gpu("cards of mine");
  REQUIRE_FALSE(found);
  CHECK(found.error().did_you_mean == std::vector<std::string>{"my-card", "rtx3090"});
}

TEST_CASE("a row without aliases keeps those of the row it replaces") {
  const OverlayFolder folder;
  std::string row = kDevice;
  row.replace(row.find("my-card"), 7, "rtx3090");
  const std::string aliases = R"("aliases":["my fine card"],)";
  std::string silent = row;
  silent.erase(silent.find(aliases), aliases.size());
  const Catalog kept = good({folder.write("a.json", overlay("devices", silent))});
  REQUIRE(kept.gpu("3090 24gb"));
  CHECK((*kept.gpu("3090"))->id == "rtx3090");
  CHECK((*kept.gpu("3090"))->capacity == 20 * kGiB);
  CHECK(kept.device_by_id("rtx3090")->aliases.size() ==
        Catalog::builtin().device_by_id("rtx3090")->aliases.size());
  // Aliases that are written replace them, an empty list too.
  std::string none = row;
  none.replace(none.find(aliases), aliases.size(), R"("aliases":[],)");
  CHECK(good({folder.write("b.json", overlay("devices", none))}).device_by_id("rtx3090")->aliases.empty());
  const Catalog own = good({folder.write("c.json", overlay("devices", row))});
  CHECK(own.device_by_id("rtx3090")->aliases.size() == 1);
}

TEST_CASE("an overlay may define what never existed") {
  const OverlayFolder folder;
  std::string row = kDevice;
  row.replace(row.find("my-card"), 7, "rtx4070-24gb");
  const Catalog catalog = good({folder.write("a.json", overlay("devices", row))});
  const auto found = catalog.gpu("RTX 4070 24 GB");
  REQUIRE(found);
  CHECK((*found)->id == "rtx4070-24gb");
}

TEST_CASE("a catalog with overlays can be moved") {
  const OverlayFolder folder;
  Catalog first = good({folder.write("a.json", overlay("devices", kDevice))});
  const Catalog second = std::move(first);
  REQUIRE(second.gpu("my-card"));
  CHECK((*second.gpu("my-card"))->name == "My Card 20GB");
}

TEST_CASE("no overlays at all give the compiled-in catalog") {
  const OverlayFolder folder;
  CHECK(good({}).rows().devices.size() == Catalog::builtin().rows().devices.size());
  CHECK(good({folder.path()}).overlays().empty());
}

TEST_CASE("hidden names and what is no file are left out of a folder") {
  const OverlayFolder folder;
  folder.write("a.json", overlay("devices", kDevice));
  folder.write(".b.json", "{");
  folder.write("._a.json", "{");
  std::filesystem::create_symlink("me@host.1:2", folder.path(".#a.json"));
  std::filesystem::create_directory(folder.path("d.json"));
  std::filesystem::create_symlink(folder.path("d.json"), folder.path("e.json"));
  CHECK(good({folder.path()}).overlays() == std::vector<std::string>{folder.path("a.json")});
  std::filesystem::create_symlink("nowhere", folder.path("lost.json"));
  const auto lost = Catalog::with_overlays({folder.path()});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().message.find("lost.json: this link leads to no file") != std::string::npos);
}
