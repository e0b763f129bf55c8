// A recorded computer, every output of it anything: options that the resolver takes or a reason why none, and
// nothing printed that could move a terminal's cursor.

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "detect/describe.h"
#include "detect/look.h"
#include "detect/recording.h"
#include "fuzz/target.h"
#include "query/machine.h"
#include "report/detect.h"

std::vector<std::string> fuzz_seeds() {
  return {
      "=== tool nvidia-smi\nname, pci.bus_id, pci.device_id, memory.total [MiB], memory.used [MiB], "
      "memory.free [MiB], pcie.link.gen.max, pcie.link.width.current, display_active, mig.mode.current\n"
      "NVIDIA GeForce RTX 3090, 00000000:0A:00.0, 0x220410DE, 24576 MiB, 21943 MiB, 2301 MiB, 4, 8, Enabled, "
      "[N/A]\n"
      "NVIDIA A100-SXM4-80GB, 00000000:00:04.0, 0x20B210DE, 81920 MiB, 87 MiB, 80992 MiB, 4, 16, [N/A], "
      "Enabled\n"
      "=== tool nvidia-smi -L\nGPU 0: x (UUID: GPU-1)\nGPU 1: y\n  MIG 1g.10gb     Device  0: (UUID: MIG-1)\n"
      "=== tool lspci\n0000:0a:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX "
      "3090] [10de:2204] (rev a1)\n=== file /proc/meminfo\nMemTotal: 65774536 kB\nMemAvailable: 60114212 kB\n"
      "=== file /proc/cpuinfo\nmodel name\t: AMD Ryzen 9 9950X 16-Core Processor\nphysical id : 0\n"
      "=== file /run/udev/data/+dmi:id\nE:MEMORY_DEVICE_0_SIZE=17179869184\nE:MEMORY_DEVICE_0_TYPE=DDR5\n"
      "E:MEMORY_DEVICE_0_LOCATOR=DIMM 1\nE:MEMORY_DEVICE_0_BANK_LOCATOR=P0 CHANNEL A\n"
      "E:MEMORY_DEVICE_0_CONFIGURED_SPEED_MTS=6000\n",
      "=== file /sys/class/drm/card1/device/vendor\n0x1002\n=== file "
      "/sys/class/drm/card1/device/device\n0x744c\n"
      "=== file /sys/class/drm/card1/device/revision\n0xc8\n=== file /sys/class/drm/card1/device/uevent\n"
      "PCI_SLOT_NAME=0000:03:00.0\n=== file /sys/class/drm/card1/device/mem_info_vram_total\n25753026560\n"
      "=== file /sys/class/drm/card1/device/mem_info_vram_used\n27856896\n"
      "=== file /sys/class/drm/card1/device/../../vendor\n0x1002\n"
      "=== file /sys/class/drm/card1/device/../../max_link_speed\n16.0 GT/s PCIe\n"
      "=== file /sys/class/drm/card1/device/../../current_link_width\n8\n"
      "=== file /sys/class/drm/card1/device/../../../max_link_speed\n8.0 GT/s PCIe\n"
      "=== file /usr/share/libdrm/amdgpu.ids\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n"
      "=== tool rocm-smi\n{\"card0\":{\"Card Series\":\"Radeon RX 7900 XTX\",\"VRAM Total Memory "
      "(B)\":\"25753026560\"}}\n"
      "=== tool dmidecode\nMemory Device\n\tSize: 16 GB\n\tType: DDR4\n\tLocator: DIMM_A1\n\tConfigured "
      "Memory "
      "Speed: 3200 MT/s\n=== file /proc/meminfo\nMemTotal: 32780000 kB\n",
      "=== system linux\n=== file /proc/meminfo\nMemTotal: 130985984 kB\n=== file /proc/cpuinfo\nmodel name: "
      "AMD "
      "RYZEN AI MAX+ 395 w/ Radeon 8060S\n=== tool lspci\nc3:00.0 Display controller [0380]: AMD Strix Halo "
      "[Radeon 8060S Graphics] [1002:1586]\n=== file /proc/device-tree/model\nNVIDIA Jetson AGX Orin "
      "Developer Kit\n",
      "=== system macos\n=== tool system_profiler\n{\"SPHardwareDataType\":[{\"chip_type\":\"Apple M3 Max\","
      "\"physical_memory\":\"64 GB\"}],\"SPDisplaysDataType\":[{\"sppci_model\":\"Apple M3 "
      "Max\",\"sppci_cores\":"
      "\"40\"}]}\n=== tool sysctl\nhw.memsize: 68719476736\nkern.osproductversion: "
      "26.1\niogpu.wired_limit_mb: "
      "57344\n=== tool vm_stat\n(page size of 16384 bytes)\nPages free: 182342.\n",
      "=== system windows\n=== tool nvidia-smi.exe failed\nNo devices were found\n=== tool powershell.exe\n"
      "{\"cards\":[{\"Name\":\"AMD Radeon RX 9060 "
      "XT\",\"AdapterRAM\":4293918720,\"PNPDeviceID\":\"PCI\\\\VEN_1002&"
      "DEV_7590\"}],\"sizes\":{\"DriverDesc\":\"AMD Radeon RX 9060 XT\",\"HardwareInformation.qwMemorySize\":"
      "17095983104},\"modules\":[{\"Capacity\":8589934592,\"ConfiguredClockSpeed\":2133,\"SMBIOSMemoryType\":"
      "26}],"
      "\"cpus\":[{\"Name\":\"x\"}],\"system\":[{\"TotalVisibleMemorySize\":33466380,\"FreePhysicalMemory\":1}"
      "]}\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qwenfit;
  static const Catalog& catalog = Catalog::builtin();
  const Recording computer(std::string_view(reinterpret_cast<const char*>(data), size));
  const Detection found = describe(look(computer), catalog);
  if (found.blocked) {
    if (found.blocked->message.empty() || found.blocked->where.empty()) std::abort();
  } else if (!resolve_machine(found.query, catalog)) {
    std::abort();
  }
  std::ostringstream out;
  print_detection(out, found, {});
  print_detection_line(out, found);
  print_this_machine(out, found);
  print_detection_json(out, found, {});
  const std::string text = out.str();
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7F;
  });
  if (!plain) std::abort();
  return 0;
}
