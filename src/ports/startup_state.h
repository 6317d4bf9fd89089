// The rows that an instance reads once, at start, to build its memory. The line is read from its LineStore.
// Call before the first Store::begin().
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/ids.h"
#include "core/time.h"
#include "ports/store_errors.h"
#include "state/catalogue.h"
#include "state/kinds.h"

namespace stagedoor {

// The receivers of the rows of each kind; each row is passed once. Kinds without a receiver are not read.
struct StartupRows {
  std::function<void(const Reservation&)> reservation = {};  // only those that take a seat; by id
  std::function<void(const SeatBlock&)> block = {};
  std::function<void(const Visit&)> visit = {};  // by event, place
  std::function<void(const PlaceBitmap&)> absence = {};
  std::function<void(const Draw&)> draw = {};
  std::function<void(const PriorityUser&)> priority = {};  // by event, user
  std::function<void(const Revocation&)> revocation = {};
  std::function<void(const LineMark&)> line_mark = {};      // by event, epoch, position
  std::function<void(const PassedOver&)> passed_over = {};  // the same
  std::function<void(const LineLeave&)> line_leave = {};
  std::function<void(const LineSource&)> line_source = {};
};

// Calls f(kind, receiver) for each receiver that is set.
template <class F>
void for_each_receiver(const StartupRows& rows, F&& f) {
  const auto each = [&](auto kind, const auto& receiver) {
    if (receiver) f(kind, receiver);
  };
  each(kinds::reservations{}, rows.reservation);
  each(kinds::blocks{}, rows.block);
  each(kinds::visits{}, rows.visit);
  each(kinds::absences{}, rows.absence);
  each(kinds::draws{}, rows.draw);
  each(kinds::priority{}, rows.priority);
  each(kinds::revocations{}, rows.revocation);
  each(kinds::line_marks{}, rows.line_mark);
  each(kinds::passed_over{}, rows.passed_over);
  each(kinds::line_leaves{}, rows.line_leave);
  each(kinds::line_sources{}, rows.line_source);
}

class StartupState {
 public:
  virtual ~StartupState() = default;
  virtual Catalogue catalogue() = 0;
  virtual void read(const StartupRows& rows) = 0;
  virtual std::int64_t ids_reserved_to() = 0;  // 1 in a new store
  virtual TimePoint latest_moment() = 0;       // highest Batch::now committed
  virtual std::string ticket_secret() = 0;     // random; made with the store (R-P7)
};

}  // namespace stagedoor
