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
  note_read(facts, "system_profiler", read_profiler(answers[0].text, facts), answers[0].text);
  const bool told = read_sysctl(answers[1].text, facts);
  note_read(facts, "sysctl", told, answers[1].text);
  for (ToolReport& tool : facts.tools) {
    // It fails where the system lacks one of the names, such as the wired limit, and tells the others.
    if (told && tool.name == "sysctl" && tool.state == ToolState::failed)
      tool = {tool.name, ToolState::ok, {}};
  }
  facts.ram_available = read_vm_stat(answers[2].text);
  note_read(facts, "vm_stat", facts.ram_available.has_value(), answers[2].text);
}

void look_at_windows(const Probe& probe, MachineFacts& facts) {
  const auto answers = ask(probe, {nvidia_query("nvidia-smi.exe"), powershell_query()}, facts);
  facts.cards = nvidia_cards(probe, "nvidia-smi.exe", answers[0], facts);
  note_read(facts, "powershell.exe", read_powershell(answers[1].text, true, facts), answers[1].text);
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
    case ToolState::unreadable:
      return "unreadable";
  }
  return "";
}

std::vector<ToolOutput> ask(const Probe& probe, const std::vector<ToolCall>& calls, MachineFacts& facts) {
  auto outputs = probe.run(calls);
  outputs.resize(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ToolReport report{short_name(calls[i].words.front()), outputs[i].state, {}};
    if (report.state == ToolState::failed) report.said = printable(first_line(outputs[i].text));
    facts.tools.push_back(std::move(report));
  }
  return outputs;
}

void note_read(MachineFacts& facts, const std::string& program, bool read, std::string_view text) {
  if (read) return;
  for (ToolReport& tool : facts.tools) {
    if (tool.name == short_name(program) && tool.state == ToolState::ok)
      tool = {tool.name, ToolState::unreadable, printable(first_line(text))};
  }
}

std::vector<CardFacts> nvidia_cards(const Probe& probe, const std::string& program, const ToolOutput& answer,
                                    MachineFacts& facts) {
  NvidiaAnswer read = read_nvidia(answer.text);
  if (answer.state == ToolState::failed && read.cards.empty()) {
    // Older drivers refuse a query with a field that they do not know.
    auto shorter = probe.run({nvidia_short_query(program)});
    if (!shorter.empty() && shorter.front().state == ToolState::ok) {
      read = read_nvidia(shorter.front().text);
      for (ToolReport& tool : facts.tools) {
        if (tool.name == short_name(program)) tool = {tool.name, ToolState::ok, {}};
      }
    }
  }
  for (ToolReport& tool : facts.tools) {
    // What it printed begins with the table then.
    if (tool.name == short_name(program) && tool.state == ToolState::failed && !read.cards.empty())
      tool.said = printable(read.instead);
  }
  // The tool has words for a computer without a card: a table without rows is no usual answer.
  note_read(facts, program, !read.cards.empty() && read.instead.empty(), read.instead);
  if (has_parts(answer.text))
    read_nvidia_parts(ask(probe, {nvidia_list(program)}, facts).front().text, read.cards);
  return std::move(read.cards);
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
