// Judges afterwards whether a room was fair, only from stored rows, not from the room's memory: the order of
// admissions, the waits, and breaches of limits. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "state/catalogue.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::queue {

struct Fairness {
  std::int64_t joins = 0;
  std::int64_t admissions = 0;
  std::int64_t left = 0;  // gave up their place while waiting
  std::int64_t still_waiting = 0;
  std::int64_t vanished = 0;     // gave no sign of life for too long while waiting
  std::int64_t passed_over = 0;  // of them, those who were skipped at their turn
  std::int64_t came_back = 0;    // of those who vanished, those who were admitted later
  std::int64_t with_priority = 0;
  // The waits of all admitted users, from the join, or from the opening for users in a draw, to the
  // admission. 0 if there were no admissions.
  Millis wait_p50{}, wait_p90{}, wait_p99{}, wait_max{};
  // Users without priority who were always present, and were overtaken by a later user of the same kind.
  std::int64_t inversions = 0;
  // Admissions beyond the current policy: in a window of `every`, or inside at once.
  std::int64_t interval_breaches = 0;
  std::int64_t capacity_breaches = 0;

  bool is_fair() const { return inversions == 0 && interval_breaches == 0 && capacity_breaches == 0; }
};

Fairness judge_fairness(const RoomRows& rows, const QueuePolicy& policy);

}  // namespace stagedoor::queue
