// One store in memory that several instances write, as they do PostgreSQL: each handle hears what the others
// committed, in order, through the bytes that real instances send each other. For one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/memory/memory_store.h"
#include "state/peer_message.h"

namespace stagedoor::test {

struct SharedRows {
  memory::MemoryStore memory;
  std::vector<std::pair<int, std::string>> journal;  // who committed, and what
};

// An instance's handle. It starts from the rows as they are.
class SharedStore : public Store, public PeerFeed {
 public:
  SharedStore(SharedRows& rows, int instance)
      : rows_(rows), instance_(instance), heard_(rows.journal.size()) {}

  StorePorts ports() { return {*this, rows_.memory, rows_.memory, rows_.memory, this}; }
  std::unique_ptr<Transaction> begin() override {
    poll();
    return std::make_unique<Told>(*this, rows_.memory.begin());
  }
  void subscribe(OnBatch on_batch, OnWait) override { on_batch_ = std::move(on_batch); }
  void poll() override {
    for (; heard_ < rows_.journal.size(); ++heard_) {
      const auto& [writer, bytes] = rows_.journal[heard_];
      if (writer != instance_) on_batch_(batch_from_bytes(bytes));
    }
  }
  // So long that no instance polls by itself while a test lasts: an idle one stays behind until the test
  // polls.
  Millis poll_interval() const override { return Millis(3'600'000); }

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
  OnBatch on_batch_;
};

}  // namespace stagedoor::test
