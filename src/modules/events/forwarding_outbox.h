// For tests: an outbox that passes every call on to a real one.
#pragma once

#include <memory>
#include <utility>

#include "ports/outbox.h"

namespace stagedoor::events {

class Forwarding : public Outbox {
 public:
  explicit Forwarding(std::unique_ptr<Outbox> real) : real_(std::move(real)) {}
  bool claim(std::string_view sink) override { return real_->claim(sink); }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override {
    return real_->pending(after, limit);
  }
  std::string store_id() override { return real_->store_id(); }
  OutboxId progress(std::string_view sink) override { return real_->progress(sink); }
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override {
    return real_->advance(sink, expected, next);
  }
  bool park(std::string_view sink, OutboxId expected, OutboxId next, const ParkedChanges& changes) override {
    return real_->park(sink, expected, next, changes);
  }
  ParkedKeys parked_keys(std::string_view sink) override { return real_->parked_keys(sink); }
  std::vector<ParkedEvent> due(std::string_view sink, TimePoint now, std::size_t limit) override {
    return real_->due(sink, now, limit);
  }
  std::vector<ParkedEvent> dead_letters(std::string_view sink, OutboxId before, std::size_t limit) override {
    return real_->dead_letters(sink, before, limit);
  }
  SinkBacklog backlog(std::string_view sink, OutboxId accepted) override {
    return real_->backlog(sink, accepted);
  }

 private:
  const std::unique_ptr<Outbox> real_;
};

}  // namespace stagedoor::events
