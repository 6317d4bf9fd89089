#include "engine/gathering.h"

#include <algorithm>

#include "core/ensure.h"
#include "engine/batch_queue.h"

namespace stagedoor {
namespace {

thread_local Gathering* current_gathering = nullptr;

}  // namespace

Gathering::Gathering() {
  ensure(!current_gathering, "a thread has one gathering at a time");
  current_gathering = this;
}

Gathering::~Gathering() {
  current_gathering = nullptr;
  for (BatchQueue* queue : queues_) queue->wake();
}

Gathering* Gathering::current() { return current_gathering; }

void Gathering::wake_at_end(BatchQueue& queue) {
  if (std::ranges::find(queues_, &queue) == queues_.end()) queues_.push_back(&queue);
}

}  // namespace stagedoor
