// Recorded computers: what tools printed on them becomes the options that describe them.

#include "catch.h"
#include "detect/recorded.h"
#include "query/machine.h"
#include "report/detect.h"
#include "support/schema_check.h"
#include "support/text.h"

using namespace qwenfit;

namespace {

const std::string kHeadings = "name, pci.bus_id, memory.total [MiB], memory.used [MiB], memory.free [MiB]\n";
const std::string kNvidiaCard = "NVIDIA GeForce RTX 3090, 00000000:01:00.0, 24576 MiB, 6 MiB, 24000 MiB\n";
const std::string kNvidiaDevice =
    "01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX 3090] [10de:2204]\n";
const std::string kAmdDevice =
    "0b:00.0 VGA compatible controller [0300]: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX "
    "7900 "
    "XTX] [1002:744c] (rev c8)\n";

std::string tool_section(const std::string& name, const std::string& printed) {
  return "=== tool " + name + "\n" + printed + (printed.ends_with("\n") ? "" : "\n");
}

/// What is said of tools on a computer with these sections; one line a note.
std::string said_of_tools(const std::string& sections, const std::string& system = "linux") {
  const Recording computer("=== system " + system + "\n=== file /proc/meminfo\nMemTotal: 32780000 kB\n" +
                           sections);
  std::string said;
  for (const DetectNote& note : detected(computer).notes) {
    if (note.code == "tool_silent") said += note.text + "\n";
  }
  return said;
}

}  // namespace

TEST_CASE("each recorded computer comes out as the options and notes that its file says") {
  const auto names = recorded_names();
  REQUIRE(names.size() >= 40);
  for (const std::string& name : names) {
    INFO(name);
    const Recording computer = recorded(name);
    const Detection found = detected(computer);
    CHECK(joined_words(option_words(found.query)) == computer.expected("options"));
    CHECK(codes_of(found) == computer.expected("notes"));
  }
}

TEST_CASE("options of a recorded computer are a machine to the resolver, or blocked with what to type") {
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    if (found.blocked) {
      CHECK_FALSE(found.blocked->message.empty());
      CHECK(has(found.blocked->message, "type"));
      continue;
    }
    const auto machine = resolve_machine(found.query, Catalog::builtin());
    if (!machine) FAIL(machine.error().message);
    CHECK(machine->headless == found.query.headless);
  }
}

TEST_CASE("what is printed of a recorded computer has no control byte and fits its schema") {
  CatalogInfo info;
  info.version = "0.1.0";
  info.date = "2026-11-21";
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    std::ostringstream table, line, document, beside;
    print_detection(table, found, Style{});
    print_detection_line(line, found);
    print_detection_json(document, found, info);
    print_this_machine(beside, found, false);
    CHECK(is_plain(table.str()));
    CHECK(is_plain(line.str()));
    CHECK(is_plain(beside.str()));
    CHECK(is_plain(document.str()));
    CHECK(schema_faults("qwenfit.detect", document.str()).empty());
  }
}

TEST_CASE("options need no quotes, so that a shell passes them on") {
  for (const std::string& name : recorded_names()) {
    INFO(name);
    const Detection found = detected(name);
    CHECK(detected_options(found) == joined_words(option_words(found.query)));
  }
}

TEST_CASE("tools that a computer cannot need are not asked") {
  const Recording nvidia = recorded("rtx3090_pair_x8");
  (void)look(nvidia);
  CHECK(joined_words(nvidia.asked()) == "nvidia-smi lspci");  // udev told of the modules: no dmidecode
  const Recording amd = recorded("rx7900xt_rocm");
  (void)look(amd);
  CHECK(has(joined_words(amd.asked()), "rocm-smi"));
  const Recording mac = recorded("mac_m1");
  (void)look(mac);
  CHECK_FALSE(has(joined_words(mac.asked()), "nvidia-smi"));
}

TEST_CASE("an answer of nvidia-smi that cannot be read is told as a failure is") {
  const auto said = [](const std::string& printed) {
    return said_of_tools(tool_section("nvidia-smi", printed));
  };
  CHECK(has(said("0, GPU-abc, NVIDIA GeForce RTX 3090, 24576"),
            "nvidia-smi answered with what cannot be read"));
  CHECK(has(said("NVIDIA-SMI has failed\nmore"), "read: \"NVIDIA-SMI has failed\";"));
  CHECK(has(said("name;memory.total [MiB]\nRTX 3090;24576 MiB"), "\"name;memory.total [MiB]\""));
  CHECK(has(said("{\"gpu\":1}"), "cannot be read"));
  CHECK(has(said(""), "nvidia-smi answered with nothing;"));
  CHECK(has(said(kHeadings), "nvidia-smi answered with nothing;"));
  CHECK(has(said(kHeadings + "GPU is lost"), "\"GPU is lost\""));
  const std::string lost = said(kHeadings + kNvidiaCard + "[GPU is lost], [GPU is lost]");
  CHECK(has(lost, "\"[GPU is lost]\"; what it would have told is missing: name it, such as by --gpu"));
  CHECK(has(said(kHeadings + kNvidiaCard + "WARNING: infoROM is corrupted at gpu 0000:3B:00.0"),
            "read: \"WARNING: infoROM is corrupted"));
  CHECK(said(kHeadings + kNvidiaCard).empty());
  const std::string refused = tool_section("nvidia-smi failed", "Field is not a valid field to query.");
  CHECK(has(said_of_tools(refused + tool_section("nvidia-smi short", "x")), "cannot be read: \"x\""));
}

TEST_CASE("answers of other tools that cannot be read are told, empty ones where they are none") {
  const auto told = [](const std::string& tool, const std::string& printed, const std::string& system) {
    const std::string card =
        "=== file /sys/class/drm/card0/device/vendor\n0x1002\n"
        "=== file /sys/class/drm/card0/device/device\n0x744c\n";
    return has(said_of_tools(tool_section(tool, printed) + card, system), tool + " answered with");
  };
  for (const auto& [tool, system] :
       std::vector<std::pair<std::string, std::string>>{{"lspci", "linux"},
                                                        {"rocm-smi", "linux"},
                                                        {"system_profiler", "macos"},
                                                        {"sysctl", "macos"},
                                                        {"vm_stat", "macos"},
                                                        {"powershell.exe", "windows"}}) {
    INFO(tool);
    CHECK(told(tool, "what no tool says", system));
    CHECK(told(tool, "", system) == (tool != "lspci"));
  }
  CHECK(told("system_profiler", "{}", "macos"));
  CHECK(told("powershell.exe", "{\"gpu\":1}", "windows"));
  CHECK_FALSE(told("lspci", "00:1f.3 Audio device [0403]: Intel Corporation Device [8086:7ad0]", "linux"));
  CHECK_FALSE(told("sysctl", "hw.memsize: 8589934592", "macos"));
  const auto failed = [](const std::string& printed) {
    return said_of_tools(tool_section("sysctl failed", printed), "macos");
  };
  CHECK(failed("sysctl: unknown oid 'iogpu.wired_limit_mb'\nhw.memsize: 8589934592").empty());
  CHECK(has(failed("sysctl: unknown oid 'hw.memsize'"), "sysctl failed"));
}

TEST_CASE("naming a card is advised only where none is known without the tool") {
  constexpr std::string_view kAdvice = "name it, such as by --gpu";
  const std::string reason =
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the "
      "latest "
      "NVIDIA driver is installed and running.";
  const std::string failed = tool_section("nvidia-smi failed", reason);
  const std::string known = said_of_tools(failed + tool_section("lspci", kNvidiaDevice));
  CHECK(known == "nvidia-smi failed: \"" + reason + "\"\n");
  CHECK(has(said_of_tools(failed), kAdvice));
  CHECK(has(said_of_tools(failed + tool_section("lspci", kAmdDevice)), kAdvice));  // not NVIDIA's
  // What it listed before it failed may not be all.
  const std::string part = said_of_tools(tool_section("nvidia-smi failed", kHeadings + kNvidiaCard));
  CHECK(has(part, kAdvice));
  CHECK_FALSE(has(part, "pci.bus_id"));
  const std::string other = tool_section("lspci failed", "lspci: Cannot open /proc/bus/pci");
  CHECK(has(said_of_tools(other), kAdvice));
  const std::string card = said_of_tools(other + tool_section("nvidia-smi", kHeadings + kNvidiaCard));
  CHECK(has(card, "lspci failed"));
  CHECK_FALSE(has(card, kAdvice));
}

TEST_CASE("a computer without anything to read is blocked, and the answer says what to type") {
  const Detection found = detected("nothing");
  REQUIRE(found.blocked);
  CHECK(has(found.blocked->message, "--gpu none --ram 64GB"));
  CHECK(found.query.gpu.empty());
}

TEST_CASE("a card that may be two is a question, not a guess") {
  const Detection found = detected("which_3060");
  REQUIRE(found.blocked);
  CHECK(found.blocked->code == ErrorCode::ambiguous_name);
  CHECK(found.blocked->did_you_mean == std::vector<std::string>{"rtx3060-12gb", "rtx3060-8gb"});
}

TEST_CASE("free memory stands beside the total") {
  const Detection found = detected("rtx3090_pair_x8");
  REQUIRE(found.cards.size() == 2);
  CHECK(found.cards[0].facts.total == 24576 * kMiB);
  CHECK(found.cards[0].facts.free == 2301 * kMiB);
  CHECK(found.cards[0].facts.display == false);
  CHECK(found.cards[1].facts.display == true);
  std::ostringstream table;
  print_detection(table, found, Style{});
  CHECK(has(table.str(), "24.0"));
  CHECK(has(table.str(), "2.2"));
  CHECK(has(table.str(), "21.4 of 24.0 GiB of NVIDIA GeForce RTX 3090 (0000:0a:00.0) are in use"));
}
