// A Store before another one that fails when a test says so, and writes down what it was asked, so that the
// order of commit, telling and answering can be seen. Reads at start pass through unharmed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/store_ports.h"

namespace stagedoor::test {

enum class StoreFault { unavailable, refused };

class FaultyStore : public Store {
 public:
  explicit FaultyStore(const StorePorts& real) : real_(real) {}

  // The nth call from now on to begin, load, apply or commit fails, once and without effect; 1 = the next.
  void fail_at(int nth, StoreFault how) { fail_in_ = nth, how_ = how; }
  // As long as set: a batch for which it is true is refused, like one that breaks a constraint.
  std::function<bool(const Batch&)> refuses;
  // As long as it is true, nothing works.
  bool is_down = false;

  // "begin", "load", "apply", "commit", in the order of the calls that went well; others may write here too.
  std::vector<std::string> journal;
  int calls = 0;

  std::unique_ptr<Transaction> begin() override {
    step("begin");
    return std::make_unique<Observed>(*this, real_.store.begin());
  }
  // The other jobs are the real store's.
  StorePorts ports() { return {*this, real_.startup, real_.line, real_.retention, real_.peers, real_.log}; }

 private:
  class Observed : public Transaction {
   public:
    Observed(FaultyStore& store, std::unique_ptr<Transaction> real) : store_(store), real_(std::move(real)) {}
    void load(const Keys& keys, View& view) override {
      store_.step("load");
      real_->load(keys, view);
    }
    void apply(const Batch& batch) override {
      store_.step("apply");
      if (store_.refuses && store_.refuses(batch)) throw StoreRefused("planted");
      real_->apply(batch);
    }
    void commit() override {
      store_.step("commit");
      real_->commit();
    }

   private:
    FaultyStore& store_;
    std::unique_ptr<Transaction> real_;
  };

  void step(const char* call) {
    ++calls;
    if (is_down) throw StoreUnavailable("planted: down");
    if (fail_in_ > 0 && --fail_in_ == 0) {
      if (how_ == StoreFault::refused) throw StoreRefused("planted");
      throw StoreUnavailable("planted");
    }
    journal.emplace_back(call);
  }

  StorePorts real_;
  int fail_in_ = 0;
  StoreFault how_ = StoreFault::unavailable;
};

}  // namespace stagedoor::test
