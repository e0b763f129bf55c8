#include "cli/this_machine.h"

#include <algorithm>

#include "detect/look.h"
#include "query/text.h"

namespace qwenfit {
namespace {

bool is_auto(std::string_view gpu) {
  return lower_case(trimmed(gpu)) == "auto";
}

void take_unless_said(std::string& said, const std::string& found) {
  if (said.empty()) said = found;
}

}  // namespace

Result<const Detection*> ThisMachine::detected() {
  if (probe_ == nullptr)
    return usage_error("--gpu",
                       "this computer cannot be looked at from here; name its GPU, such as --gpu rtx3090");
  if (!found_) found_ = describe(look(*probe_), catalog_);
  return &*found_;
}

Result<bool> ThisMachine::complete(Query& query) {
  const auto autos = std::count_if(query.gpu.begin(), query.gpu.end(), is_auto);
  if (autos == 0) return true;
  if (autos > 1) return usage_error("--gpu", "--gpu auto is given more than once; it is the whole computer");
  const auto found = detected();
  if (!found) return found.error();
  const Detection& here = **found;
  if (here.blocked) return *here.blocked;
  std::vector<std::string> gpus;
  const bool alone = query.gpu.size() == 1;
  for (const std::string& gpu : query.gpu) {
    if (!is_auto(gpu))
      gpus.push_back(gpu);
    else if (alone || here.query.gpu != std::vector<std::string>{"none"})
      gpus.insert(gpus.end(), here.query.gpu.begin(), here.query.gpu.end());
  }
  query.gpu = std::move(gpus);
  take_unless_said(query.ram, here.query.ram);
  take_unless_said(query.cpu, here.query.cpu);
  take_unless_said(query.wired_limit_mb, here.query.wired_limit_mb);
  // Another system has a desktop of its own.
  if (query.os.empty()) query.headless = query.headless || here.query.headless;
  take_unless_said(query.os, here.query.os);
  return true;
}

Result<std::string> ThisMachine::one_machine(std::string_view option) {
  const auto found = detected();
  if (!found) return found.error();
  const Detection& here = **found;
  if (here.blocked) return *here.blocked;
  if (here.query.gpu == std::vector<std::string>{"none"})
    return combination_error(option, "this computer has no GPU that auto could stand for; name a machine");
  if (here.query.gpu.size() != 1)
    return combination_error(
        option, "this computer has different GPUs, and auto stands for one kind here; name them");
  return here.query.gpu.front();
}

Result<bool> ThisMachine::complete(CommandLine& line) {
  if (line.command == Command::compare) {
    for (std::string& machine : line.words) {
      if (!is_auto(machine)) continue;
      auto here = one_machine("compare");
      if (!here) return here.error();
      machine = std::move(*here);
    }
  }
  for (std::string& owned : line.buying.from) {
    if (!is_auto(owned)) continue;
    auto here = one_machine("--from");
    if (!here) return here.error();
    owned = std::move(*here);
  }
  return complete(line.query);
}

}  // namespace qwenfit
