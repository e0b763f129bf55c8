#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <streambuf>
#include <string>
#include <thread>

namespace qwenfit {

/// How far a command is, in words of less than 40 columns. `bytes` of `total` are read; 0: not known.
std::string progress_text(std::uint64_t seconds, std::uint64_t lines, std::uint64_t bytes,
                          std::uint64_t total);

/// A line on a terminal while a command takes longer than people wait, gone before anything else is written
/// there. A thread of its own looks at the clock; the other functions are for one thread.
class Progress {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};

  /// Shows nothing.
  Progress() = default;
  /// `screen`: file descriptor of a terminal.
  explicit Progress(int screen, std::chrono::milliseconds patience = kPatience);
  ~Progress() { stop(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool active() const { return thread_.joinable(); }
  /// What there is to read.
  void expect(std::uint64_t bytes);
  /// A line of input was read.
  void add_line(std::uint64_t bytes);
  /// Wipes the line, for good.
  void stop();

 private:
  void watch(std::chrono::milliseconds patience);
  void show(const std::string& text) const;

  int screen_ = -1;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::uint64_t lines_ = 0, bytes_ = 0, total_ = 0;
  std::thread thread_;
};

/// While it lives, the first thing written to `stream` ends `progress`.
class EndsProgress : public std::streambuf {
 public:
  EndsProgress(std::ostream& stream, Progress& progress);
  ~EndsProgress() override;

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  std::ostream& stream_;
  std::streambuf* inner_;
  Progress& progress_;
};

}  // namespace qwenfit
