// Commands of several calls that one thread makes go on together share a batch of the lane.
#pragma once

#include <vector>

namespace stagedoor {

class BatchQueue;

// While it lives, commands that its thread pushes do not wake a lane that sleeps; its end does. Without it, a
// lane that is woken by the first command may take the core at once and commit that one alone. For the scope
// of a few calls; the queues outlive it.
class Gathering {
 public:
  Gathering();
  ~Gathering();
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  // Of the calling thread; null: none.
  static Gathering* current();
  void wake_at_end(BatchQueue& queue);

 private:
  std::vector<BatchQueue*> queues_;  // usually one
};

}  // namespace stagedoor
