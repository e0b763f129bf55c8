#include "detect/describe_words.h"

#include "catalog/names.h"
#include "detect/identify.h"
#include "query/text.h"
#include "report/format.h"

namespace qwenfit {

std::string shown_name(const CardFacts& card) {
  if (!card.name.empty()) return printable(card.name);
  if (!card.names.empty()) return printable(card.names.front());
  const std::string_view vendor = vendor_name(card.vendor);
  return vendor.empty() ? "a GPU without a name" : "a GPU of " + std::string(vendor);
}

std::string unknown_words(const CardFacts& card) {
  return shown_name(card) +
         " is not in the catalog: its speed is not known. Add ,bandwidth= (GB/s) to the option for one";
}

std::string differs_words(const CardFacts& card, const DeviceRow& known) {
  return shown_name(card) + " shows " + gib(card.total) + " GiB, and the catalog has it with " +
         gib(known.capacity) + " GiB: described as custom, its speed is not known";
}

std::string choice_words(const CardFacts& card, const std::vector<std::string>& choices) {
  return shown_name(card) + " may be " + listed(choices) + ", which nothing that could be read tells; type " +
         "--gpu with the one that it is";
}

std::string use_words(const CardFacts& card) {
  return gib(card.used) + " of " + gib(card.total) + " GiB of " + shown_name(card) +
         (card.bus.empty() ? "" : " (" + printable(card.bus) + ")") +
         " are in use: answers count on other programs leaving them";
}

std::string limit_words(const MachineFacts& facts) {
  return "the container may use " + gib(facts.ram_limit) + " of the computer's " + gib(facts.ram_total) +
         " GiB of memory";
}

std::string wsl_words() {
  return "in WSL the memory is the share that Windows gives it (.wslconfig), and Windows' desktop draws on "
         "the "
         "card";
}

std::string memory_kind_words() {
  return "the kind of system memory could not be read: what lies in RAM is reckoned with a usual desktop's. "
         "Add --cpu, such as --cpu ddr5-6000 or ddr4-3200x8 (channels)";
}

std::string tool_words(const ToolReport& tool) {
  constexpr std::size_t kReasonBytes = 160;  // NVIDIA's longest, with what it tells to do
  const std::string name = printable(tool.name);
  const std::string said = tool.said.empty() ? "" : in_quotes(tool.said, kReasonBytes);
  switch (tool.state) {
    case ToolState::timed_out:
      return name + " did not answer in time and was cut off";
    case ToolState::too_long:
      return name + " printed too much and was cut off";
    case ToolState::unreadable:
      return name + (said.empty() ? " answered with nothing" : " answered with what cannot be read: " + said);
    case ToolState::ok:
    case ToolState::missing:
    case ToolState::failed:
      break;
  }
  return name + " failed" + (said.empty() ? "" : ": " + said);
}

}  // namespace qwenfit
