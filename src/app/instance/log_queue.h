// Log lines on their way to a file descriptor. A thread of its own writes them, because a write may block for
// ever (a pipe that nobody reads); callers never wait for it. When the queue is full, further lines are
// dropped and counted. Events that repeat are counted instead of written (R-A9).
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/time.h"

namespace stagedoor {

class LogQueue {
 public:
  // Makes a line without its line break: a JSON object.
  using MakeLine = absl::FunctionRef<std::string()>;
  // Makes the line that says how many lines were dropped.
  using DroppedLine = std::string (*)(std::uint64_t count);

  static constexpr std::size_t kBytesMax = 4 << 20;

  // Does not close `file`. `bytes_max` is for the lines that wait.
  LogQueue(int file, DroppedLine dropped_line, std::size_t bytes_max = kBytesMax);
  // flush(), then ends the thread; a thread that is blocked in a write is left behind.
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // Any thread from here on.
  void add_record(std::string line);
  // The first event with this message is written at once, those of each following second as one line with
  // their `count`, until a second passes without one. Messages are those of the code, so there are few.
  void add_event(std::string_view message, MakeLine line);
  // Waits until all lines and counts are written, at most `patience`. Returns false if some are not.
  bool flush(Millis patience);
  // Lines that were dropped, or that the descriptor refused, since the start.
  std::uint64_t dropped() const;

 private:
  class State;
  std::shared_ptr<State> state_;  // shared with the thread
};

}  // namespace stagedoor
