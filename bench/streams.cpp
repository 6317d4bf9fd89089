// Listeners for ./x bench: opens event streams, makes one change after the other, and measures from sending
// the change until the last listener has heard of it. One thread, plain sockets and epoll. Prints JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "crowd/call.h"
#include "crowd/endpoint.h"

namespace {

using namespace stagedoor;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kOpening = 200;  // streams being opened at once

struct Options {
  std::string url;
  std::string target;  // of the streams; {} is a listener's token
  std::string tokens;  // file with one a line, used in turn
  std::size_t streams = 0;
  std::string event;  // what every listener hears of a change
  std::string change_method = "POST";
  std::string change_target;
  std::string change_token;
  std::vector<std::string> change_bodies;  // one a change
  int change_every_ms = 0;                 // 0: one soon after the other
  std::string ready_file;                  // written when all listen; the changes begin when it is gone again
};

// Counts how often a text stands in what arrives in pieces.
struct Listener {
  int fd = -1;
  bool has_begun = false;
  std::string tail;  // of the last piece: the text may go on in the next
  std::uint32_t heard = 0;
};

class Listeners {
 public:
  explicit Listeners(const Options& options)
      : options_(options), to_(crowd::resolve(options.url)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  void open(const std::vector<std::string>& tokens) {
    all_.resize(options_.streams);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      open(i, tokens[i % tokens.size()]);
      while (i + 1 - begun_ > kOpening) poll(1000);
    }
    while (begun_ < all_.size()) poll(1000);
  }
  // Until all have heard `times` events of changes; the moments at which each did, when that was the last.
  std::vector<Clock::time_point> await(std::uint32_t times) {
    told_.clear();
    wanted_ = times;
    while (told_.size() < all_.size()) poll(5000);
    return told_;
  }

 private:
  void open(std::size_t index, const std::string& token) {
    Listener& one = all_[index];
    one.fd = ::socket(to_.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (one.fd < 0 ||
        ::connect(one.fd, reinterpret_cast<const sockaddr*>(&to_.address), to_.address_size) != 0)
      throw std::runtime_error("cannot connect");
    std::string target = options_.target;
    if (const auto at = target.find("{}"); at != target.npos) target.replace(at, 2, token);
    const std::string request = crowd::render(to_, {.target = target});
    if (::send(one.fd, request.data(), request.size(), MSG_NOSIGNAL) != ssize_t(request.size()))
      throw std::runtime_error("cannot send");
    ::fcntl(one.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event);
  }
  void poll(int patience_ms) {
    std::array<epoll_event, 256> ready;
    const int count = ::epoll_wait(epoll_, ready.data(), int(ready.size()), patience_ms);
    if (count == 0) throw std::runtime_error("nothing is told any more");
    for (int i = 0; i < count; ++i) read(all_[ready[std::size_t(i)].data.u64]);
  }
  void read(Listener& one) {
    static std::array<char, 64 * 1024> bytes;
    const ssize_t n = ::recv(one.fd, bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) throw std::runtime_error("a stream was closed");
    if (!std::exchange(one.has_begun, true)) {
      if (!std::string_view(bytes.data(), std::size_t(n)).starts_with("HTTP/1.1 200"))
        throw std::runtime_error(std::string(bytes.data(), std::size_t(n)));
      ++begun_;
    }
    std::string text = std::move(one.tail);
    text.append(bytes.data(), std::size_t(n));
    const std::uint32_t before = one.heard;
    std::size_t at = 0;
    for (std::size_t found = 0; (found = text.find(options_.event, at)) != text.npos; ++one.heard) {
      at = found + options_.event.size();
    }
    one.tail = text.substr(std::max(at, text.size() - std::min(text.size(), options_.event.size() - 1)));
    if (before < wanted_ && one.heard >= wanted_) told_.push_back(Clock::now());
  }

  const Options& options_;
  crowd::Endpoint to_;
  int epoll_;
  std::vector<Listener> all_;
  std::size_t begun_ = 0;
  std::uint32_t wanted_ = ~0U;
  std::vector<Clock::time_point> told_;
};

std::vector<std::string> read_lines(const std::string& name) {
  std::ifstream file(name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) throw std::runtime_error("no line in " + name);
  return lines;
}

void run(const Options& options) {
  Listeners listeners(options);
  listeners.open(read_lines(options.tokens));
  if (!options.ready_file.empty()) {
    std::ofstream(options.ready_file) << "ready\n";
    while (::access(options.ready_file.c_str(), F_OK) == 0) ::usleep(10'000);
  }
  crowd::Caller caller(options.url);
  std::string changes;
  auto next = Clock::now();
  for (std::size_t i = 0; i < options.change_bodies.size(); ++i) {
    const auto begin = Clock::now();
    const crowd::Reply reply = caller.call({.method = options.change_method,
                                            .target = options.change_target,
                                            .headers = {{"Authorization", options.change_token}},
                                            .body = options.change_bodies[i]});
    const auto answered = Clock::now();
    if (reply.status >= 300 || reply.status < 200)
      throw std::runtime_error(fmt::format("the change was answered {}: {}", reply.status, reply.body));
    auto told = listeners.await(std::uint32_t(i + 1));
    std::sort(told.begin(), told.end());
    const auto ms = [&](Clock::time_point at) {
      return std::chrono::duration<double, std::milli>(at - begin).count();
    };
    changes += fmt::format(
        "{}{{\"answered\":{:.1f},\"first\":{:.1f},\"p50\":{:.1f},\"p99\":{:.1f},\"last\":{:.1f}}}",
        i == 0 ? "" : ",", ms(answered), ms(told.front()), ms(told[told.size() / 2]),
        ms(told[told.size() * 99 / 100]), ms(told.back()));
    // Changes fall anywhere between two rounds of the server.
    next = options.change_every_ms > 0 ? next + std::chrono::milliseconds(options.change_every_ms)
                                       : Clock::now() + std::chrono::milliseconds(300 + 37 * (i % 5));
    std::this_thread::sleep_until(next);
  }
  std::cout << fmt::format("{{\"streams\":{},\"changesMs\":[{}]}}\n", options.streams, changes);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Listens to event streams while changes are made");
  app.add_option("--url", options.url)->required();
  app.add_option("--target", options.target, "of the streams; {} is a listener's token")->required();
  app.add_option("--tokens", options.tokens, "file with one token a line")->required();
  app.add_option("--streams", options.streams)->required();
  app.add_option("--event", options.event, "the text that a change brings to every listener once")
      ->required();
  app.add_option("--change-method", options.change_method);
  app.add_option("--change-target", options.change_target)->required();
  app.add_option("--change-token", options.change_token);
  app.add_option("--change", options.change_bodies, "the body of a change; each is made and measured")
      ->required();
  app.add_option("--change-every", options.change_every_ms,
                 "milliseconds from one change to the next, so that several of these programs keep step");
  app.add_option("--ready-file", options.ready_file,
                 "written when all listen; changes begin when it is removed");
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "bench_streams: " << error.what() << '\n';
    return 2;
  }
}
