#include "adapters/stdout/stdout_sink.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

namespace stagedoor::standard_output {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    close_reading();
    ::close(ends[1]);
  }
  void close_reading() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read(std::size_t bytes) {
    std::string text;
    char buffer[4096];
    while (text.size() < bytes) {
      const ssize_t count = ::read(ends[0], buffer, std::min(sizeof buffer, bytes - text.size()));
      if (count <= 0) break;
      text.append(buffer, std::size_t(count));
    }
    return text;
  }
  int ends[2];
};

std::vector<OutboxEvent> events(std::size_t count, std::size_t size) {
  return std::vector<OutboxEvent>(count, OutboxEvent{.row = {}, .json = '"' + std::string(size, 'x') + '"'});
}

TEST(StdoutSink, writes_a_line_for_each_event) {
  Pipe pipe;
  StdoutSink sink(pipe.ends[1]);
  EXPECT_EQ(sink.accept(events(2, 1), {}), 2u);
  EXPECT_EQ(pipe.read(8), "\"x\"\n\"x\"\n");
}

TEST(StdoutSink, waits_for_a_slow_reader_and_loses_nothing) {
  Pipe pipe;
  StdoutSink sink(pipe.ends[1]);
  std::string read;
  std::thread reader([&] { read = pipe.read(300 * 1003); });
  EXPECT_EQ(sink.accept(events(300, 1000), {}), 300u);
  reader.join();
  EXPECT_EQ(read.size(), 300u * 1003);
}

TEST(StdoutSink, ends_at_a_stop_request_and_says_how_many_lines_are_whole) {
  Pipe pipe;
  StdoutSink sink(pipe.ends[1]);
  std::stop_source stop;
  std::size_t accepted = 300;
  std::thread writer([&] { accepted = sink.accept(events(300, 1000), stop.get_token()); });
  const std::string first = pipe.read(10 * 1003);
  stop.request_stop();
  writer.join();
  EXPECT_GE(accepted, 10u);
  EXPECT_LT(accepted, 300u);
  ::close(pipe.ends[1]);
  pipe.ends[1] = -1;
  const std::size_t bytes = first.size() + pipe.read(300 * 1003).size();
  EXPECT_EQ(accepted, bytes / 1003);
}

TEST(StdoutSink, is_unavailable_when_nobody_reads_any_more) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reading();
  StdoutSink sink(pipe.ends[1]);
  EXPECT_THROW(sink.accept(events(1, 1), {}), SinkUnavailable);
}

}  // namespace
}  // namespace stagedoor::standard_output
