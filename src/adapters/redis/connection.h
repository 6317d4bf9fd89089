// A connection to a Redis server that takes writes. Blocking; one thread at a time.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "adapters/redis/redis_url.h"
#include "core/time.h"

namespace stagedoor::redis {

// The server cannot be reached, or the connection broke. What was sent last may have been done.
struct Disconnected : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The server answered with an error: OOM, READONLY, NOAUTH, LOADING. Nothing was done.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

inline std::string_view text_of(const redisReply& reply) { return {reply.str, reply.len}; }
inline std::span<redisReply* const> elements_of(const redisReply& reply) {
  return {reply.element, reply.type == REDIS_REPLY_ARRAY ? reply.elements : 0};
}

class Connection {
 public:
  // Connects, logs in, and chooses the database, each within the time-out. With Sentinel, to the primary that
  // the first Sentinel to answer names. Throws Disconnected, also if the server is not a primary.
  Connection(const RedisUrl& url, Millis timeout);

  // Sends a command with the next reply().
  void send(std::span<const std::string_view> parts);
  // The reply of the oldest command without one. Throws Disconnected, Refused; after the first of them the
  // connection is of no use any more.
  Reply reply();
  Reply ask(std::initializer_list<std::string_view> parts);
  // True if the server has ended it. While no reply is awaited.
  bool is_closed() const;
  // Of each reply from now on.
  void set_timeout(Millis timeout);

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  using Context = std::unique_ptr<redisContext, FreeContext>;

  static Context connect(const Host& host, Millis timeout);
  Host primary_of(const RedisUrl& url, Millis timeout);
  [[noreturn]] void fail(std::string_view what) const;

  Context context_;
};

}  // namespace stagedoor::redis
