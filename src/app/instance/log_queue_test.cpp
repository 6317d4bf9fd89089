// The log never blocks the threads that log, and says what it dropped (R-A9).
#include "app/instance/log_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace stagedoor {
namespace {

std::string dropped_line(std::uint64_t count) { return "dropped " + std::to_string(count); }

// A pipe that nobody reads before read_all().
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
  }
  ~Pipe() {
    close_writer();
    ::close(ends_[0]);
  }
  int writer() const { return ends_[1]; }
  // Fills the pipe to the last byte.
  void fill() {
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string bytes(4096, 'x');
    for (std::size_t size = bytes.size(); size > 0; size /= 2) {
      while (::write(ends_[1], bytes.data(), size) > 0) {
      }
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  // Reads in a thread until the writing end is closed.
  void begin_to_read() {
    reader_ = std::thread([this] {
      char bytes[4096];
      for (ssize_t n = 0; (n = ::read(ends_[0], bytes, sizeof bytes)) > 0;)
        read_.append(bytes, std::size_t(n));
    });
  }
  std::string read_all() {
    close_writer();
    reader_.join();
    return read_;
  }

 private:
  std::array<int, 2> ends_{};
  std::thread reader_;
  std::string read_;
};

TEST(LogQueue, drops_and_counts_lines_that_nobody_reads_and_says_so_later) {
  Pipe pipe;
  pipe.fill();
  {
    LogQueue queue(pipe.writer(), dropped_line, 1000);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i) queue.add_record("line");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5))
        << "nobody waits for a reader";
    EXPECT_FALSE(queue.flush(Millis(50)));
    const auto dropped = queue.dropped();
    EXPECT_GT(dropped, 99'000u);
    pipe.begin_to_read();
    EXPECT_TRUE(queue.flush(Millis(5000)));
    EXPECT_EQ(queue.dropped(), dropped);
    std::istringstream written(pipe.read_all());
    std::uint64_t lines = 0;
    std::uint64_t told = 0;
    for (std::string line; std::getline(written, line);) {
      if (line.starts_with("dropped ")) told += std::stoull(line.substr(8));
      else ++lines;
    }
    EXPECT_EQ(lines, 100'000 - dropped);
    EXPECT_EQ(told, dropped);
  }
}

TEST(LogQueue, can_be_left_while_its_thread_waits_for_a_reader) {
  static Pipe& pipe = *new Pipe;  // the thread stays in its write until the process ends
  pipe.fill();
  const auto begin = std::chrono::steady_clock::now();
  { LogQueue(pipe.writer(), dropped_line).add_record("line"); }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(LogQueue, counts_lines_that_a_full_disk_refuses) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    LogQueue queue(full, dropped_line);
    for (int i = 0; i < 10; ++i) queue.add_record("line");
    EXPECT_TRUE(queue.flush(Millis(5000)));
    EXPECT_EQ(queue.dropped(), 10u);
  }
  ::close(full);
}

TEST(LogQueue, tells_an_event_that_goes_on_once_a_second) {
  Pipe pipe;
  pipe.begin_to_read();
  {
    LogQueue queue(pipe.writer(), dropped_line);
    std::size_t made = 0;
    const auto until = std::chrono::steady_clock::now() + Millis(2500);
    std::uint64_t events = 0;
    for (; std::chrono::steady_clock::now() < until; ++events) {
      queue.add_event("it broke", [&] {
        ++made;
        return std::string("{\"x\":1}");
      });
    }
    EXPECT_TRUE(queue.flush(Millis(5000)));
    EXPECT_LE(made, 5u) << "of " << events << " only those that are written are rendered";
  }
  const std::string written = pipe.read_all();
  EXPECT_EQ(written.find("{\"x\":1}\n{\"x\":1,\"count\":"), 0u) << written;
  const auto lines = std::count(written.begin(), written.end(), '\n');
  EXPECT_GE(lines, 3);
  EXPECT_LE(lines, 5);
}

TEST(LogQueue, sleeps_while_it_waits_for_more_of_an_event) {
  Pipe pipe;
  pipe.begin_to_read();
  {
    LogQueue queue(pipe.writer(), dropped_line);
    queue.add_event("it broke", [] { return std::string("{}"); });
    const std::clock_t begin = std::clock();  // of the processor, in all threads
    std::this_thread::sleep_for(Millis(600));
    EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 50);
  }
  pipe.read_all();
}

}  // namespace
}  // namespace stagedoor
