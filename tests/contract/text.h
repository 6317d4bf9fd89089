// Rows as text, every field of them: what is compared, and what a failing comparison shows.
#pragma once

#include <string>
#include <vector>

#include "ports/queries.h"
#include "ports/store_ports.h"
#include "state/catalogue.h"
#include "state/rows/audit_log.h"
#include "state/rows/reservation.h"
#include "state/rows/waiting_room.h"
#include "state/rows/wallet.h"
#include "state/view.h"

namespace stagedoor::contract {

std::string text(const Reservation& row);
std::string text(const Wallet& row);
std::string text(const Posting& row);
std::string text(const Payment& row);
std::string text(const LinePlace& row);
std::string text(const Visit& row);
std::string text(const IdempotentAnswer& row);
std::string text(const LogRow& row);
std::string text(const Catalogue& catalogue);

template <class Row>
std::string text(const std::optional<Row>& row) {
  return row ? text(*row) : "none";
}
template <class Row>
std::string text(const Row* row) {
  return row ? text(*row) : "none";
}
template <class Row>
std::string text(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& row : rows) out += text(row) + "\n";
  return out;
}

// What to ask about when a whole store is told as text.
struct Asked {
  std::vector<UserId> users;
  std::vector<SeatId> seats;
  std::vector<UserKey> answers;
  EventId event;
  Place last_place = 0;
};

// Everything the port can tell of the store: the rows of the start, the queries, and every kind of key.
std::string text(const StorePorts& store, Queries& queries, const Asked& asked);

}  // namespace stagedoor::contract
