// Locks in Redis before the cells in PostgreSQL: one server by Redisson's algorithm (a hash with a TTL, those
// who wait are woken by a message), and Redlock over five servers. Fenced: the store counts its holders, and
// only the newest may write.
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <random>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "cells.h"

namespace locks {
namespace {

constexpr const char* kKey = "lock:1";
constexpr const char* kChannel = "redisson_lock__channel:{lock:1}";

// As in Redisson's RedissonLock: a nil answer is success, a number the time to the lock's end.
constexpr const char* kLock = R"(
if redis.call('exists', KEYS[1]) == 0 or redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
  redis.call('hincrby', KEYS[1], ARGV[2], 1)
  redis.call('pexpire', KEYS[1], ARGV[1])
  return nil
end
return redis.call('pttl', KEYS[1]))";
constexpr const char* kUnlock = R"(
if redis.call('hexists', KEYS[1], ARGV[2]) == 0 then return nil end
if redis.call('hincrby', KEYS[1], ARGV[2], -1) > 0 then return 0 end
redis.call('del', KEYS[1])
redis.call('publish', KEYS[2], ARGV[1])
return 1)";
constexpr const char* kDeleteIfMine =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class Redis {
 public:
  explicit Redis(const std::string& address) {
    const auto colon = address.find(':');
    context_.reset(redisConnect(address.substr(0, colon).c_str(), std::stoi(address.substr(colon + 1))));
    if (!context_ || context_->err) throw std::runtime_error("Redis cannot be reached");
  }
  template <class... Words>
  void send(const char* format, Words... words) {
    redisAppendCommand(context_.get(), format, words...);
  }
  Reply reply() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK) throw std::runtime_error("Redis was lost");
    Reply reply(static_cast<redisReply*>(raw));
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(reply->str);
    return reply;
  }
  template <class... Words>
  Reply ask(const char* format, Words... words) {
    send(format, words...);
    return reply();
  }

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::unique_ptr<redisContext, Free> context_;
};

std::string name_of_holder() {
  static std::atomic<int> last{0};
  return "holder-" + std::to_string(++last);
}

void sleep_a_while(int max_us) {
  thread_local std::minstd_rand chance{std::random_device{}()};
  std::this_thread::sleep_for(std::chrono::microseconds(chance() % static_cast<unsigned>(max_us)));
}

// Of one client.
class Lock {
 public:
  virtual ~Lock() = default;
  virtual void lock() = 0;
  virtual void unlock() = 0;  // whether or not it is still held
};

// Wakes one waiting client of this process for each message, as Redisson's latch does.
class Wakeups {
 public:
  explicit Wakeups(const std::string& address) : redis_(address) {
    redis_.ask("SUBSCRIBE %s", kChannel);
    thread_ = std::jthread([this] {
      try {
        while (std::string_view(redis_.reply()->element[2]->str) != "stop") latch_.release();
      } catch (const std::exception&) {  // the server has gone
      }
    });
  }
  void wait(std::chrono::milliseconds longest) { (void)latch_.try_acquire_for(longest); }

 private:
  Redis redis_;
  std::counting_semaphore<> latch_{0};
  std::jthread thread_;
};

class OneServer final : public Lock {
 public:
  OneServer(const std::string& address, Wakeups& wakeups, std::chrono::milliseconds ttl, Tally& tally)
      : redis_(address), wakeups_(wakeups), ttl_(std::to_string(ttl.count())), tally_(tally) {}
  void lock() override {
    for (;;) {
      const Reply reply = redis_.ask("EVAL %s 1 %s %s %s", kLock, kKey, ttl_.c_str(), me_.c_str());
      if (reply->type == REDIS_REPLY_NIL) return;
      ++tally_.retries;
      wakeups_.wait(std::chrono::milliseconds(std::max(1LL, reply->integer)));
    }
  }
  void unlock() override { redis_.ask("EVAL %s 2 %s %s %s %s", kUnlock, kKey, kChannel, "0", me_.c_str()); }

 private:
  Redis redis_;
  Wakeups& wakeups_;
  const std::string ttl_, me_ = name_of_holder();
  Tally& tally_;
};

class Redlock final : public Lock {
 public:
  Redlock(const std::vector<std::string>& addresses, std::chrono::milliseconds ttl, Tally& tally)
      : ttl_(ttl), tally_(tally) {
    for (const auto& address : addresses) nodes_.emplace_back(address);
  }
  void lock() override {
    const std::string ttl = std::to_string(ttl_.count());
    for (;;) {
      const auto begin = Steady::now();
      for (Redis& node : nodes_) node.send("SET %s %s NX PX %s", kKey, me_.c_str(), ttl.c_str());
      std::size_t got = 0;
      for (Redis& node : nodes_) got += node.reply()->type == REDIS_REPLY_STATUS;
      const auto drift = ttl_ / 100 + std::chrono::milliseconds(2);
      if (got > nodes_.size() / 2 && Steady::now() - begin < ttl_ - drift) return;
      unlock();
      ++tally_.retries;
      sleep_a_while(10'000);
    }
  }
  void unlock() override {
    for (Redis& node : nodes_) node.send("EVAL %s 1 %s %s", kDeleteIfMine, kKey, me_.c_str());
    for (Redis& node : nodes_) node.reply();
  }

 private:
  std::vector<Redis> nodes_;
  const std::chrono::milliseconds ttl_;
  const std::string me_ = name_of_holder();
  Tally& tally_;
};

enum class Over : std::uint8_t { one_server, five_servers };

class Locked final : public Way {
 public:
  Locked(const Work& work, const Servers& servers, Over over, bool is_fenced)
      : servers_(servers), over_(over), is_fenced_(is_fenced) {
    Cells::create(servers.postgres, work);
    for (const auto& address : servers.redis) Redis(address).ask("FLUSHALL");
  }
  Cell cell(std::int64_t id) override { return Cells(servers_.postgres).read(id); }
  void run(const Work& work, Tally& tally) override {
    Wakeups wakeups(servers_.redis.front());
    run_clients(work, tally, [&]() -> Client {
      auto cells = std::make_shared<Cells>(servers_.postgres);
      std::shared_ptr<Lock> lock;
      if (over_ == Over::one_server)
        lock = std::make_shared<OneServer>(servers_.redis.front(), wakeups, work.lock_ttl, tally);
      else lock = std::make_shared<Redlock>(servers_.redis, work.lock_ttl, tally);
      return [&, cells, lock](const Task& task) { return one(*cells, *lock, work, task, tally); };
    });
    Redis(servers_.redis.front()).ask("PUBLISH %s stop", kChannel);
  }

 private:
  Tally::Answer one(Cells& cells, Lock& lock, const Work& work, const Task& task, Tally& tally) const {
    for (bool is_first = true;; is_first = false) {
      lock.lock();
      const Cell now = cells.read(task.cell, is_fenced_ ? Read::as_newest_holder : Read::plain);
      if (is_first) pause_if_told(work, task);
      const auto after = decide(now, task);
      const bool is_written = after && cells.write(task, *after, {.fence = is_fenced_ ? now.fence : -1});
      lock.unlock();
      if (!after) return Tally::Answer::refused;
      if (is_written) return Tally::Answer::granted;
      ++tally.fenced;  // somebody newer has the lock: from the beginning
    }
  }
  const Servers servers_;
  const Over over_;
  const bool is_fenced_;
};

// Of a seat: held in Redis for a while, written when it is paid, and freed then.
class Hold final : public Way {
 public:
  Hold(const Work& work, const Servers& servers) : servers_(servers) {
    Cells::create(servers.postgres, work);
    Redis(servers.redis.front()).ask("FLUSHALL");
  }
  Cell cell(std::int64_t id) override { return Cells(servers_.postgres).read(id); }
  void run(const Work& work, Tally& tally) override {
    run_clients(work, tally, [&]() -> Client {
      auto cells = std::make_shared<Cells>(servers_.postgres);
      auto redis = std::make_shared<Redis>(servers_.redis.front());
      return [cells, redis, me = name_of_holder()](const Task& task) {
        if (redis->ask("SET seat:1 %s NX PX 300000", me.c_str())->type != REDIS_REPLY_STATUS)
          return Tally::Answer::refused;
        const auto after = decide(cells->read(task.cell), task);  // it may be sold since the last hold
        const bool is_mine = after && cells->write(task, *after);
        redis->ask("EVAL %s 1 seat:1 %s", kDeleteIfMine, me.c_str());
        return is_mine ? Tally::Answer::granted : Tally::Answer::refused;
      };
    });
  }

 private:
  const Servers servers_;
};

}  // namespace

std::unique_ptr<Way> make_redis_way(const std::string& name, const Work& work, const Servers& servers) {
  if (name == "redis") return std::make_unique<Locked>(work, servers, Over::one_server, false);
  if (name == "redis fenced") return std::make_unique<Locked>(work, servers, Over::one_server, true);
  if (name == "redlock") return std::make_unique<Locked>(work, servers, Over::five_servers, false);
  if (name == "redlock fenced") return std::make_unique<Locked>(work, servers, Over::five_servers, true);
  if (name == "redis hold") return std::make_unique<Hold>(work, servers);
  return nullptr;
}

}  // namespace locks
