// The server when the kernel has no descriptor or no memory for a client (R-A6). The linker puts the
// functions
// __wrap_… below in the place of the kernel's calls.
#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"
#include "support/raw_client.h"

namespace {

std::atomic<int> accept_error{0};  // 0: the call works
std::atomic<int> accepts{0};
std::atomic<int> watch_error{0};

}  // namespace

extern "C" {  // NOLINTBEGIN(bugprone-reserved-identifier): the names that the linker gives
int __real_accept4(int fd, sockaddr* address, socklen_t* size, int flags);
int __wrap_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  ++accepts;
  if (accept_error == 0) return __real_accept4(fd, address, size, flags);
  errno = accept_error;
  return -1;
}
int __real_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  if (watch_error == 0 || operation != EPOLL_CTL_ADD) return __real_epoll_ctl(epoll, operation, fd, event);
  errno = watch_error;
  return -1;
}
}  // NOLINTEND(bugprone-reserved-identifier)

namespace stagedoor::http {
namespace {

using testing::RawClient;
using testing::TestServer;

std::atomic<int> warnings{0};

class ServerDescriptors : public ::testing::Test {
 protected:
  ServerDescriptors() {
    warnings = 0;
    set_log_writer([](LogLevel level, std::string_view, std::span<const LogField>) {
      if (level == LogLevel::warn) ++warnings;
    });
    server_.get("/x", [](const Request&, Reply reply) { reply({.body = "x"}); });
  }
  ~ServerDescriptors() override {
    accept_error = watch_error = 0;
    set_log_writer(nullptr);
  }

  TestServer server_;
};

TEST_F(ServerDescriptors, are_short_for_a_while_and_the_server_neither_spins_nor_floods_the_log) {
  server_.start();
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    RawClient before(server_.port());
    EXPECT_EQ(before.get("/x").body, "x");
    accept_error = error;
    accepts = 0;
    RawClient waiting(server_.port());
    EXPECT_EQ(before.get("/x").body, "x") << "who is connected is served";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // 20 sweeps
    EXPECT_LE(accepts, 100) << error;
    accept_error = 0;
    EXPECT_EQ(waiting.get("/x").body, "x") << error;
  }
  EXPECT_EQ(warnings, 1) << "one line a minute";
}

TEST_F(ServerDescriptors, are_closed_when_a_client_cannot_be_watched) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  server_.config.threads = 1;
  server_.start();
  EXPECT_EQ(RawClient(server_.port()).get("/x").body, "x");
  watch_error = ENOSPC;
  {
    RawClient client(server_.port());
    EXPECT_TRUE(client.is_closed_by_server());
  }
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(RawClient(server_.port()).is_closed_by_server());
  EXPECT_EQ(open_descriptors(), before);
  watch_error = 0;
  EXPECT_EQ(RawClient(server_.port()).get("/x").body, "x");
}

}  // namespace
}  // namespace stagedoor::http
