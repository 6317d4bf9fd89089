// Whether a room was fair, judged afterwards from what is stored alone (the room's own memory has no say):
// who came in before whom, how long people waited, and whether a limit was ever exceeded. Pure.
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
  std::int64_t passed_over = 0;  // of them, those whose turn went by
  std::int64_t came_back = 0;    // of those who vanished, who were let in all the same
  std::int64_t with_priority = 0;
  // From joining, or for who took part in a draw from the opening, to being let in; of everybody who was. 0
  // when nobody was.
  Millis wait_p50{}, wait_p90{}, wait_p99{}, wait_max{};
  // People who were there all the time, without priority, and saw somebody like them from behind go in first.
  std::int64_t inversions = 0;
  // Admissions that were more than the policy of now allows: in a window of `every`, or inside at once.
  std::int64_t interval_breaches = 0;
  std::int64_t capacity_breaches = 0;

  bool is_fair() const { return inversions == 0 && interval_breaches == 0 && capacity_breaches == 0; }
};

Fairness judge_fairness(const RoomRows& rows, const QueuePolicy& policy);

}  // namespace stagedoor::queue
