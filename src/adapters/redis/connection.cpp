#include "adapters/redis/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "core/parse_number.h"

namespace stagedoor::redis {
namespace {

timeval to_timeval(Millis time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

}  // namespace

Connection::Connection(const RedisUrl& url, Millis timeout) {
  const Host host = url.sentinel.empty() ? url.hosts.front() : primary_of(url, timeout);
  context_ = connect(host, timeout);
  set_timeout(timeout);
  redisEnableKeepAlive(context_.get());
  try {
    if (!url.password.empty()) {
      if (url.user.empty()) ask({"AUTH", url.password});
      else ask({"AUTH", url.user, url.password});
    }
    if (url.database > 0) ask({"SELECT", std::to_string(url.database)});
    const Reply role = ask({"ROLE"});
    const auto parts = elements_of(*role);
    if (parts.empty() || text_of(*parts.front()) != "master")
      throw Disconnected(fmt::format("{}:{} is a replica", host.name, host.port));
  } catch (const Refused& refused) {  // a wrong password, a server that loads
    throw Disconnected(fmt::format("{}:{}: {}", host.name, host.port, refused.what()));
  }
}

Connection::Context Connection::connect(const Host& host, Millis timeout) {
  Context context(redisConnectWithTimeout(host.name.c_str(), host.port, to_timeval(timeout)));
  if (!context) throw std::bad_alloc();
  if (context->err != 0)
    throw Disconnected(
        fmt::format("{}:{}: {}", host.name, host.port, static_cast<const char*>(context->errstr)));
  return context;
}

Host Connection::primary_of(const RedisUrl& url, Millis timeout) {
  std::string causes;
  for (const Host& sentinel : url.hosts) {
    try {
      context_ = connect(sentinel, timeout);
      set_timeout(timeout);
      const Reply reply = ask({"SENTINEL", "get-master-addr-by-name", url.sentinel});
      const auto address = elements_of(*reply);
      const auto port = address.size() == 2 ? parse_number<int>(text_of(*address[1])) : std::nullopt;
      if (port) return {std::string(text_of(*address[0])), *port};
      causes += fmt::format(" {}:{} does not know {};", sentinel.name, sentinel.port, url.sentinel);
    } catch (const std::runtime_error& cause) {
      causes += fmt::format(" {};", cause.what());
    }
  }
  throw Disconnected("no Sentinel names the primary:" + causes);
}

void Connection::set_timeout(Millis timeout) { redisSetTimeout(context_.get(), to_timeval(timeout)); }

void Connection::fail(std::string_view what) const {
  throw Disconnected(fmt::format("{}: {}", what, static_cast<const char*>(context_->errstr)));
}

void Connection::send(std::span<const std::string_view> parts) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string_view part : parts) {
    texts.push_back(part.data());
    lengths.push_back(part.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(parts.size()), texts.data(), lengths.data()) !=
      REDIS_OK)
    fail("sending failed");
}

Reply Connection::reply() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) fail("the connection broke");
  Reply owned(static_cast<redisReply*>(reply));
  if (owned->type == REDIS_REPLY_ERROR) throw Refused(std::string(text_of(*owned)));
  return owned;
}

Reply Connection::ask(std::initializer_list<std::string_view> parts) {
  send({parts.begin(), parts.size()});
  return reply();
}

bool Connection::is_closed() const {
  char byte = 0;
  const ssize_t count = ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace stagedoor::redis
