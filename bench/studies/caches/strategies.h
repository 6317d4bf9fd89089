// Where a list is read from: PostgreSQL at each request, or one of several caches before it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/redis/connection.h"
#include "core/guarded.h"
#include "http/types.h"
#include "lists.h"

namespace stagedoor::caches {

using Body = std::shared_ptr<const std::string>;

// Each worker has its own.
struct Connections {
  Database database;
  std::unique_ptr<redis::Connection> redis;  // null: the strategy has no use for it
};

// Any thread, except where it says so.
class Strategy {
 public:
  virtual ~Strategy() = default;
  // From this process's memory; null: a worker has to look.
  virtual Body find(List) { return nullptr; }
  // A worker looks where no other request needs a query: in Redis, or again in memory.
  virtual Body look(List list, Connections&) { return find(list); }
  // A worker has queried the database.
  virtual Body keep(List list, Rows rows, Connections&) {
    return std::make_shared<const std::string>(render(list, rows));
  }
  // The event was changed and the change is committed; it is not answered yet.
  virtual void changed(const EventRow&, Connections&) {}
  // Before the first request. Most begin empty.
  virtual void warm(Connections&) {}
};

// `none`, `look-aside`, `read-through`, `write-through` or `rendered`. Throws std::runtime_error.
std::unique_ptr<Strategy> make_strategy(const std::string& name, std::chrono::milliseconds ttl);

// How often the database was asked for a list. An expiry: a query that began while no other one was running,
// with all those that began until none was left.
struct Counts {
  std::atomic<std::uint64_t> queries{0}, expiries{0}, worst_expiry{0};
};

// Answers requests by a strategy; what may block is done by workers.
class ListServer {
 public:
  struct Options {
    std::unique_ptr<Strategy> strategy;
    bool single_flight = false;  // who misses while another one queries waits for that answer
    std::size_t workers = 8;
    std::chrono::milliseconds query_extra{0};  // every query of a list takes so much longer
    std::function<Connections()> connect;
  };
  explicit ListServer(Options options);
  ~ListServer();

  void get(List list, http::Reply reply);
  void change(http::Reply reply);
  const Counts& counts() const { return counts_; }

 private:
  using Job = std::function<void(Connections&)>;
  // Of one list: who waits while it is queried.
  struct Flight {
    bool is_flying = false;
    std::vector<std::shared_ptr<http::Reply>> waiting;
  };

  void submit(Job job);
  void work();
  void answer(List list, const std::shared_ptr<http::Reply>& reply, Connections& connections);
  Body query(List list, Connections& connections);
  bool joins_flight(List list, const std::shared_ptr<http::Reply>& reply);
  std::vector<std::shared_ptr<http::Reply>> land(List list);

  Options options_;
  Counts counts_;
  struct Running {
    std::uint64_t now = 0, of_this_expiry = 0;
  };
  Guarded<Running> running_;
  Guarded<Flight> flights_[2];
  Mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool is_done_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace stagedoor::caches
