// Writing to the booking store, which is the authority on seats, money, visits and the line. Adapters:
// sqlite, postgres, memory (the oracle of the tests).
//
// Several instances may write one store (postgres). One of them writes at a time, and it receives every batch
// of the others before it decides its own (peer_feed.h). So its memory is current inside its transaction.
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
  virtual ~Transaction() = default;  // without commit(): rolls back
  // Puts the rows of `keys` into the view and marks absent rows as absent. The view must have none of them
  // yet.
  virtual void load(const Keys& keys, View& view) = 0;
  virtual void apply(const Batch& batch) = 0;
  virtual void commit() = 0;  // durable when it returns. A failed fsync ends the process.
};

class Store {
 public:
  virtual ~Store() = default;
  // Lane thread; one transaction at a time. It excludes all other writers until it ends.
  virtual std::unique_ptr<Transaction> begin() = 0;
};

}  // namespace stagedoor
