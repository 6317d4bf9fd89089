// Batches that other instances commit to the same store. A store that only this process writes has no feed.
#pragma once

#include <chrono>
#include <functional>

#include "core/time.h"
#include "ports/store_errors.h"
#include "state/changes.h"

namespace stagedoor {

class PeerFeed {
 public:
  using OnBatch = std::function<void(const Batch&)>;
  using OnWait = std::function<void(std::chrono::steady_clock::time_point since)>;

  virtual ~PeerFeed() = default;
  // Sets the callbacks, before the first Store::begin(). `on_batch`: called once per batch of another
  // instance, in commit order, during Store::begin() and poll(); those batches have no postings, outbox rows
  // or log rows. `on_wait`: called now and then while Store::begin() waits for the writer lock; everything
  // committed before `since` has been received.
  virtual void subscribe(OnBatch on_batch, OnWait on_wait) = 0;
  // Receives batches without writing. Lane thread, between transactions.
  virtual void poll() = 0;
  // Maximum interval between two calls of Store::begin() or poll().
  virtual Millis poll_interval() const = 0;
};

}  // namespace stagedoor
