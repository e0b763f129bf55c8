#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace qwenfit {

/// A program that sits at a terminal: what it is told to type, and what it showed.
class Terminal {
 public:
  /// `files`: what the child does with its standard files once they are the terminal, if anything.
  explicit Terminal(const std::vector<std::string>& args, void (*files)() = nullptr) {
    screen_ = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(screen_);
    unlockpt(screen_);
    const std::string name = ptsname(screen_);
    child_ = fork();
    if (child_ != 0) return;
    setsid();
    const int keyboard = open(name.c_str(), O_RDWR);
    const winsize size{24, 200, 0, 0};
    ioctl(keyboard, TIOCSWINSZ, &size);
    for (int file = 0; file < 3; ++file) dup2(keyboard, file);
    if (files != nullptr) files();
    std::vector<char*> argv;
    for (const auto& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  ~Terminal() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(screen_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& text) const {
    [[maybe_unused]] const auto written = write(screen_, text.data(), text.size());
  }

  /// Everything up to `mark`, or what there was when the program ended or hung.
  std::string until(const std::string& mark) {
    constexpr int kHangsAfterMs = 120000;
    for (;;) {
      if (const auto at = shown_.find(mark); at != std::string::npos) {
        const std::string text = shown_.substr(0, at + mark.size());
        shown_.erase(0, text.size());
        return text;
      }
      pollfd ready{screen_, POLLIN, 0};
      if (poll(&ready, 1, kHangsAfterMs) <= 0) return shown_;
      std::array<char, 4096> chunk{};
      const auto size = read(screen_, chunk.data(), chunk.size());
      if (size <= 0) return shown_;
      shown_.append(chunk.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  int screen_ = -1;
  pid_t child_ = -1;
  std::string shown_;
};

}  // namespace qwenfit
