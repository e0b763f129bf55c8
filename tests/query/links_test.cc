#include <string>
#include <vector>

#include "catch.h"
#include "query/machine.h"

using namespace qwenfit;

namespace {

Result<Machine> linked_machine(std::vector<std::string> gpus) {
  Query query;
  query.gpu = std::move(gpus);
  return resolve_machine(query, Catalog::builtin());
}

double bytes_per_s(const std::string& id) {
  for (const LinkRow& row : Catalog::builtin().rows().links) {
    if (row.id == id) return static_cast<double>(row.bytes_per_s);
  }
  return 0;
}

}  // namespace

TEST_CASE("a card is linked to the host by its own slot unless told otherwise") {
  CHECK(linked_machine({"rtx3090"})->devices[0].host_link_bytes_per_s == bytes_per_s("pcie-4-x16"));
  CHECK(linked_machine({"rtx4060ti-16gb"})->devices[0].host_link_bytes_per_s == bytes_per_s("pcie-4-x8"));
  for (const auto& [typed, link] :
       std::vector<std::pair<std::string, std::string>>{{"rtx3060-12gb:pcie=3x4", "pcie-3-x4"},
                                                        {"rtx3060-12gb:pcie=3.0 x4", "pcie-3-x4"},
                                                        {"rtx3060-12gb:PCIE=4X1", "pcie-4-x1"},
                                                        {"rtx3060-12gb:pcie=x8", "pcie-4-x8"},
                                                        {"rtx3060-12gb:pcie=pcie-3-x8", "pcie-3-x8"},
                                                        {"rtx3060-12gb:pcie=thunderbolt-4", "thunderbolt-4"},
                                                        {"custom:memory=24GiB,pcie=5x16", "pcie-5-x16"}}) {
    INFO(typed);
    const auto m = linked_machine({typed});
    REQUIRE(m);
    CHECK(m->devices[0].host_link_bytes_per_s == bytes_per_s(link));
  }
}

TEST_CASE("a slot that is wider or newer than the card works as the card does") {
  CHECK(linked_machine({"rtx3090:pcie=5x16"})->devices[0].host_link_bytes_per_s == bytes_per_s("pcie-4-x16"));
  CHECK(linked_machine({"rtx4060ti-16gb:pcie=3x16"})->devices[0].host_link_bytes_per_s ==
        bytes_per_s("pcie-3-x8"));
}

TEST_CASE("the machine's name tells links only when they are given") {
  CHECK(linked_machine({"2xrtx3090"})->name == "2x NVIDIA GeForce RTX 3090");
  CHECK(linked_machine({"2xrtx3090:nvlink"})->name == "2x NVIDIA GeForce RTX 3090 (NVLink)");
  CHECK(linked_machine({"rtx3090", "rtx3090:pcie=3x4"})->name ==
        "NVIDIA GeForce RTX 3090 + NVIDIA GeForce RTX 3090 (PCIe 3.0 x4)");
  CHECK(linked_machine({"2xrtx3090:pcie=4x8,nvlink=off"})->name ==
        "2x NVIDIA GeForce RTX 3090 (PCIe 4.0 x8, no NVLink)");
}

TEST_CASE("NVLink joins cards that have it") {
  const double bridge = bytes_per_s("nvlink-3-bridge");
  const auto peers = [](std::vector<std::string> gpus) {
    const auto m = linked_machine(std::move(gpus));
    REQUIRE(m);
    for (const Device& d : m->devices) CHECK(d.peer_link_bytes_per_s == m->devices[0].peer_link_bytes_per_s);
    return m->devices[0].peer_link_bytes_per_s;
  };
  CHECK(peers({"2xrtx3090:nvlink"}) == bridge);
  CHECK(peers({"rtx3090:nvlink", "rtx3090:nvlink=on"}) == bridge);
  // A bridge is bought apart; boards of servers have theirs built in.
  CHECK_FALSE(peers({"2xrtx3090"}));
  CHECK(peers({"8xh100-sxm-80gb"}) == bytes_per_s("nvlink-4"));
  CHECK(peers({"3xa100-sxm4-80gb"}) == bytes_per_s("nvlink-3"));
  CHECK_FALSE(peers({"2xh100-sxm-80gb:nvlink=off"}));
  CHECK_FALSE(peers({"h100-sxm-80gb"}));
  CHECK_FALSE(peers({"2xa100-pcie-80gb"}));
  CHECK(peers({"2xa100-pcie-80gb:nvlink"}));
  // Pairs reach other pairs, and other cards, over PCIe.
  CHECK_FALSE(peers({"4xrtx3090:nvlink"}));
  CHECK_FALSE(peers({"2xrtx3090:nvlink", "rtx3060-12gb"}));
}

TEST_CASE("links that cannot be are refused with what to type instead") {
  struct Case {
    std::vector<std::string> gpu;
    ErrorCode code;
    const char* says;
  };
  for (const Case& c :
       {Case{{"2xrtx4090:nvlink"}, ErrorCode::bad_combination, "no NVLink"},
        Case{{"2xrx7900xtx:nvlink=on"}, ErrorCode::bad_combination, "no NVLink"},
        Case{{"rtx3090:nvlink"}, ErrorCode::bad_combination, "2xrtx3090:nvlink"},
        Case{{"3xrtx3090:nvlink"}, ErrorCode::bad_combination, "one over"},
        Case{{"2xrtx3090:nvlink=maybe"}, ErrorCode::unknown_option_value, "on or off"},
        Case{{"2xrtx3090:nvlink="}, ErrorCode::usage, "needs a value"},
        Case{{"2xcustom:memory=24GiB,nvlink"}, ErrorCode::usage, "unknown key"},
        Case{{"rtx3090:pcie"}, ErrorCode::usage, "pcie=3x4"},
        Case{{"rtx3090:pcie="}, ErrorCode::usage, "pcie=3x4"},
        Case{{"rtx3090:pcie=3x4,pcie=4x4"}, ErrorCode::usage, "twice"},
        Case{{"rtx3090:pcie=3x5"}, ErrorCode::usage, "generation and lanes"},
        Case{{"rtx3090:pcie=9x16"}, ErrorCode::usage, "generation and lanes"},
        Case{{"rtx3090:pcie=nvlink-3-bridge"}, ErrorCode::usage, "generation and lanes"},
        Case{{"rtx3090:pcie=99999999999999999999x4"}, ErrorCode::usage, "generation and lanes"},
        Case{{"rtx3090:pcie=x"}, ErrorCode::usage, "generation and lanes"},
        Case{{"rtx3090:pcie=\xff"}, ErrorCode::usage, "generation and lanes"},
        Case{{"custom:memory=24GiB,pcie=x8"}, ErrorCode::usage, "pcie=4x8"},
        Case{{"custom:memory=64GiB,backend=metal,pcie=4x8"}, ErrorCode::bad_combination, "PCIe"},
        Case{{"m4-max-40c-128gb:pcie=3x4"}, ErrorCode::bad_combination, "PCIe"},
        Case{{"m4-max-40c-128gb:nvlink"}, ErrorCode::bad_combination, "no NVLink"}}) {
    INFO(c.gpu.front());
    const auto m = linked_machine(c.gpu);
    REQUIRE_FALSE(m);
    CHECK(m.error().code == c.code);
    CHECK(m.error().message.find(c.says) != std::string::npos);
  }
  CHECK(linked_machine({"rtx3090:pcei=3x4"}).error().did_you_mean == std::vector<std::string>{"pcie"});
  CHECK(linked_machine({"rtx3090:pcie=thunderbolt4"}).error().did_you_mean.front() == "thunderbolt-4");
}

TEST_CASE("every device names a link that there is, and its rate as specified") {
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    INFO(row.id);
    if (row.nvlink_link.empty()) continue;
    const double rate = bytes_per_s(std::string(row.nvlink_link));
    REQUIRE(row.nvlink_bytes_per_s);
    // Copies reach most of one direction, never all of it.
    CHECK(rate < 0.5 * static_cast<double>(*row.nvlink_bytes_per_s));
    CHECK(rate > 0.35 * static_cast<double>(*row.nvlink_bytes_per_s));
  }
}
