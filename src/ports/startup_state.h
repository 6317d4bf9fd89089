// What an instance reads once, at start, to build its memory. Call before the first Store::begin().
#pragma once

#include <cstdint>
#include <functional>

#include "core/ids.h"
#include "core/time.h"
#include "ports/store_errors.h"
#include "state/catalogue.h"
#include "state/rows/reservation.h"
#include "state/rows/waiting_room.h"

namespace stagedoor {

class StartupState {
 public:
  virtual ~StartupState() = default;
  virtual Catalogue catalogue() = 0;
  // Reservations that take a seat, by id.
  virtual void each_taking_reservation(const std::function<void(const Reservation&)>&) = 0;
  virtual void each_block(const std::function<void(SeatId)>&) = 0;
  virtual void each_place(const std::function<void(const LinePlace&)>&) = 0;  // by event, place
  virtual void each_visit(const std::function<void(const Visit&)>&) = 0;      // by event, place
  virtual void each_absence(const std::function<void(const PlaceBits&)>&) = 0;
  virtual void each_draw(const std::function<void(const Draw&)>&) = 0;
  virtual void each_priority(const std::function<void(const PriorityUser&)>&) = 0;  // by event, user
  virtual std::int64_t ids_reserved_to() = 0;                                       // 1 in a new store
  virtual TimePoint latest_moment() = 0;  // highest Batch::now committed
};

}  // namespace stagedoor
