// Text of tools in, facts out: what each parser takes and what it leaves.

#include "catch.h"
#include "detect/amd.h"
#include "detect/host.h"
#include "detect/identify.h"
#include "detect/mac.h"
#include "detect/modules.h"
#include "detect/nvidia.h"
#include "detect/pci.h"
#include "detect/sizes_of.h"
#include "detect/table_text.h"

using namespace qwenfit;

TEST_CASE("columns are found by their headings, in any order, with units or without") {
  const auto cards =
      read_nvidia("memory.total [MiB], name\n24576 MiB, NVIDIA GeForce RTX 3090\r\n16376, RTX A4000\n").cards;
  REQUIRE(cards.size() == 2);
  CHECK(cards[0].name == "NVIDIA GeForce RTX 3090");
  CHECK(cards[0].total == 24576 * kMiB);
  CHECK(cards[1].total == 16376 * kMiB);
  CHECK_FALSE(cards[1].free);
}

TEST_CASE("what tools print in place of a value is no value") {
  for (const char* none : {"[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "[GPU is lost]", ""}) {
    INFO(none);
    CHECK(known(none).empty());
  }
  CHECK(known("Enabled") == "Enabled");
}

TEST_CASE("numbers that no memory has are left out") {
  CHECK(mebibytes("24576 MiB") == 24576 * kMiB);
  CHECK_FALSE(mebibytes("99999999999999999999 MiB"));
  CHECK_FALSE(mebibytes("-5 MiB"));
  CHECK_FALSE(mebibytes("24576 KiB"));
  CHECK_FALSE(memory_bytes("1e9"));
  CHECK_FALSE(meminfo_bytes("MemTotal: 18446744073709551615 kB\n", "MemTotal"));
}

TEST_CASE("addresses on the bus are compared in one spelling") {
  CHECK(bus_address("00000000:0A:00.0") == "0000:0a:00.0");
  CHECK(bus_address("0a:00.0") == "0000:0a:00.0");
  CHECK(bus_address("0000000F:01:00.0") == "000f:01:00.0");
  for (const char* none : {"", "0a", "zz:00.0", "0a:00", "0a:20.0", "0a:00.8", "1:2:3:4.0"}) {
    INFO(none);
    CHECK(bus_address(none).empty());
  }
}

TEST_CASE("lspci lists cards of three makers and nothing else") {
  const auto cards = read_lspci(
      "0000:03:00.0 VGA compatible controller [0300]: ASPEED Technology, Inc. ASPEED Graphics Family "
      "[1a03:2000]\n"
      "02:00.0 3D controller [0302]: NVIDIA Corporation GM108M [GeForce MX130] [10de:174d] (rev a2)\n"
      "0000:0a:00.1 Audio device [0403]: NVIDIA Corporation GA102 High Definition Audio Controller "
      "[10de:1aef]\n");
  REQUIRE(cards.size() == 1);
  CHECK(cards[0].bus == "0000:02:00.0");
  CHECK(cards[0].device == 0x174d);
  REQUIRE(cards[0].names.size() == 1);
  CHECK(alternatives(cards[0].names[0]) == std::vector<std::string>{"GeForce MX130"});
}

TEST_CASE("a name of the database of PCI ids stands for every card in its brackets") {
  CHECK(alternatives("Navi 31 [Radeon RX 7900 XT/7900 XTX]") ==
        std::vector<std::string>{"Radeon RX 7900 XT", "7900 XTX"});
  CHECK(alternatives("Advanced Micro Devices, Inc. [AMD/ATI] Raphael").size() == 1);
  CHECK(pci_device_name("10de  NVIDIA\n\t2204  GA102 [GeForce RTX 3090]\n", 0x10de, 0x2204) ==
        "GA102 [GeForce RTX 3090]");
  CHECK(pci_device_name("10de  NVIDIA\n1002  AMD\n\t2204  other\n", 0x10de, 0x2204).empty());
}

TEST_CASE("a card is what its names and its memory agree on") {
  const Catalog& catalog = Catalog::builtin();
  const auto only = [&](const std::string& name, Bytes mib) {
    CardFacts card;
    card.name = name;
    card.vendor = name.find("Radeon") == std::string::npos ? kNvidiaVendor : kAmdVendor;
    card.total = mib * kMiB;
    const Identity identity = identify_card(card, catalog);
    return identity.rows.size() == 1 ? std::string(identity.rows.front()->id) : std::string();
  };
  CHECK(only("NVIDIA GeForce RTX 3060", 12288) == "rtx3060-12gb");
  CHECK(only("NVIDIA GeForce RTX 3060", 8192) == "rtx3060-8gb");
  CHECK(only("NVIDIA GeForce RTX 3080", 20480) == "rtx3080-20gb");
  CHECK(only("NVIDIA GeForce RTX 4090 Laptop GPU", 16376) == "rtx4090-laptop");
  CHECK(only("NVIDIA RTX 2000 Ada Generation Laptop GPU", 8188) == "rtx-2000-ada-laptop");
  CHECK(only("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97887) == "rtx-pro-6000-blackwell");
  CHECK(only("Tesla V100-SXM2-32GB", 32510) == "v100-sxm2-32gb");
  CHECK(only("Tesla P40", 23040) == "tesla-p40");
  CHECK(only("Tesla T4", 15360) == "tesla-t4");
  CHECK(only("NVIDIA H200", 143771).empty());  // SXM or NVL: not told by name and memory
  CHECK(only("Radeon RX 7900 XTX", 24560) == "rx7900xtx");
  CHECK(only("NVIDIA GeForce RTX 4090", 8192).empty());
  CHECK(only("AMD Radeon(TM) Graphics", 512).empty());
}

TEST_CASE("processors are known by their part of what the system calls them") {
  const auto id = [](const std::string& name, std::uint32_t sockets = 1) {
    MachineFacts facts;
    facts.cpu = name;
    facts.sockets = sockets;
    const DeviceRow* row = identify_processor(facts, Catalog::builtin());
    return row != nullptr ? std::string(row->id) : std::string();
  };
  CHECK(id("Intel(R) Core(TM) i9-14900K") == "core-i9-14900k");
  CHECK(id("13th Gen Intel(R) Core(TM) i7-13700K") == "core-i7-13700k");
  CHECK(id("Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz") == "xeon-e5-v3-4ch");
  CHECK(id("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz") == "xeon-cascade-lake-6ch");
  CHECK(id("AMD Ryzen 9 7950X3D 16-Core Processor") == "ryzen-9-7950x");
  CHECK(id("AMD Ryzen Threadripper 1950X 16-Core Processor") == "threadripper-1950x");
  CHECK(id("AMD EPYC 9654 96-Core Processor") == "epyc-9004-12ch-4800");
  CHECK(id("AMD EPYC 9654 96-Core Processor", 2) == "epyc-9004-2s-24ch-4800");
  CHECK(id("AMD Ryzen 5 7600 6-Core Processor").empty());  // a card has that number too
  CHECK(id("").empty());
}

TEST_CASE("channels are counted by where the firmware says that modules are") {
  const auto channels = [](std::vector<std::pair<std::string, std::string>> places) {
    std::vector<MemorySlot> slots;
    for (auto& [locator, bank] : places) slots.push_back({"DDR4", 16 * kGiB, 3200, 64, locator, bank});
    return sum_up(slots)->channels;
  };
  CHECK(channels({{"DIMM_A1", "BANK 0"}, {"DIMM_A2", "BANK 1"}}) == 1);
  CHECK(channels({{"DIMM_A2", "BANK 1"}, {"DIMM_B2", "BANK 3"}}) == 2);
  CHECK(channels({{"ChannelA-DIMM0", "BANK 0"}, {"ChannelB-DIMM0", "BANK 2"}}) == 2);
  CHECK(channels({{"Controller0-ChannelA-DIMM0", "BANK 0"}, {"Controller1-ChannelA-DIMM0", "BANK 0"}}) == 2);
  CHECK(channels({{"DIMM 0", "P0 CHANNEL A"}, {"DIMM 0", "P0 CHANNEL H"}, {"DIMM 0", "P1 CHANNEL A"}}) == 3);
  CHECK(channels({{"Slot 1", ""}}) == 1);
  CHECK(channels({{"Slot 1", ""}, {"Slot 2", ""}, {"Slot 3", ""}, {"Slot 4", ""}}) == 0);  // two or four
}

TEST_CASE("soldered memory is counted by its width") {
  const std::vector<MemorySlot> slots(8, {"LPDDR5", 16 * kGiB, 8000, 32, "DIMM 0", "P0 CHANNEL A"});
  const auto modules = sum_up(slots);
  REQUIRE(modules);
  CHECK(modules->channels == 4);
  CHECK(modules->installed == 128 * kGiB);
}

TEST_CASE("modules of several kinds have none, the slowest sets the rate") {
  CHECK_FALSE(sum_up({}));
  CHECK(
      sum_up({{"DDR4", 8 * kGiB, 3200, 64, "A1", ""}, {"DDR5", 8 * kGiB, 4800, 64, "B1", ""}})->kind.empty());
  CHECK(sum_up({{"DDR4", 8 * kGiB, 3200, 64, "A1", ""}, {"DDR4", 8 * kGiB, 2133, 64, "B1", ""}})->rate_mts ==
        2133);
  CHECK(sum_up({{"<OUT OF SPEC>", 8 * kGiB, 4800, 64, "A1", ""}})->kind.empty());
}

TEST_CASE("memory is taken for what modules come in when little is missing") {
  CHECK(installed_memory(mul(16300000, 1024)) == 16 * kGiB);
  CHECK(installed_memory(mul(65774536, 1024)) == 64 * kGiB);
  CHECK(installed_memory(mul(264023424, 1024)) == 256 * kGiB);
  CHECK(installed_memory(mul(527000000, 1024)) == 512 * kGiB);
  CHECK(installed_memory(33 * kGiB) == 33 * kGiB);  // a virtual machine's
}

TEST_CASE("names of unknown cards become words that a shell leaves alone") {
  CHECK(name_option("NVIDIA GeForce RTX 6090") == "NVIDIA-GeForce-RTX-6090");
  CHECK(name_option("a,b;$(c) \x1b[0m'\"") == "a-b-c-0m");
  CHECK(name_option("\xff\xfe").empty());
  CHECK(name_option(std::string(500, 'x')).size() == 48);
}

TEST_CASE("JSON of tools that is no JSON, or other JSON, is nothing") {
  for (const char* text :
       {"", "{", "[]", "null", "{\"card0\":[]}", "{\"card0\":{\"Card Series\":7}}", "x{}y"}) {
    INFO(text);
    for (const CardFacts& card : read_rocm(text)) CHECK(card.name.empty());
    MachineFacts facts;
    read_profiler(text, facts);
    CHECK(facts.chip.empty());
  }
  CHECK(read_rocm(std::string(100000, '{')).empty());
}
