#include "query/machine.h"

#include <string>

#include "catch.h"

using namespace qwenfit;

namespace {

Result<Machine> machine(std::vector<std::string> gpus, std::string os = "") {
  Query query;
  query.gpu = std::move(gpus);
  query.os = std::move(os);
  return resolve_machine(query, Catalog::builtin());
}

Error machine_fault(const Query& query) {
  const auto resolved = resolve_machine(query, Catalog::builtin());
  REQUIRE_FALSE(resolved);
  return resolved.error();
}

}  // namespace

TEST_CASE("a discrete GPU takes the total its driver reports") {
  const auto m = machine({"rtx3090"});
  REQUIRE(m);
  REQUIRE(m->devices.size() == 1);
  const Device& d = m->devices.front();
  CHECK(d.id == "rtx3090");
  CHECK(d.kind == DeviceKind::gpu);
  CHECK(d.backend == Backend::cuda);
  CHECK(d.rules == ComputeRules::cuda);
  CHECK(d.capacity == 24 * kGiB);
  CHECK(d.reported == 24122 * kMiB);
  CHECK(d.reported_basis == FactBasis::measured);
  CHECK(d.limit == d.reported);
  CHECK(d.runtime > 0);
  CHECK(d.display > 0);
  CHECK_FALSE(d.display_source.empty());
  CHECK(m->os == Os::linux_os);
  CHECK_FALSE(m->host.capacity);
  CHECK(m->host.os_reserve > 0);
}

TEST_CASE("without a reported total the driver's usual share is taken off") {
  const auto m = machine({"rtx4070"});
  REQUIRE(m);
  const Device& d = m->devices.front();
  CHECK(d.reported < d.capacity);
  CHECK(d.reported > d.capacity - kGiB);
  CHECK(d.reported_basis == FactBasis::estimated);
  const auto windows = machine({"rtx4070"}, "windows");
  REQUIRE(windows);
  CHECK(windows->devices.front().reported > d.reported);
}

TEST_CASE("the desktop draws on the first GPU only, and not on a headless machine") {
  const auto m = machine({"2xrtx3090", "rtx3060-12gb"});
  REQUIRE(m);
  REQUIRE(m->devices.size() == 3);
  CHECK(m->devices[0].display > 0);
  CHECK(m->devices[1].display == 0);
  CHECK(m->devices[2].display == 0);
  CHECK(m->name == "2x NVIDIA GeForce RTX 3090 + " + m->devices[2].name);
  Query query;
  query.gpu = {"rtx3090"};
  query.headless = true;
  CHECK(resolve_machine(query, Catalog::builtin())->devices.front().display == 0);
}

TEST_CASE("names that look like counts") {
  CHECK(machine({"7900xtx"})->devices.size() == 1);
  CHECK(machine({"16xrtx3090"})->devices.size() == 16);
  CHECK(machine({"2 x rtx 3090"})->devices.size() == 2);
  CHECK(machine({"2X7900xtx"})->devices.size() == 2);
  for (const char* text :
       {"0xrtx3090", "17xrtx3090", "1000000xrtx3090", "99999999999999999999xrtx3090", "2x", "x", "2xnone"}) {
    INFO(text);
    CHECK_FALSE(machine({text}));
  }
  CHECK_FALSE(machine({"9xrtx3090", "8xrtx3060-12gb"}));
}

TEST_CASE("custom devices are as described") {
  const auto m = machine({"2xcustom:memory=24GiB,bandwidth=936,backend=cuda,tflops=71,name=Planned card"});
  REQUIRE(m);
  REQUIRE(m->devices.size() == 2);
  const Device& d = m->devices.front();
  CHECK(d.id == "custom");
  CHECK(d.name == "Planned card");
  CHECK(d.reported == 24 * kGiB);
  CHECK(d.limit == 24 * kGiB);
  CHECK(d.limit_basis == FactBasis::given);
  CHECK(d.bandwidth_bytes_per_s == Bytes{936000000000});
  CHECK(d.tflops == 71.0);
  CHECK(d.backend == Backend::cuda);
  CHECK(machine({"custom:memory=24GiB"})->devices.front().backend == Backend::generic);
  CHECK_FALSE(machine({"custom:memory=24GiB"})->devices.front().bandwidth_bytes_per_s);
  for (const char* text :
       {"custom", "custom:", "custom:memory=24", "custom:memory=", "custom:memory", "custom:bandwidth=900",
        "custom:memory=0GiB", "custom:memory=24GiB,memory=8GiB", "custom:memory=24GiB,bandwidth=-1",
        "custom:memory=24GiB,bandwidth=nan", "custom:memory=24GiB,bandwidth=1e9",
        "custom:memory=24GiB,speed=3", "custom:memory=24GiB,backend=cpu", "custom:memory=24GiB,backend=x",
        "custom:memory=24GiB,name=a\x01z", "custom:memory=24GiB,name=\xff", "custom:memory=24GiB,",
        "custom:memory=2PiB", "custom:memory=24GiB,tflops=0"}) {
    INFO(text);
    CHECK_FALSE(machine({text}));
  }
}

TEST_CASE("a planned Mac has Metal's limit and takes no system RAM") {
  const auto m = machine({"custom:memory=128GiB,backend=metal"});
  REQUIRE(m);
  CHECK(m->os == Os::macos);
  CHECK(m->devices.front().kind == DeviceKind::unified);
  CHECK(m->devices.front().limit < 128 * kGiB);
  CHECK(m->devices.front().limit == machine({"m4-max-40c-128gb"})->devices.front().limit);
  CHECK_FALSE(machine({"custom:memory=128GiB,backend=metal", "rtx3090"}));
}

TEST_CASE("cards of different vendors run under the back end both have") {
  const auto m = machine({"rtx3090", "rx7900xtx"});
  REQUIRE(m);
  for (const Device& d : m->devices) CHECK(d.backend == Backend::vulkan);
  CHECK(machine({"rtx3090", "rtx3060-12gb"})->devices.front().backend == Backend::cuda);
}

TEST_CASE("a custom card runs under the back end of the others, and theirs is the one it states") {
  const auto backends = [](const std::vector<std::string>& gpus) {
    const auto m = machine(gpus);
    std::vector<Backend> found;
    for (std::size_t i = 0; m && i < m->devices.size(); ++i) found.push_back(m->devices[i].backend);
    return found;
  };
  using All = std::vector<Backend>;
  const std::string bare = "custom:memory=24GiB,bandwidth=900";
  CHECK(backends({bare, "rtx3090"}) == All(2, Backend::cuda));
  CHECK(backends({"rx7900xtx", bare}) == All(2, Backend::vulkan));
  CHECK(backends({"rtx3090", "rx7900xtx", bare}) == All(3, Backend::vulkan));
  CHECK(backends({"rtx3090", bare + ",backend=vulkan", bare}) == All(3, Backend::vulkan));
  CHECK(backends({bare, bare}) == All(2, Backend::generic));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"rtx3090", bare + ",backend=rocm"},
                                                {bare + ",backend=cuda", bare + ",backend=vulkan"}}) {
    const auto m = machine(wrong);
    REQUIRE_FALSE(m);
    CHECK(m.error().where == "--gpu");
    CHECK(m.error().message.find("backend=") != std::string::npos);
  }
}

TEST_CASE("an unknown key names the nearest") {
  const auto m = machine({"custom:memroy=24GiB"});
  REQUIRE_FALSE(m);
  CHECK(m.error().did_you_mean == std::vector<std::string>{"memory"});
}

TEST_CASE("devices sold with any memory ask for it") {
  const auto bare = machine({"radeon-780m-ddr5-5600"});
  REQUIRE_FALSE(bare);
  CHECK(bare.error().message.find(":memory=") != std::string::npos);
  const auto m = machine({"radeon-780m-ddr5-5600:memory=32GiB"});
  REQUIRE(m);
  CHECK(m->devices.front().kind == DeviceKind::unified);
  CHECK(m->devices.front().capacity == 32 * kGiB);
  CHECK(m->devices.front().limit < 32 * kGiB);
  const auto fixed = machine({"rtx3090:memory=48GiB"});
  REQUIRE_FALSE(fixed);
  CHECK(fixed.error().code == ErrorCode::bad_combination);
}

TEST_CASE("a Mac takes Metal's working set") {
  const auto m = machine({"m4-max-40c-128gb"});
  REQUIRE(m);
  const Device& d = m->devices.front();
  CHECK(m->os == Os::macos);
  CHECK(d.kind == DeviceKind::unified);
  CHECK(d.backend == Backend::metal);
  CHECK(d.capacity == 128 * kGiB);
  CHECK(d.display == 0);
  const auto older = machine({"m4-max-40c-128gb"}, "macos-15");
  REQUIRE(older);
  CHECK(older->devices.front().limit < d.limit);
  Query query;
  query.gpu = {"m4-max-40c-128gb"};
  query.wired_limit_mb = "122880";
  const auto wired = resolve_machine(query, Catalog::builtin());
  REQUIRE(wired);
  CHECK(wired->devices.front().limit == 122880 * kMiB);
  CHECK(wired->devices.front().limit_basis == FactBasis::given);
  query.wired_limit_mb = "131073";
  CHECK(machine_fault(query).code == ErrorCode::bad_combination);
}

TEST_CASE("a size without a row of the newest macOS takes the older one's") {
  const auto m = machine({"m3-max-30c-96gb"});
  REQUIRE(m);
  CHECK(m->devices.front().limit == 77309411328);
  CHECK(m->devices.front().limit_basis == FactBasis::estimated);
}

TEST_CASE("every device of the catalog resolves, and its figures are in order") {
  for (const DeviceRow& row : Catalog::builtin().rows().devices) {
    if (row.device_class == DeviceClass::cpu) continue;
    INFO(row.id);
    const auto m = machine({std::string(row.id) + (row.capacity ? "" : ":memory=32GiB")});
    REQUIRE(m);
    const Device& d = m->devices.front();
    CHECK(d.limit > 0);
    CHECK(d.reported <= d.capacity);
    CHECK(d.limit <= d.capacity);
    CHECK(d.runtime < d.limit);
    CHECK_FALSE(d.reported_source.empty());
    CHECK_FALSE(d.limit_source.empty());
  }
}

TEST_CASE("combinations that cannot be") {
  struct Case {
    std::vector<std::string> gpu;
    const char *ram, *cpu, *os, *backend, *wired;
    ErrorCode code;
    const char* where;
  };
  const Case cases[] = {
      {{"m4-max-40c-128gb"}, "64GB", "", "", "", "", ErrorCode::bad_combination, "--ram"},
      {{"m4-max-40c-128gb"}, "", "ddr5-6000", "", "", "", ErrorCode::bad_combination, "--cpu"},
      {{"m4-max-40c-128gb"}, "", "", "linux", "", "", ErrorCode::bad_combination, "--os"},
      {{"m4-max-40c-128gb"}, "", "", "windows", "", "", ErrorCode::bad_combination, "--os"},
      {{"m4-max-40c-128gb", "rtx3090"}, "", "", "", "", "", ErrorCode::bad_combination, "--gpu"},
      {{"2xm4-max-40c-128gb"}, "", "", "", "", "", ErrorCode::bad_combination, "--gpu"},
      {{"m4-max-40c-128gb"}, "", "", "", "vulkan", "", ErrorCode::bad_combination, "--backend"},
      {{"strix-halo-395-128gb"}, "64GB", "", "", "", "", ErrorCode::bad_combination, "--ram"},
      {{"rtx3090"}, "", "", "macos", "", "", ErrorCode::bad_combination, "--os"},
      {{"custom:memory=8GiB"}, "", "", "macos", "", "", ErrorCode::bad_combination, "--os"},
      {{"rtx3090"}, "", "", "", "metal", "", ErrorCode::bad_combination, "--backend"},
      {{"rtx3090"}, "", "", "", "rocm", "", ErrorCode::bad_combination, "--backend"},
      {{"rx7900xtx"}, "", "", "", "cuda", "", ErrorCode::bad_combination, "--backend"},
      {{"rtx3090"}, "", "", "", "cpu", "", ErrorCode::bad_combination, "--backend"},
      {{"rtx3090"}, "", "", "", "opengl", "", ErrorCode::unknown_option_value, "--backend"},
      {{"rtx3090"}, "", "", "beos", "", "", ErrorCode::unknown_option_value, "--os"},
      {{"rtx3090"}, "", "", "", "", "8192", ErrorCode::bad_combination, "--wired-limit-mb"},
      {{"none"}, "64GB", "", "", "", "8192", ErrorCode::bad_combination, "--wired-limit-mb"},
      {{"none"}, "", "", "", "", "", ErrorCode::usage, "--ram"},
      {{}, "", "ddr5-6000", "", "", "", ErrorCode::usage, "--ram"},
      {{"none"}, "64GB", "", "", "cuda", "", ErrorCode::bad_combination, "--backend"},
      {{"none", "rtx3090"}, "64GB", "", "", "", "", ErrorCode::bad_combination, "--gpu"},
      {{"auto"}, "", "", "", "", "", ErrorCode::usage, "--gpu"},
      {{"rtx3090,rtx3060-12gb"}, "", "", "", "", "", ErrorCode::usage, "--gpu"},
      {{}, "", "", "", "", "", ErrorCode::usage, "--gpu"},
      {{""}, "", "", "", "", "", ErrorCode::usage, "--gpu"},
      {{"rtx 3060"}, "", "", "", "", "", ErrorCode::ambiguous_name, "--gpu"},
      {{"rtx 4070 24gb"}, "", "", "", "", "", ErrorCode::never_existed, "--gpu"},
      {{"rtx3091"}, "", "", "", "", "", ErrorCode::unknown_gpu, "--gpu"},
  };
  for (const Case& c : cases) {
    Query query;
    query.gpu = c.gpu;
    query.ram = c.ram;
    query.cpu = c.cpu;
    query.os = c.os;
    query.backend = c.backend;
    query.wired_limit_mb = c.wired;
    INFO((c.gpu.empty() ? "no gpu" : c.gpu.front()) << " " << c.where);
    const Error error = machine_fault(query);
    CHECK(error.code == c.code);
    CHECK(error.where == c.where);
    CHECK_FALSE(error.message.empty());
  }
}

TEST_CASE("a machine without a GPU") {
  Query query;
  query.gpu = {"none"};
  query.ram = "64GB";
  query.cpu = "ddr5-6000";
  const auto m = resolve_machine(query, Catalog::builtin());
  REQUIRE(m);
  CHECK(m->devices.empty());
  CHECK(m->host.capacity == Bytes{64000000000});
  CHECK(m->host.cpu_id == "ddr5-6000");
  CHECK(m->name == "DDR5-6000");
}
