#pragma once

#include <sys/types.h>

#include <chrono>

#include "detect/probe.h"

namespace qwenfit {

/// One running tool and the pipe of its standard output.
class ToolProcess {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ToolProcess(const ToolCall& call);
  ToolProcess(const ToolProcess&) = delete;
  ToolProcess& operator=(const ToolProcess&) = delete;
  ~ToolProcess();

  bool done() const { return pipe_ < 0; }
  int pipe() const { return pipe_; }
  Clock::time_point deadline() const { return deadline_; }
  /// Reads what is there.
  void take();
  /// Past its time.
  void cut_off() { stop(ToolState::timed_out); }
  ToolOutput finish() &&;

 private:
  void start(const ToolCall& call);
  /// Kills it and closes the pipe.
  void stop(ToolState why);
  void collect(bool killed);

  pid_t child_ = -1;
  int pipe_ = -1;
  Clock::time_point deadline_;
  ToolOutput output_;
};

}  // namespace qwenfit
