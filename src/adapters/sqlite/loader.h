// Loads the rows for a batch's keys, with one prepared statement per kind of key. Lane thread.
#pragma once

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/fan_index.h"
#include "adapters/sqlite/seat_index.h"
#include "state/view.h"

namespace stagedoor::sqlite {

// In-memory indexes of the file, which save queries.
struct StoreIndexes {
  FanIndex fans;
  SeatIndex seats;
};

class Loader {
 public:
  explicit Loader(Database& database);

  void load(const Keys& keys, StoreIndexes& indexes, View& view);

 private:
  void load_reservation(ReservationId id, View& view);
  void load_seat(SeatId id, View& view);
  void load_fan(const EventUser& fan, FanIndex& fans, View& view);
  void load_wallet(const UserId& user, View& view);
  void load_visit(const EventPlace& key, View& view);
  void load_answer(const UserKey& key, View& view);
  void load_last_ended(const SeatUser& key, Millis reach, View& view);
  void load_payment(PaymentId id, View& view);
  void load_draw(EventId event, View& view);
  void load_key_version(const std::string& key, View& view);
  void load_ticket_use(const TicketRef& ticket, View& view);

  Statement reservation_;
  Statement reservation_taking_seat_;
  Statement last_ended_;
  Statement newest_;
  Statement block_;
  Statement wallet_;
  Statement visit_;
  Statement answer_;
  Statement payment_;
  Statement paid_reservations_;
  Statement draw_;
  Statement key_version_;
  Statement ticket_use_;
};

}  // namespace stagedoor::sqlite
