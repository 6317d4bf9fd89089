// What all ways of guarding one value are given, and how their answers are judged. A way sees tasks; it is
// asked for a cell's value at the end, and every answer is compared with it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace locks {

using Steady = std::chrono::steady_clock;

// A value with the number of changes it has had, and the number of its newest holder.
struct Cell {
  std::int64_t value = 0, seq = 0, fence = 0;
};

enum class Kind : std::uint8_t { wallet, seat, payment, paused };

inline constexpr std::int64_t kWallet = 1, kSeat = 2, kPayment = 3;  // the cells
inline constexpr std::int64_t kPrice = 100;

// Adds `amount` to a cell, whose value stays from 0 to `max`. `price` leaves the wallet in the same
// transaction.
struct Task {
  int number = 0;
  std::int64_t cell = kWallet, amount = 0, max = INT64_MAX, price = 0;
  bool pauses = false;  // between reading and writing, for longer than a lock lasts
};

// The cell after the task; nullopt: refused.
std::optional<Cell> decide(const Cell& cell, const Task& task);

struct Work {
  Kind kind = Kind::wallet;
  int size = 0, clients = 32;
  std::chrono::milliseconds lock_ttl{30'000};

  Task task(int number) const;
  std::int64_t money() const;  // in the wallet at the beginning
};

struct Servers {
  std::string postgres, kafka, rabbitmq, folder;
  std::vector<std::string> redis;  // HOST:PORT; the first is the one of a single lock
};

// The answers. Every task is wanted from start() on, so its time counts from there. Any thread.
class Tally {
 public:
  explicit Tally(int size) : answers_(static_cast<std::size_t>(size)) {}
  void start() { begin_ = Steady::now(); }
  enum class Answer : std::uint8_t { none, granted, refused, failed };
  void answer(int number, Answer answer);
  void answer(int number, bool is_granted) { answer(number, is_granted ? Answer::granted : Answer::refused); }
  void wait_for_all();
  int count(Answer answer) const;
  std::vector<Answer> answers() const;
  double seconds() const;                  // to the last answer
  double quantile_ms(double share) const;  // of the time to an answer
  std::atomic<std::int64_t> retries{0}, fenced{0};

 private:
  struct One {
    Answer answer = Answer::none;
    Steady::duration after{};
  };
  std::vector<One> answers_;
  std::atomic<int> answered_{0};
  Steady::time_point begin_;
};

class Way {
 public:
  virtual ~Way() = default;
  virtual void run(const Work& work, Tally& tally) = 0;
  virtual Cell cell(std::int64_t id) = 0;  // after run()
};

// Ways that need nothing but this; each is in the file of its name. Empty pointer: not a way of that file.
std::unique_ptr<Way> make_store_way(const std::string& name, const Work& work, const Servers& servers);
std::unique_ptr<Way> make_redis_way(const std::string& name, const Work& work, const Servers& servers);
std::unique_ptr<Way> make_sqlite_way(const std::string& name, const Work& work, const Servers& servers);
std::unique_ptr<Way> make_kafka_way(const std::string& name, const Work& work, const Servers& servers);
std::unique_ptr<Way> make_rabbitmq_way(const std::string& name, const Work& work, const Servers& servers);
std::unique_ptr<Way> make_lane_way(const std::string& name, const Work& work, const Servers& servers);

// Threads that take one task after the other. `make_client` is called in each thread, before the start.
using Client = std::function<Tally::Answer(const Task&)>;
void run_clients(const Work& work, Tally& tally, const std::function<Client()>& make_client);

// Of a task that pauses: longer than the lock lasts.
void pause_if_told(const Work& work, const Task& task);

}  // namespace locks
