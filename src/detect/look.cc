#include "detect/look.h"

#include <utility>

#include "catalog/names.h"
#include "detect/host.h"
#include "detect/look_linux.h"
#include "detect/mac.h"
#include "detect/nvidia.h"
#include "detect/table_text.h"
#include "detect/tool_asking.h"
#include "detect/windows.h"
#include "query/text.h"

namespace qwenfit {
namespace {

/// A program without its folder.
std::string short_name(const std::string& program) {
  return program.substr(program.rfind('/') + 1);
}

void look_at_mac(const Probe& probe, MachineFacts& facts) {
  const auto answers = ask(probe, {profiler_query(), sysctl_query(), vm_stat_query()}, facts);
  read_profiler(answers[0].text, facts);
  read_sysctl(answers[1].text, facts);
  facts.ram_available = read_vm_stat(answers[2].text);
}

void look_at_windows(const Probe& probe, MachineFacts& facts) {
  const auto answers = ask(probe, {nvidia_query("nvidia-smi.exe"), powershell_query()}, facts);
  facts.cards = nvidia_cards(probe, "nvidia-smi.exe", answers[0], facts);
  read_powershell(answers[1].text, true, facts);
}

}  // namespace

std::string_view tool_state_id(ToolState state) {
  switch (state) {
    case ToolState::ok:
      return "ok";
    case ToolState::failed:
      return "failed";
    case ToolState::missing:
      return "missing";
    case ToolState::timed_out:
      return "timed_out";
    case ToolState::too_long:
      return "too_long";
  }
  return "";
}

std::vector<ToolOutput> ask(const Probe& probe, const std::vector<ToolCall>& calls, MachineFacts& facts) {
  auto outputs = probe.run(calls);
  outputs.resize(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ToolReport report{short_name(calls[i].words.front()), outputs[i].state, {}};
    if (report.state == ToolState::failed) {
      for (const std::string_view line : lines_of(outputs[i].text)) {
        if (report.said.empty()) report.said = printable(trimmed(line));
      }
    }
    facts.tools.push_back(std::move(report));
  }
  return outputs;
}

std::vector<CardFacts> nvidia_cards(const Probe& probe, const std::string& program, const ToolOutput& answer,
                                    MachineFacts& facts) {
  std::vector<CardFacts> cards = read_nvidia(answer.text);
  if (answer.state == ToolState::failed && cards.empty()) {
    // Older drivers refuse a query with a field that they do not know.
    auto shorter = probe.run({nvidia_short_query(program)});
    if (!shorter.empty() && shorter.front().state == ToolState::ok) {
      cards = read_nvidia(shorter.front().text);
      for (ToolReport& tool : facts.tools) {
        if (tool.name == short_name(program)) tool = {tool.name, ToolState::ok, {}};
      }
    }
  }
  if (has_parts(answer.text))
    read_nvidia_parts(ask(probe, {nvidia_list(program)}, facts).front().text, cards);
  return cards;
}

MachineFacts look(const Probe& probe) {
  MachineFacts facts;
  facts.system = probe.system();
  switch (facts.system) {
    case System::linux_os:
      look_at_linux(probe, facts);
      break;
    case System::macos:
      look_at_mac(probe, facts);
      break;
    case System::windows:
      look_at_windows(probe, facts);
      break;
  }
  return facts;
}

}  // namespace qwenfit
