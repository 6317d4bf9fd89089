#include "adapters/memory/memory_outbox.h"

#include <algorithm>
#include <iterator>

namespace stagedoor::memory {

std::vector<OutboxRow> MemoryOutbox::pending(OutboxId after, std::size_t limit) {
  const std::lock_guard lock(store_.mutex_);
  const auto& outbox = store_.tables_.outbox;
  std::vector<OutboxRow> rows;
  for (auto at = outbox.upper_bound(after); at != outbox.end() && rows.size() < limit; ++at)
    rows.push_back(at->second);
  return rows;
}

std::size_t MemoryOutbox::count_pending(OutboxId after, std::size_t limit) {
  const std::lock_guard lock(store_.mutex_);
  const auto& outbox = store_.tables_.outbox;
  return std::min(limit, std::size_t(std::distance(outbox.upper_bound(after), outbox.end())));
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
