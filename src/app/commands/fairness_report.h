// The report of `stagedoor fairness`: the outcome for all users of a room, and the operator actions on it.
// The judgement is in modules/queue/fairness. Pure.
#pragma once

#include <string>

#include "modules/queue/fairness.h"
#include "state/room_record.h"

namespace stagedoor {

std::string fairness_text(const RoomRecord& room, const queue::Fairness& fairness);
std::string fairness_json(const RoomRecord& room, const queue::Fairness& fairness);

}  // namespace stagedoor
