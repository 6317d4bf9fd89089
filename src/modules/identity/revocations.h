// Users whose older proofs do not count any more (R-A11).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "core/guarded.h"
#include "engine/lane.h"
#include "ports/startup_state.h"

namespace stagedoor::identity {

// Any thread. An observer of the lane, so that it knows what every instance committed.
class Revocations final : public CommitObserver {
 public:
  void restore(StartupState& startup);
  void on_commit(const Batch& batch) override;

  // Proofs of the user that were issued before this do not count; nullopt: all do.
  std::optional<TimePoint> not_before(const UserId& user) const;
  bool revokes(const UserId& user, TimePoint issued_at) const {
    const auto from = not_before(user);
    return from && issued_at < *from;
  }

 private:
  void put(const Revocation& row);
  static std::uint32_t bit_of(const UserId& user);

  // A bit for each user with a row: every poll asks, and nearly none of them takes the lock.
  std::array<std::atomic<std::uint64_t>, 1024> filter_{};
  Guarded<absl::flat_hash_map<UserId, TimePoint>> rows_;
};

}  // namespace stagedoor::identity
