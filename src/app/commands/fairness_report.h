// The report of `stagedoor fairness`: what came of everybody in a room, and what operators did to it. Judging
// is done in modules/queue/fairness. Pure.
#pragma once

#include <string>

#include "adapters/reports/room_record.h"
#include "modules/queue/fairness.h"

namespace stagedoor {

// The queue's policy has been changed since the first join, so that limits of now judge what was let in by
// others.
bool has_changed_policy(const reports::RoomRecord& room);

std::string fairness_text(const reports::RoomRecord& room, const queue::Fairness& fairness);
std::string fairness_json(const reports::RoomRecord& room, const queue::Fairness& fairness);

}  // namespace stagedoor
