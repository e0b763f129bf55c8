#include "detect/tool_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <thread>

extern char** environ;

namespace qwenfit {
namespace {

using std::chrono::milliseconds;

/// What a tool gets unless its call says otherwise.
constexpr milliseconds kUsualLimit{2000};
/// How long a process that was told to end is waited for.
constexpr milliseconds kPatience{100};

/// The environment of tools: ours, with the C locale.
std::vector<std::string> tool_environment() {
  std::vector<std::string> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("LC_") && !text.starts_with("LANG")) kept.emplace_back(text);
  }
  kept.emplace_back("LC_ALL=C");
  return kept;
}

std::vector<char*> c_pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Attributes and file actions of a spawn, released at the end of the block.
struct SpawnSetup {
  SpawnSetup() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

void set_up(SpawnSetup& setup, int output) {
  posix_spawn_file_actions_addopen(&setup.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&setup.files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&setup.files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  sigset_t defaults;
  sigemptyset(&defaults);
  // The program itself ignores these, and children would inherit that.
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&setup.attributes, &defaults);
  posix_spawnattr_setpgroup(&setup.attributes, 0);
  posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
}

bool open_pipe(std::array<int, 2>& ends) {
  if (::pipe(ends.data()) != 0) return false;
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

ToolProcess::ToolProcess(const ToolCall& call) {
  deadline_ = Clock::now() + (call.limit_ms > 0 ? milliseconds(call.limit_ms) : kUsualLimit);
  if (!call.words.empty()) start(call);
}

void ToolProcess::start(const ToolCall& call) {
  std::array<int, 2> ends = {-1, -1};
  if (!open_pipe(ends)) return;
  std::vector<std::string> words = call.words;
  std::vector<std::string> environment = tool_environment();
  const std::vector<char*> argv = c_pointers(words);
  const std::vector<char*> envp = c_pointers(environment);
  SpawnSetup setup;
  set_up(setup, ends[1]);
  const int fault =
      ::posix_spawnp(&child_, argv.front(), &setup.files, &setup.attributes, argv.data(), envp.data());
  ::close(ends[1]);
  if (fault != 0) {
    child_ = -1;
    if (fault == ENOEXEC) output_.state = ToolState::failed;  // it is there, and damaged or of another system
    ::close(ends[0]);
    return;
  }
  pipe_ = ends[0];
  output_.state = ToolState::failed;
}

ToolProcess::~ToolProcess() {
  if (!done()) stop(ToolState::failed);
}

void ToolProcess::take() {
  std::array<char, 16384> buffer;
  while (!done()) {
    const ssize_t got = ::read(pipe_, buffer.data(), buffer.size());
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) stop(ToolState::failed);
      return;
    }
    if (got == 0) {
      ::close(pipe_);
      pipe_ = -1;
      collect(false);
      return;
    }
    const std::size_t room = kMostProbeBytes - output_.text.size();
    output_.text.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
    if (static_cast<std::size_t>(got) > room) stop(ToolState::too_long);
  }
}

void ToolProcess::stop(ToolState why) {
  ::close(pipe_);
  pipe_ = -1;
  output_.state = why;
  collect(true);
}

/// A tool that sleeps in its driver does not even end when killed: nobody waits for it.
void ToolProcess::collect(bool killed) {
  if (child_ <= 0) return;
  if (killed) ::kill(-child_, SIGKILL);
  const auto until = killed ? Clock::now() + kPatience : deadline_;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child_, &status, WNOHANG)) == 0 && Clock::now() < until)
    std::this_thread::sleep_for(milliseconds(1));
  if (ended == 0 && !killed) {
    output_.state = ToolState::timed_out;
    ::kill(-child_, SIGKILL);
  }
  if (ended == child_ && !killed && WIFEXITED(status)) {
    constexpr int kCannotRun = 127;  // where spawning tells of a missing program no sooner
    const int code = WEXITSTATUS(status);
    output_.state = code == 0 ? ToolState::ok : code == kCannotRun ? ToolState::missing : ToolState::failed;
  }
  child_ = -1;
}

ToolOutput ToolProcess::finish() && {
  return std::move(output_);
}

}  // namespace qwenfit
