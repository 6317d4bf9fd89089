// Whether a room was fair, as `stagedoor fairness --json` prints it and operators' calls answer it (R-Q17).
// The judgement is in modules/queue/fairness. Pure.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "json/types.h"
#include "modules/queue/fairness.h"
#include "state/room_record.h"

namespace stagedoor::operators {

struct FairnessWaitsDto {
  std::int64_t p50 = 0, p90 = 0, p99 = 0, max = 0;
};
BOOST_DESCRIBE_STRUCT(FairnessWaitsDto, (), (p50, p90, p99, max))

struct FairnessActionDto {
  TimePoint at{};
  std::string operatorName;
  std::string action;
  json::Raw detail;
};
BOOST_DESCRIBE_STRUCT(FairnessActionDto, (), (at, operatorName, action, detail))

struct FairnessDrawDto {
  std::int64_t people = 0;
  TimePoint drawnAt{};
};
BOOST_DESCRIBE_STRUCT(FairnessDrawDto, (), (people, drawnAt))

struct FairnessDto {
  EventId eventId;
  std::string eventName;
  std::int64_t joins = 0;
  std::int64_t admissions = 0;
  std::int64_t left = 0;
  std::int64_t stillWaiting = 0;
  std::int64_t vanished = 0;
  std::int64_t passedOver = 0;
  std::int64_t cameBack = 0;
  std::int64_t withPriority = 0;
  FairnessWaitsDto waitMs;
  std::int64_t inversions = 0;
  std::int64_t intervalBreaches = 0;
  std::int64_t capacityBreaches = 0;
  bool fair = false;
  bool policyChanged = false;
  std::vector<FairnessActionDto> operators;  // their actions on the event, oldest first
  json::Omitted<FairnessDrawDto> draw;
};
BOOST_DESCRIBE_STRUCT(FairnessDto, (),
                      (eventId, eventName, joins, admissions, left, stillWaiting, vanished, passedOver,
                       cameBack, withPriority, waitMs, inversions, intervalBreaches, capacityBreaches, fair,
                       policyChanged, operators, draw))

// True if the queue's policy was changed since the first join; then the current limits judge admissions under
// other limits.
bool has_changed_policy(const RoomRecord& room);

FairnessDto fairness_document(const RoomRecord& room, const queue::Fairness& fairness);

}  // namespace stagedoor::operators
