// Ways whose guard is in this process or in the database itself. `none` is the planted wrong one.
#include <mutex>
#include <random>
#include <thread>

#include "cells.h"

namespace locks {
namespace {

struct Nothing {
  void lock() {}
  void unlock() {}
};

class SpinLock {
 public:
  void lock() {
    while (taken_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_;
};

class OverCells : public Way {
 public:
  OverCells(const Work& work, const Servers& servers) : url_(servers.postgres) { Cells::create(url_, work); }
  Cell cell(std::int64_t id) override { return Cells(url_).read(id); }
  void run(const Work& work, Tally& tally) override {
    run_clients(work, tally, [&] {
      return
          [&, cells = std::make_shared<Cells>(url_)](const Task& task) { return one(*cells, task, tally); };
    });
  }
  virtual Tally::Answer one(Cells& cells, const Task& task, Tally& tally) = 0;

 protected:
  const std::string url_;
  static Tally::Answer answer(bool granted) {
    return granted ? Tally::Answer::granted : Tally::Answer::refused;
  }
};

template <class Lock>
class InProcess final : public OverCells {
 public:
  using OverCells::OverCells;
  Tally::Answer one(Cells& cells, const Task& task, Tally&) override {
    const std::lock_guard held(lock_);
    const auto after = decide(cells.read(task.cell), task);
    return answer(after && cells.write(task, *after));
  }

 private:
  Lock lock_;
};

class RowLock final : public OverCells {
 public:
  using OverCells::OverCells;
  Tally::Answer one(Cells& cells, const Task& task, Tally&) override {
    cells.begin();
    const auto after = decide(cells.read(task.cell, Read::for_update), task);
    const bool granted = after && cells.write(task, *after);
    cells.commit();
    return answer(granted);
  }
};

class Optimistic final : public OverCells {
 public:
  using OverCells::OverCells;
  Tally::Answer one(Cells& cells, const Task& task, Tally& tally) override {
    for (int tries = 0; tries < 1000; ++tries) {
      const Cell now = cells.read(task.cell);
      const auto after = decide(now, task);
      if (!after) return Tally::Answer::refused;
      if (cells.write(task, *after, {.seq = now.seq})) return Tally::Answer::granted;
      ++tally.retries;
      thread_local std::minstd_rand chance{std::random_device{}()};
      std::this_thread::sleep_for(std::chrono::microseconds(chance() % (1000 << std::min(tries, 5))));
    }
    return Tally::Answer::failed;
  }
};

// Of a seat: who inserts the key first has it.
class UniqueKey final : public OverCells {
 public:
  using OverCells::OverCells;
  Tally::Answer one(Cells& cells, const Task& task, Tally&) override {
    cells.begin();
    const bool is_mine = cells.insert_unique(task.cell);
    if (is_mine) cells.write(task, {1, 1, 0});
    cells.commit();
    return answer(is_mine);
  }
};

// Of a seat: a hold with an end in its row, and somebody who frees what has ended.
class Sweeper final : public OverCells {
 public:
  using OverCells::OverCells;
  void run(const Work& work, Tally& tally) override {
    std::jthread sweeper([this](const std::stop_token& stop) {
      for (Cells cells(url_); !stop.stop_requested();
           std::this_thread::sleep_for(std::chrono::milliseconds(100)))
        cells.sweep();
    });
    OverCells::run(work, tally);
  }
  Tally::Answer one(Cells& cells, const Task& task, Tally&) override { return answer(cells.hold(task.cell)); }
};

}  // namespace

std::unique_ptr<Way> make_store_way(const std::string& name, const Work& work, const Servers& servers) {
  if (name == "none") return std::make_unique<InProcess<Nothing>>(work, servers);
  if (name == "mutex") return std::make_unique<InProcess<std::mutex>>(work, servers);
  if (name == "spin") return std::make_unique<InProcess<SpinLock>>(work, servers);
  if (name == "row lock") return std::make_unique<RowLock>(work, servers);
  if (name == "optimistic") return std::make_unique<Optimistic>(work, servers);
  if (name == "unique key") return std::make_unique<UniqueKey>(work, servers);
  if (name == "sweeper") return std::make_unique<Sweeper>(work, servers);
  return nullptr;
}

}  // namespace locks
