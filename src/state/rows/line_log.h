// A line whose joins are kept in a log outside of the booking store (decision 0028): the records of the log,
// and what the booking store keeps about them.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <compare>
#include <cstdint>
#include <string>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"
#include "state/rows/waiting_room.h"

namespace stagedoor {

// Where a record is in the log of its event: positions rise in the order of the log. Redis: the two parts of
// the stream's id. Kafka: the offset, and 0. Below the first record: {}.
struct LogPosition {
  std::int64_t high = 0;
  std::int64_t low = 0;
  auto operator<=>(const LogPosition&) const = default;
};

struct LogRecord {
  EventId event{};
  LogPosition at{};
  Uuid random{};  // names this append
  UserId user{};
  Place place = 0;         // 0: a join. Else: a place that was given before the log lost it
  std::int32_t epoch = 0;  // with a place: the epoch in which it was appended again
};

// The records of an event up to this position have been taken: they have places, or were passed over. Written
// by each batch that takes records. The first mark of an epoch names the last record that was in the log
// then.
struct LineMark {
  EventId event{};
  std::int32_t epoch = 0;
  std::int64_t log_high = 0;
  std::int64_t log_low = 0;
  Uuid random{};         // of that record; zero: the log was empty
  Place last_place = 0;  // the highest place given
  // In the first mark of an epoch: the log had the places up to here; those behind it have to be put back.
  Place kept_place = 0;
  TimePoint joined_at{};

  LogPosition at() const { return {log_high, log_low}; }
};
BOOST_DESCRIBE_STRUCT(LineMark, (),
                      (event, epoch, log_high, log_low, random, last_place, kept_place, joined_at))

// Why a record got no place. Stored as the number.
BOOST_DEFINE_ENUM_CLASS(PassedReason, has_place, repeat, not_on_sale, full)

// A record that was taken without a place.
struct PassedOver {
  EventId event{};
  std::int32_t epoch = 0;
  std::int64_t log_high = 0;
  std::int64_t log_low = 0;
  PassedReason reason = PassedReason::has_place;

  LogPosition at() const { return {log_high, log_low}; }
};
BOOST_DESCRIBE_STRUCT(PassedOver, (), (event, epoch, log_high, log_low, reason))

// A place that was given up while waiting; written instead of LinePlace::left_at, which has no row there.
struct LineLeave {
  EventId event{};
  Place place = 0;
  TimePoint left_at{};
  EarlyEnd left_by = EarlyEnd::none;
};
BOOST_DESCRIBE_STRUCT(LineLeave, (), (event, place, left_at, left_by))

// The log that has the joins of this store; one row. The URL has no user and no password.
struct LineSource {
  std::int32_t id = 1;
  std::string url{};
  TimePoint since{};
};
BOOST_DESCRIBE_STRUCT(LineSource, (), (id, url, since))

}  // namespace stagedoor
