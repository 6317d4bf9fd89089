#include "app/instance/log_queue.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "core/guarded.h"

namespace stagedoor {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Millis kWindow{1000};  // repeats and drops are reported this often
constexpr Millis kEndPatience{1000};

// Returns false if the descriptor takes no more: a full disk, a closed pipe.
bool write_line(int file, std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(file, line.data(), line.size());
    if (written > 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd ready{.fd = file, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

class LogQueue::State {
 public:
  State(int file, DroppedLine dropped_line, std::size_t bytes_max)
      : file_(file), dropped_line_(dropped_line), bytes_max_(bytes_max) {}

  void add_record(std::string line) {
    const MutexLock lock(mutex_);
    push(std::move(line));
  }

  void add_event(std::string_view message, MakeLine line) {
    const MutexLock lock(mutex_);
    const auto found = repeats_.find(message);
    if (found == repeats_.end()) {
      repeats_.emplace(message, Repeat{.until = SteadyClock::now() + kWindow});
      push(line());
    } else if (found->second.count++ == 0) {
      found->second.line = line();
    }
  }

  bool flush(Millis patience) {
    const auto until = SteadyClock::now() + patience;
    MutexLock lock(mutex_);
    is_hurried_ = true;
    changed_.notify_all();
    while ((is_hurried_ || is_writing_ || !lines_.empty()) && lock.wait_until(changed_, until)) {
    }
    return !is_hurried_ && !is_writing_ && lines_.empty();
  }

  void end() {
    const MutexLock lock(mutex_);
    is_ended_ = true;
    changed_.notify_all();
  }

  std::uint64_t dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

  void run() {
    for (;;) {
      std::deque<std::string> lines;
      std::uint64_t unreported = 0;
      if (!next(lines, unreported)) return;
      std::uint64_t lost = 0;
      for (const std::string& line : lines) lost += write_line(file_, line) ? 0 : 1;
      const bool is_reported = unreported > 0 && write_line(file_, dropped_line_(unreported) + "\n");
      const MutexLock lock(mutex_);
      dropped_ += lost;
      if (is_reported) reported_ += unreported;
      is_writing_ = false;
      changed_.notify_all();
    }
  }

 private:
  struct Repeat {
    SteadyClock::time_point until{};
    std::uint64_t count = 0;  // of the events since the last line
    std::string line{};       // of the first of these
  };

  void push(std::string line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    line += '\n';
    if (bytes_ + line.size() > bytes_max_) {
      ++dropped_;
      return;
    }
    bytes_ += line.size();
    lines_.push_back(std::move(line));
    if (lines_.size() == 1) changed_.notify_all();
  }

  // Waits for lines. Returns false at the end.
  bool next(std::deque<std::string>& lines, std::uint64_t& unreported) {
    MutexLock lock(mutex_);
    for (;;) {
      const auto now = SteadyClock::now();
      write_counts(now);
      if (now >= report_at_ || is_hurried_) unreported = dropped_ - reported_;
      if (unreported > 0) report_at_ = now + kWindow;
      is_hurried_ = false;
      if (lines_.empty() && is_ended_) return false;
      if (!lines_.empty() || unreported > 0) break;
      changed_.notify_all();  // for flush()
      if (repeats_.empty() && dropped_ == reported_) lock.wait(changed_);
      else lock.wait_until(changed_, now + kWindow / 4);
    }
    lines = std::exchange(lines_, {});
    bytes_ = 0;
    is_writing_ = true;
    return true;
  }

  void write_counts(SteadyClock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (auto at = repeats_.begin(); at != repeats_.end();) {
      Repeat& repeat = at->second;
      const auto here = at++;
      if (now < repeat.until && !is_hurried_) continue;
      if (repeat.count == 0) {
        repeats_.erase(here);
        continue;
      }
      repeat.line.insert(repeat.line.size() - 1, ",\"count\":" + std::to_string(repeat.count));
      push(std::move(repeat.line));
      repeat = {.until = now + kWindow};
    }
  }

  const int file_;
  const DroppedLine dropped_line_;
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of lines_
  std::map<std::string, Repeat, std::less<>> repeats_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t reported_ ABSL_GUARDED_BY(mutex_) = 0;  // of dropped_, in a line
  SteadyClock::time_point report_at_ ABSL_GUARDED_BY(mutex_){};
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_hurried_ ABSL_GUARDED_BY(mutex_) = false;  // flush() waits
  bool is_ended_ ABSL_GUARDED_BY(mutex_) = false;
};

LogQueue::LogQueue(int file, DroppedLine dropped_line, std::size_t bytes_max)
    : state_(std::make_shared<State>(file, dropped_line, bytes_max)) {
  sigset_t all, before;  // signals are for the threads that wait for them
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([state = state_] { state->run(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogQueue::~LogQueue() {
  flush(kEndPatience);
  state_->end();
}

void LogQueue::add_record(std::string line) { state_->add_record(std::move(line)); }

void LogQueue::add_event(std::string_view message, MakeLine line) { state_->add_event(message, line); }

bool LogQueue::flush(Millis patience) { return state_->flush(patience); }

std::uint64_t LogQueue::dropped() const { return state_->dropped(); }

}  // namespace stagedoor
