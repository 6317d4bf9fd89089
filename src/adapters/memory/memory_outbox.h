// The outbox of the in-memory store. It has no leases: every object may claim a sink.
#pragma once

#include "adapters/memory/memory_store.h"

namespace stagedoor::memory {

class MemoryOutbox final : public Outbox {
 public:
  explicit MemoryOutbox(MemoryStore& store) : store_(store) {}

  bool claim(std::string_view) override { return true; }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  std::size_t count_pending(OutboxId after, std::size_t limit) override;
  std::string store_id() override { return "00000000-0000-4000-8000-000000000000"; }
  OutboxId progress(std::string_view sink) override;
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override;

 private:
  MemoryStore& store_;
};

}  // namespace stagedoor::memory
