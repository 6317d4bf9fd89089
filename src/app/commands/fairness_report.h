// The report of `stagedoor fairness`: the outcome for all users of a room, and the operator actions on it.
// The judgement is in modules/queue/fairness. Pure.
#pragma once

#include <string>

#include "adapters/reports/room_record.h"
#include "modules/queue/fairness.h"

namespace stagedoor {

// True if the queue's policy was changed since the first join; then the current limits judge admissions under
// other limits.
bool has_changed_policy(const reports::RoomRecord& room);

std::string fairness_text(const reports::RoomRecord& room, const queue::Fairness& fairness);
std::string fairness_json(const reports::RoomRecord& room, const queue::Fairness& fairness);

}  // namespace stagedoor
