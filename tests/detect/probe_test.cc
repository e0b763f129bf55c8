// The thin layer that runs tools and reads files of this computer.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "detect/system_probe.h"

using namespace qwenfit;

namespace {

/// Long enough for any tool on any machine; short, and still enough to print a line.
constexpr unsigned kLong = 60000, kShort = 3000;

ToolState state_of(const ToolCall& call) {
  return SystemProbe().run({call}).front().state;
}

}  // namespace

TEST_CASE("each way that a tool can end is told apart") {
  CHECK(state_of({{"true"}, kLong}) == ToolState::ok);
  CHECK(state_of({{"false"}, kLong}) == ToolState::failed);
  CHECK(state_of({{"qwenfit-no-such-tool"}, kLong}) == ToolState::missing);
  CHECK(state_of({{}, kLong}) == ToolState::missing);
  CHECK(state_of({{"sleep", "600"}, 30}) == ToolState::timed_out);
}

TEST_CASE("a program that cannot be run failed, a file that is no program is no tool") {
  namespace fs = std::filesystem;
  const fs::path file = fs::temp_directory_path() / ("qwenfit-tool-" + std::to_string(::getpid()));
  std::ofstream(file) << "\x7f"
                         "ELF, cut off";
  CHECK(state_of({{file.string()}, kLong}) == ToolState::missing);
  fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
  CHECK(state_of({{file.string()}, kLong}) == ToolState::failed);
  fs::remove(file);
}

TEST_CASE("a tool that prints without end is cut off at what is read") {
  const auto output = SystemProbe().run({{{"yes"}, kLong}}).front();
  CHECK(output.state == ToolState::too_long);
  CHECK(output.text.size() == kMostProbeBytes);
}

TEST_CASE("a tool gets its words as they are, the C locale, and nothing to read") {
  const auto outputs = SystemProbe().run({{{"printf", "%s", "$HOME `id` *"}, kLong},
                                          {{"sh", "-c", "printf %s \"$LC_ALL\""}, kLong},
                                          {{"cat"}, kLong}});
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].text == "$HOME `id` *");
  CHECK(outputs[1].text == "C");
  CHECK(outputs[2].state == ToolState::ok);
  CHECK(outputs[2].text.empty());
}

TEST_CASE("what a tool printed before it failed or was cut off is kept") {
  const auto outputs = SystemProbe().run(
      {{{"sh", "-c", "echo why; exit 18"}, kLong}, {{"sh", "-c", "echo why; sleep 600"}, kShort}});
  CHECK(outputs[0].state == ToolState::failed);
  CHECK(outputs[0].text == "why\n");
  CHECK(outputs[1].state == ToolState::timed_out);
  CHECK(outputs[1].text == "why\n");
}

TEST_CASE("a tool's children end with it") {
  const auto output = SystemProbe().run({{{"sh", "-c", "sleep 600 & echo $!; wait"}, kShort}}).front();
  CHECK(output.state == ToolState::timed_out);
  const long child = std::strtol(output.text.c_str(), nullptr, 10);
  REQUIRE(child > 0);
  const std::string status = "/proc/" + std::to_string(child) + "/stat";
  const auto runs = [&] {
    std::ifstream in(status);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    return !text.empty() && text.find(") Z ") == text.npos;
  };
  for (int i = 0; i < 2000 && runs(); ++i) ::usleep(1000);
  CHECK_FALSE(runs());
}

TEST_CASE("files are read below a root, up to a size, and only files") {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("qwenfit-probe-" + std::to_string(::getpid()));
  fs::create_directories(root / "proc/folder");
  std::ofstream(root / "proc/meminfo") << "MemTotal: 1 kB\n";
  std::ofstream(root / "proc/long") << std::string(kMostProbeBytes + 1000, 'x');
  const SystemProbe probe(root.string());
  CHECK(probe.read("/proc/meminfo") == "MemTotal: 1 kB\n");
  CHECK(probe.read("/proc/long")->size() == kMostProbeBytes);
  CHECK_FALSE(probe.read("/proc/folder"));
  CHECK_FALSE(probe.read("/proc/none"));
  CHECK(probe.list("/proc") == std::vector<std::string>{"folder", "long", "meminfo"});
  CHECK(probe.list("/none").empty());
  fs::remove_all(root);
}
