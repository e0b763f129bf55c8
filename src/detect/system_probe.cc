#include "detect/system_probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>

#include "detect/tool_process.h"

namespace qwenfit {
namespace {

/// Waits until one of the tools has something to say or has run out of time.
void wait_for(std::deque<ToolProcess>& tools) {
  using std::chrono::ceil;
  using std::chrono::milliseconds;
  std::vector<pollfd> watched;
  std::vector<ToolProcess*> running;
  auto next = ToolProcess::Clock::time_point::max();
  for (ToolProcess& tool : tools) {
    if (tool.done()) continue;
    watched.push_back({tool.pipe(), POLLIN, 0});
    running.push_back(&tool);
    next = std::min(next, tool.deadline());
  }
  const auto left = ceil<milliseconds>(next - ToolProcess::Clock::now()).count();
  ::poll(watched.data(), static_cast<nfds_t>(watched.size()), static_cast<int>(std::max<long long>(left, 0)));
  const auto now = ToolProcess::Clock::now();
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (watched[i].revents != 0) running[i]->take();
    if (!running[i]->done() && now >= running[i]->deadline()) running[i]->cut_off();
  }
}

}  // namespace

System SystemProbe::system() const {
#if defined(__APPLE__)
  return System::macos;
#elif defined(__CYGWIN__)
  return System::windows;
#else
  return System::linux_os;
#endif
}

std::optional<std::string> SystemProbe::read(const std::string& path) const {
  const int file = ::open((root_ + path).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat facts {};
  std::optional<std::string> text;
  if (::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) {
    text.emplace();
    std::array<char, 16384> buffer;
    while (text->size() < kMostProbeBytes) {
      const ssize_t got =
          ::read(file, buffer.data(), std::min(buffer.size(), kMostProbeBytes - text->size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) text.reset();
      if (got <= 0) break;
      text->append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(file);
  return text;
}

std::vector<std::string> SystemProbe::list(const std::string& folder) const {
  std::vector<std::string> names;
  DIR* open = ::opendir((root_ + folder).c_str());
  if (open == nullptr) return names;
  while (const dirent* entry = ::readdir(open)) {
    const std::string_view name(entry->d_name);
    if (!name.starts_with(".")) names.emplace_back(name);
    if (names.size() >= kMostProbeEntries) break;
  }
  ::closedir(open);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<ToolOutput> SystemProbe::run(const std::vector<ToolCall>& calls) const {
  std::deque<ToolProcess> tools;
  for (const ToolCall& call : calls) tools.emplace_back(call);
  while (std::any_of(tools.begin(), tools.end(), [](const ToolProcess& tool) { return !tool.done(); }))
    wait_for(tools);
  std::vector<ToolOutput> outputs;
  outputs.reserve(tools.size());
  for (ToolProcess& tool : tools) outputs.push_back(std::move(tool).finish());
  return outputs;
}

}  // namespace qwenfit
