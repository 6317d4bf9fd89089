// One store in memory that several instances write, as they do PostgreSQL: each handle hears what the others
// committed, in order, through the bytes that real instances send each other. For one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/memory/memory_store.h"
#include "engine/batch_bytes.h"

namespace stagedoor::test {

struct SharedRows {
  MemoryStore memory;
  std::vector<std::pair<int, std::string>> journal;  // who committed, and what
};

// An instance's handle. It starts from the rows as they are.
class SharedStore : public Store {
 public:
  SharedStore(SharedRows& rows, int instance)
      : rows_(rows), instance_(instance), heard_(rows.journal.size()) {}

  std::unique_ptr<Transaction> begin() override {
    follow();
    return std::make_unique<Told>(*this, rows_.memory.begin());
  }
  void on_others(std::function<void(const Batch&)> hear) override { hear_ = std::move(hear); }
  void follow() override {
    for (; heard_ < rows_.journal.size(); ++heard_) {
      const auto& [writer, bytes] = rows_.journal[heard_];
      if (writer != instance_) hear_(batch_from_bytes(bytes));
    }
  }
  // Never by itself while a test lasts: an instance that has nothing to do stays behind until it is told.
  std::optional<Millis> follow_every() const override { return Millis(3'600'000); }

  Catalogue catalogue() override { return rows_.memory.catalogue(); }
  void each_taking_reservation(const std::function<void(const Reservation&)>& row) override {
    rows_.memory.each_taking_reservation(row);
  }
  void each_block(const std::function<void(SeatId)>& row) override { rows_.memory.each_block(row); }
  void each_place(const std::function<void(const LinePlace&)>& row) override { rows_.memory.each_place(row); }
  void each_visit(const std::function<void(const Visit&)>& row) override { rows_.memory.each_visit(row); }
  void each_absence(const std::function<void(const PlaceBits&)>& row) override {
    rows_.memory.each_absence(row);
  }
  void each_draw(const std::function<void(const Draw&)>& row) override { rows_.memory.each_draw(row); }
  void each_priority(const std::function<void(const PriorityUser&)>& row) override {
    rows_.memory.each_priority(row);
  }
  std::int64_t ids_reserved_to() override { return rows_.memory.ids_reserved_to(); }
  TimePoint latest_moment() override { return rows_.memory.latest_moment(); }
  std::size_t forget(const Retention& retention, std::size_t rows_max) override {
    return rows_.memory.forget(retention, rows_max);
  }

 private:
  class Told : public Transaction {
   public:
    Told(SharedStore& store, std::unique_ptr<Transaction> real) : store_(store), real_(std::move(real)) {}
    void load(const Keys& keys, View& view) override { real_->load(keys, view); }
    void apply(const Batch& batch) override {
      bytes_ = to_bytes(batch);
      real_->apply(batch);
    }
    void commit() override {
      real_->commit();
      store_.rows_.journal.emplace_back(store_.instance_, std::move(bytes_));
    }

   private:
    SharedStore& store_;
    std::unique_ptr<Transaction> real_;
    std::string bytes_;
  };

  SharedRows& rows_;
  int instance_;
  std::size_t heard_;
  std::function<void(const Batch&)> hear_;
};

}  // namespace stagedoor::test
