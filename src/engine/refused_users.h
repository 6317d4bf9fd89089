// Users whose commands the store refused again and again. Such a command costs the lane many transactions
// (Lane::commit_all), so that user's further commands are refused before they wait.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <atomic>

#include "core/guarded.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

// Any thread.
class RefusedUsers {
 public:
  // A user whom the store refused so often is refused until this time after the last refusal.
  static constexpr int kRefusalsMax = 3;
  static constexpr Millis kRest{60'000};

  // Records a refusal by the store.
  void note(const UserId& user, TimePoint now);
  bool contains(const UserId& user, TimePoint now) const;

 private:
  struct Refusals {
    int count = 0;
    TimePoint last{};
  };
  std::atomic<bool> is_empty_{true};  // the usual case, for which commands take no lock
  Guarded<absl::flat_hash_map<UserId, Refusals>> users_;
};

}  // namespace stagedoor
