// The outbox of the in-memory store. It has no leases: every object may claim a sink.
#pragma once

#include "adapters/memory/memory_store.h"

namespace stagedoor::memory {

class MemoryOutbox final : public Outbox {
 public:
  explicit MemoryOutbox(MemoryStore& store) : store_(store) {}

  bool claim(std::string_view) override { return true; }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  std::string store_id() override { return "00000000-0000-4000-8000-000000000000"; }
  OutboxId progress(std::string_view sink) override;
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override;
  bool park(std::string_view sink, OutboxId expected, OutboxId next, const ParkedChanges& changes) override;
  ParkedKeys parked_keys(std::string_view sink) override;
  std::vector<ParkedEvent> due(std::string_view sink, TimePoint now, std::size_t limit) override;
  std::vector<ParkedEvent> dead_letters(std::string_view sink, OutboxId before, std::size_t limit) override;
  SinkBacklog backlog(std::string_view sink, OutboxId accepted) override;

 private:
  MemoryStore& store_;
};

}  // namespace stagedoor::memory
