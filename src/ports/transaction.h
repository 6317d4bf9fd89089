// Writing to the booking store: the truth about seats, money, visits and the line. Adapters: sqlite,
// postgres, memory (the oracle of the tests).
//
// Several instances may write one store (postgres). Then one of them writes at a time and receives every
// batch of the others before it decides its own (peer_feed.h): inside its transaction its memory is the
// truth.
//
// Outages are the exceptions of store_errors.h.
#pragma once

#include <memory>

#include "ports/store_errors.h"
#include "state/changes.h"
#include "state/view.h"

namespace stagedoor {

class Transaction {
 public:
  virtual ~Transaction() = default;  // without commit(): nothing was done
  // Puts the rows of `keys` into the view, absent rows as known to be absent. The view has none of them yet.
  virtual void load(const Keys& keys, View& view) = 0;
  virtual void apply(const Batch& batch) = 0;
  virtual void commit() = 0;  // durable when it returns. A failed fsync ends the process.
};

class Store {
 public:
  virtual ~Store() = default;
  // Lane thread; one transaction at a time. Until it ends nobody else writes.
  virtual std::unique_ptr<Transaction> begin() = 0;
};

}  // namespace stagedoor
