#include "adapters/memory/memory_outbox.h"

#include <algorithm>
#include <iterator>
#include <set>

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
  return park(sink, expected, next, {});
}

bool MemoryOutbox::park(std::string_view sink, OutboxId expected, OutboxId next,
                        const ParkedChanges& changes) {
  const std::lock_guard lock(store_.mutex_);
  const std::string name(sink);
  Tables& tables = store_.tables_;
  OutboxId& accepted = tables.sinks[name];
  if (accepted != expected) return false;
  accepted = next;
  for (const auto& row : changes.park) tables.parked.insert_or_assign({name, row.event.id}, row);
  for (const OutboxId id : changes.unpark) tables.parked.erase({name, id});
  for (const auto& row : changes.bury) tables.dead_letters.insert_or_assign({name, row.event.id}, row);
  for (const OutboxId id : changes.drop) tables.dead_letters.erase({name, id});
  return true;
}

Outbox::ParkedKeys MemoryOutbox::parked_keys(std::string_view sink) {
  const std::lock_guard lock(store_.mutex_);
  ParkedKeys keys;
  for (const auto& [id, row] : store_.tables_.parked)
    if (id.first == sink) ++keys[row.event.key];
  return keys;
}

std::vector<ParkedEvent> MemoryOutbox::due(std::string_view sink, TimePoint now, std::size_t limit) {
  const std::lock_guard lock(store_.mutex_);
  std::vector<ParkedEvent> rows;
  std::set<std::string_view> seen;
  for (const auto& [id, row] : store_.tables_.parked) {
    if (id.first != sink || !seen.insert(row.event.key).second || row.next_at > now) continue;
    if (rows.size() < limit) rows.push_back(row);
  }
  return rows;
}

std::vector<ParkedEvent> MemoryOutbox::dead_letters(std::string_view sink, OutboxId before,
                                                    std::size_t limit) {
  const std::lock_guard lock(store_.mutex_);
  const auto& all = store_.tables_.dead_letters;
  std::vector<ParkedEvent> rows;
  for (auto at = all.lower_bound({std::string(sink), before});
       at != all.begin() && std::prev(at)->first.first == sink && rows.size() < limit; --at)
    rows.push_back(std::prev(at)->second);
  return rows;
}

SinkBacklog MemoryOutbox::backlog(std::string_view sink, OutboxId accepted) {
  const std::lock_guard lock(store_.mutex_);
  const auto& outbox = store_.tables_.outbox;
  const auto oldest = outbox.upper_bound(accepted);
  SinkBacklog backlog;
  backlog.behind = std::min(SinkBacklog::kBehindMax, std::size_t(std::distance(oldest, outbox.end())));
  if (oldest != outbox.end()) backlog.oldest = oldest->second.created_at;
  if (!outbox.empty()) backlog.first = outbox.begin()->first;
  for (const auto& [id, row] : store_.tables_.dead_letters) backlog.dead_letters += id.first == sink;
  return backlog;
}

}  // namespace stagedoor::memory
