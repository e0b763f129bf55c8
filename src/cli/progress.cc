#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <system_error>

namespace qwenfit {
namespace {

constexpr std::string_view kWipe = "\r\x1b[K";

}  // namespace

std::string progress_text(std::uint64_t seconds, std::uint64_t lines, std::uint64_t bytes,
                          std::uint64_t total) {
  if (lines == 0) return "qwenfit: working, " + std::to_string(seconds) + " s";
  std::string text = "qwenfit: " + std::to_string(lines) + (lines == 1 ? " line" : " lines");
  if (total > 0) {
    const double share = static_cast<double>(std::min(bytes, total)) / static_cast<double>(total);
    text += ", " + std::to_string(static_cast<int>(100 * share)) + " %";
  }
  return text;
}

Progress::Progress(int screen, std::chrono::milliseconds patience) : screen_(screen) {
  try {
    thread_ = std::thread([this, patience] { watch(patience); });
  } catch (const std::system_error&) {
    // Where no thread is to be had the answer comes without.
  }
}

void Progress::expect(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  total_ = bytes;
}

void Progress::add_line(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++lines_;
  bytes_ += bytes;
}

void Progress::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

void Progress::show(const std::string& text) const {
  // A terminal that is gone is no fault.
  [[maybe_unused]] const auto written = write(screen_, text.data(), text.size());
}

void Progress::watch(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kEvery{250};
  const auto start = Clock::now();
  std::unique_lock lock(mutex_);
  if (stopped_.wait_for(lock, patience, [this] { return stop_; })) return;
  do {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start).count();
    const auto text = progress_text(static_cast<std::uint64_t>(seconds), lines_, bytes_, total_);
    lock.unlock();
    show(std::string(kWipe) + text);
    lock.lock();
  } while (!stopped_.wait_for(lock, kEvery, [this] { return stop_; }));
  show(std::string(kWipe));
}

EndsProgress::EndsProgress(std::ostream& stream, Progress& progress)
    : stream_(stream), inner_(stream.rdbuf(this)), progress_(progress) {}

EndsProgress::~EndsProgress() {
  const auto state = stream_.rdstate();
  stream_.rdbuf(inner_);
  stream_.setstate(state);
}

EndsProgress::int_type EndsProgress::overflow(int_type c) {
  progress_.stop();
  return traits_type::eq_int_type(c, traits_type::eof()) ? traits_type::not_eof(c)
                                                         : inner_->sputc(traits_type::to_char_type(c));
}

std::streamsize EndsProgress::xsputn(const char* text, std::streamsize size) {
  progress_.stop();
  return inner_->sputn(text, size);
}

int EndsProgress::sync() {
  return inner_->pubsync();
}

}  // namespace qwenfit
