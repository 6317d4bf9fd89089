#include "strategies.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace stagedoor::caches {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t index(List list) { return list == List::events ? 0 : 1; }

void put(std::vector<EventRow>& rows, const EventRow& row) {
  const auto at = std::ranges::find(rows, row.id, &EventRow::id);
  if (at != rows.end()) *at = row;
}

class None final : public Strategy {};

// The application looks into Redis, queries when the key is missing, and sets the key; a write deletes it.
class LookAside final : public Strategy {
 public:
  explicit LookAside(std::chrono::milliseconds ttl) : ttl_(std::to_string(ttl.count())) {}

  Body look(List list, Connections& connections) override {
    const auto reply = connections.redis->ask({"GET", key(list)});
    if (reply->type != REDIS_REPLY_STRING) return nullptr;
    return std::make_shared<const std::string>(redis::text_of(*reply));
  }
  Body keep(List list, Rows rows, Connections& connections) override {
    auto body = std::make_shared<const std::string>(render(list, rows));
    connections.redis->ask({"SET", key(list), *body, "PX", ttl_});
    return body;
  }
  void changed(const EventRow&, Connections& connections) override {
    connections.redis->ask({"DEL", key(List::events)});
  }

 private:
  static std::string_view key(List list) { return list == List::events ? "list:events" : "list:dates:1"; }
  std::string ttl_;
};

// The rows in this process until they expire; a write does not touch them. Every request renders them.
class ReadThrough final : public Strategy {
 public:
  explicit ReadThrough(std::chrono::milliseconds ttl) : ttl_(ttl) {}

  Body find(List list) override {
    const auto kept = *kept_[index(list)].lock();
    if (!kept.rows || Clock::now() >= kept.until) return nullptr;
    return std::make_shared<const std::string>(render(list, *kept.rows));
  }
  Body keep(List list, Rows rows, Connections&) override {
    Kept kept{std::make_shared<const Rows>(std::move(rows)), Clock::now() + ttl_};
    auto body = std::make_shared<const std::string>(render(list, *kept.rows));
    *kept_[index(list)].lock() = std::move(kept);
    return body;
  }

 private:
  struct Kept {
    std::shared_ptr<const Rows> rows;
    Clock::time_point until{};
  };
  std::chrono::milliseconds ttl_;
  Guarded<Kept> kept_[2];
};

// The rows in this process without an end; every write puts its row in before it is answered. Right only as
// long as nobody else writes. Every request renders them, or with `keeps_bytes` the first after a change.
class WriteThrough final : public Strategy {
 public:
  explicit WriteThrough(bool keeps_bytes) : keeps_bytes_(keeps_bytes) {}

  Body find(List list) override {
    const auto kept = kept_[index(list)].lock();
    if (kept->body) return kept->body;
    auto body = std::make_shared<const std::string>(render(list, kept->rows));
    if (keeps_bytes_) kept->body = body;
    return body;
  }
  void changed(const EventRow& row, Connections&) override {
    const auto kept = kept_[index(List::events)].lock();
    put(kept->rows.events, row);
    kept->body = nullptr;
  }
  void warm(Connections& connections) override {
    for (const List list : {List::events, List::dates}) {
      kept_[index(list)].lock()->rows = connections.database.select(list);
    }
  }

 private:
  struct Kept {
    Rows rows;
    Body body;
  };
  bool keeps_bytes_;
  Guarded<Kept> kept_[2];
};

}  // namespace

std::unique_ptr<Strategy> make_strategy(const std::string& name, std::chrono::milliseconds ttl) {
  if (name == "none") return std::make_unique<None>();
  if (name == "look-aside") return std::make_unique<LookAside>(ttl);
  if (name == "read-through") return std::make_unique<ReadThrough>(ttl);
  if (name == "write-through") return std::make_unique<WriteThrough>(false);
  if (name == "rendered") return std::make_unique<WriteThrough>(true);
  throw std::runtime_error("no strategy " + name);
}

ListServer::ListServer(Options options) : options_(std::move(options)) {
  Connections first = options_.connect();
  options_.strategy->warm(first);
  for (std::size_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
}

ListServer::~ListServer() {
  {
    const MutexLock lock(mutex_);
    is_done_ = true;
  }
  changed_.notify_all();
}

void ListServer::get(List list, http::Reply reply) {
  if (auto body = options_.strategy->find(list)) return reply({.shared = std::move(body)});
  submit([this, list, reply = std::make_shared<http::Reply>(std::move(reply))](Connections& connections) {
    answer(list, reply, connections);
  });
}

void ListServer::change(http::Reply reply) {
  submit([this, reply = std::make_shared<http::Reply>(std::move(reply))](Connections& connections) {
    const EventRow row = connections.database.change_event();
    options_.strategy->changed(row, connections);
    (*reply)({.body = R"({"success":true,"data":{"name":")" + row.name + "\"}}"});
  });
}

void ListServer::submit(Job job) {
  {
    const MutexLock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void ListServer::work() {
  Connections connections = options_.connect();
  while (true) {
    Job job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !is_done_) lock.wait(changed_);
      if (is_done_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(connections);
  }
}

void ListServer::answer(List list, const std::shared_ptr<http::Reply>& reply, Connections& connections) {
  if (auto body = options_.strategy->look(list, connections)) return (*reply)({.shared = std::move(body)});
  if (!options_.single_flight) return (*reply)({.shared = query(list, connections)});
  if (joins_flight(list, reply)) return;
  Body body = options_.strategy->look(list, connections);  // a flight may have landed since
  if (!body) body = query(list, connections);
  for (const auto& one : land(list)) (*one)({.shared = body});
  (*reply)({.shared = std::move(body)});
}

Body ListServer::query(List list, Connections& connections) {
  ++counts_.queries;
  {
    const auto running = running_.lock();
    if (running->now++ == 0) {
      ++counts_.expiries;
      running->of_this_expiry = 0;
    }
    counts_.worst_expiry = std::max(counts_.worst_expiry.load(), ++running->of_this_expiry);
  }
  std::this_thread::sleep_for(options_.query_extra);
  Body body = options_.strategy->keep(list, connections.database.select(list), connections);
  --running_.lock()->now;
  return body;
}

// True: somebody queries, and answers this request too. False: the caller must query, and land().
bool ListServer::joins_flight(List list, const std::shared_ptr<http::Reply>& reply) {
  const auto flight = flights_[index(list)].lock();
  if (!flight->is_flying) {
    flight->is_flying = true;
    return false;
  }
  flight->waiting.push_back(reply);
  return true;
}

std::vector<std::shared_ptr<http::Reply>> ListServer::land(List list) {
  const auto flight = flights_[index(list)].lock();
  flight->is_flying = false;
  return std::exchange(flight->waiting, {});
}

}  // namespace stagedoor::caches
