#include "adapters/memory/memory_outbox.h"

namespace stagedoor::memory {

std::vector<OutboxRow> MemoryOutbox::pending(OutboxId after, std::size_t limit) {
  const std::lock_guard lock(store_.mutex_);
  const auto& outbox = store_.tables_.outbox;
  std::vector<OutboxRow> rows;
  for (auto at = outbox.upper_bound(after); at != outbox.end() && rows.size() < limit; ++at)
    rows.push_back(at->second);
  return rows;
}

OutboxId MemoryOutbox::progress(std::string_view sink) {
  const std::lock_guard lock(store_.mutex_);
  const auto at = store_.tables_.sinks.find(std::string(sink));
  return at == store_.tables_.sinks.end() ? OutboxId{} : at->second;
}

bool MemoryOutbox::advance(std::string_view sink, OutboxId expected, OutboxId next) {
  const std::lock_guard lock(store_.mutex_);
  OutboxId& accepted = store_.tables_.sinks[std::string(sink)];
  if (accepted != expected) return false;
  accepted = next;
  return true;
}

}  // namespace stagedoor::memory
