#include "adapters/memory/memory_store.h"

#include <limits>

#include "adapters/memory/memory_outbox.h"
#include "adapters/memory/memory_queries.h"
#include "adapters/memory/memory_transaction.h"

namespace stagedoor::memory {

std::unique_ptr<Transaction> MemoryStore::begin() { return std::make_unique<MemoryTransaction>(*this); }
std::unique_ptr<Queries> MemoryStore::queries() { return std::make_unique<MemoryQueries>(*this); }
std::unique_ptr<Outbox> MemoryStore::outbox() { return std::make_unique<MemoryOutbox>(*this); }

Catalogue MemoryStore::catalogue() { return tables_.catalogue; }

void MemoryStore::read(const StartupRows& rows) {
  for_each_receiver(rows, [&](auto kind, const auto& receiver) {
    for (const auto& [key, row] : table_of(kind, tables_)) {
      if constexpr (requires { row.takes_seat(); }) {
        if (!row.takes_seat()) continue;
      }
      receiver(row);
    }
  });
}

std::vector<LinePlace> MemoryStore::read(EventId event, Place after, std::size_t limit) {
  std::vector<LinePlace> page;
  for (auto row = tables_.line.upper_bound({event, after});
       row != tables_.line.end() && row->first.first == event && page.size() < limit; ++row)
    page.push_back(row->second);
  return page;
}

Place MemoryStore::head(EventId event) {
  auto next = tables_.line.upper_bound({event, std::numeric_limits<Place>::max()});
  return next == tables_.line.begin() || (--next)->first.first != event ? 0 : next->first.second;
}

std::int64_t MemoryStore::ids_reserved_to() { return tables_.ids_reserved_to; }
TimePoint MemoryStore::latest_moment() { return tables_.latest_moment; }

Forgotten MemoryStore::forget(const RetentionLimits& limits, std::size_t rows_max) {
  const std::lock_guard lock(mutex_);
  std::multimap<TimePoint, UserKey> old;
  for (const auto& [key, answer] : tables_.answers)
    if (answer.created_at < limits.answers_before) old.emplace(answer.created_at, key);
  std::size_t answers = 0;
  for (auto at = old.begin(); at != old.end() && answers < rows_max; ++at, ++answers)
    tables_.answers.erase(at->second);
  std::size_t events = 0, dropped = 0;
  auto& outbox = tables_.outbox;
  const auto may_go = [&](const OutboxRow& row) {
    return row.id <= limits.outbox_accepted ||
           (limits.outbox_before && row.created_at < *limits.outbox_before);
  };
  while (events < rows_max && !outbox.empty() && may_go(outbox.begin()->second)) {
    if (outbox.begin()->first > limits.outbox_accepted) ++dropped;
    outbox.erase(outbox.begin());
    ++events;
  }
  return {.rows = answers + events, .dropped_events = dropped};
}

}  // namespace stagedoor::memory
