// The rows of the booking store as the engine, the modules' models and the adapters all see them. Plain
// values; what may happen to them is decided in modules/*/model. Columns of the same names: sql/migrations.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

// RESERVED: held. PENDING: held, and a payment was started and not finished. Both lapse at expires_at by
// rule.
BOOST_DEFINE_ENUM_CLASS(ReservationStatus, RESERVED, PENDING, PAID, CANCELLED, REFUNDED)
// Why a reservation is CANCELLED; NONE otherwise.
BOOST_DEFINE_ENUM_CLASS(CancelReason, NONE, LAPSED, OWNER, OPERATOR)

struct Reservation {
  ReservationId id{};
  SeatId seat{};
  DateId date{};
  EventId event{};
  UserId user{};
  Place place = 0;  // of the visit that holds it
  ReservationStatus status = ReservationStatus::RESERVED;
  CancelReason reason = CancelReason::NONE;
  Won price{};  // fixed when the hold is made (R-S9)
  TimePoint expires_at{};
  TimePoint created_at{};
  TimePoint updated_at{};
  PaymentId payment{};  // 0 while unpaid
  std::optional<TimePoint> paid_at{};
  std::int32_t version = 1;  // counts the row's changes, from 1

  // Not paid and not over: RESERVED or PENDING before expires_at.
  bool is_live_hold(TimePoint now) const { return is_unpaid() && now < expires_at; }
  bool is_unpaid() const {
    return status == ReservationStatus::RESERVED || status == ReservationStatus::PENDING;
  }
  // Takes the seat as far as the store's unique index knows (a lapsed hold does until it is swept).
  bool takes_seat() const { return is_unpaid() || status == ReservationStatus::PAID; }
  // What a reader is told: a hold past its end is cancelled, swept or not (R-S4).
  ReservationStatus status_at(TimePoint now) const {
    return is_unpaid() && now >= expires_at ? ReservationStatus::CANCELLED : status;
  }
};
BOOST_DESCRIBE_STRUCT(Reservation, (),
                      (id, seat, date, event, user, place, status, reason, price, expires_at, created_at,
                       updated_at, payment, paid_at, version))

struct Wallet {
  WalletId id{};
  UserId user{};
  Won balance{};
  std::int64_t seq = 0;  // number of postings so far; the newest posting bears it
};

BOOST_DEFINE_ENUM_CLASS(PostingType, CHARGE, USE, REFUND)

// One movement between two accounts. A user's account is the wallet's id; the house's accounts are the
// negative numbers below, whose balances are sums of postings and stored nowhere.
inline constexpr std::int64_t kHouseAccount = -1;    // what was sold
inline constexpr std::int64_t kChargesAccount = -2;  // money that came in from outside

struct Posting {
  PostingId id{};
  WalletId wallet{};
  std::int64_t seq = 0;  // 1, 2, 3… per wallet
  PostingType type = PostingType::CHARGE;
  Won amount{};         // > 0: from `debit_account` to `credit_account`
  Won balance_after{};  // of the wallet
  std::int64_t debit_account = 0;
  std::int64_t credit_account = 0;
  ReservationId reservation{};  // 0 for a charge
  TimePoint created_at{};
};

struct Payment {
  PaymentId id{};
  UserId user{};
  Won total{};
  TimePoint created_at{};
  std::vector<ReservationId> reservations{};
};

// A place in an event's line. It never moves; `left_at` is set when its owner gives it up while waiting.
struct LinePlace {
  EventId event{};
  Place place = 0;
  UserId user{};
  TimePoint joined_at{};
  std::optional<TimePoint> left_at{};
};
BOOST_DESCRIBE_STRUCT(LinePlace, (), (event, place, user, joined_at, left_at))

// Somebody's turn: inside during [activated_at, expires_at). Ending early moves expires_at to that moment.
struct Visit {
  EventId event{};
  Place place = 0;
  UserId user{};
  TimePoint activated_at{};
  TimePoint expires_at{};

  bool is_active(TimePoint now) const { return activated_at <= now && now < expires_at; }
};
BOOST_DESCRIBE_STRUCT(Visit, (), (event, place, user, activated_at, expires_at))

// Some of 4,096 places of a line: a bit each, lowest bit of the first byte for place `block` * 4096 + 1. As
// what is stored: who vanished once while they waited (R-Q12); a bit is never taken back.
inline constexpr std::size_t kPlaceBits = 4096;
struct PlaceBits {
  EventId event{};
  std::int32_t block = 0;
  std::string bits{};  // 512 bytes
};
BOOST_DESCRIBE_STRUCT(PlaceBits, (), (event, block, bits))
constexpr std::int32_t block_of(Place place) { return static_cast<std::int32_t>((place - 1) / kPlaceBits); }
inline void set_bit(PlaceBits& block, Place place) {  // of block_of(place)
  char& byte = block.bits[(place - 1) % kPlaceBits / 8];
  byte = static_cast<char>(byte | 1 << (place - 1) % 8);
}
template <class Visit>
void each_place(const PlaceBits& block, Visit&& visit) {
  for (std::size_t i = 0; i < block.bits.size() * 8; ++i) {
    if (static_cast<unsigned char>(block.bits[i / 8]) >> (i % 8) & 1)
      visit(static_cast<Place>(std::size_t(block.block) * kPlaceBits + i + 1));
  }
}

// The draw of an event's order (R-Q13; docs/draw.md): first a commitment to the seed, later what was drawn.
struct Draw {
  EventId event{};
  std::string seed{};    // 32 random bytes, secret until drawn
  TimePoint opens_at{};  // the opening that the commitment names; who joined before it takes part
  TimePoint committed_at{};
  std::string
      beacon_source{};   // the public source that the policy named when it was committed; "" without one
  std::string beacon{};  // its value, once an operator gave it
  std::optional<TimePoint> drawn_at{};
  Place people = 0;      // once drawn: places 1 … people took part
  std::string digest{};  // once drawn: 32 bytes, of the list of their joins
};
BOOST_DESCRIBE_STRUCT(Draw, (),
                      (event, seed, opens_at, committed_at, beacon_source, beacon, drawn_at, people, digest))

// A user who may wait in the priority line of an event (R-Q17).
struct PriorityUser {
  EventId event{};
  UserId user{};
  TimePoint granted_at{};
};
BOOST_DESCRIBE_STRUCT(PriorityUser, (), (event, user, granted_at))

// What is stored of one event's room.
struct RoomRows {
  std::vector<LinePlace> places;  // by place, from 1
  std::vector<Visit> visits;
  std::vector<PlaceBits> absences;
  std::vector<PriorityUser> priority;
  std::optional<Draw> draw;
};

struct SeatBlock {  // a house seat (R-S12)
  SeatId seat{};
  bool blocked = false;
};
BOOST_DESCRIBE_STRUCT(SeatBlock, (), (seat, blocked))

// The first answer to a (user, key), given again to the same request for kAnswersKept (R-X5). Then the key is
// free, whether or not the row has been forgotten.
inline constexpr Millis kAnswersKept{24 * 3'600'000};
struct IdempotentAnswer {
  UserId user{};
  std::string key{};
  std::string request_hash{};  // SHA-256 of method, path and body: 32 bytes
  int status = 0;
  std::string body{};
  std::string headers{};
  TimePoint created_at{};
};

// An event for the outside world, written with its cause (R-M4).
struct OutboxRow {
  OutboxId id{};
  std::string key{};         // "reservation/17", "wallet/3": order is kept per key
  std::int64_t version = 0;  // of the key, rising
  std::string type{};        // "seat.held"
  std::string payload{};     // JSON
  TimePoint created_at{};
};

// What an operator did (R-Q17).
struct LogRow {
  LogId id{};
  TimePoint created_at{};
  std::string operator_name{};
  std::string action{};  // "queue.pause"
  EventId event{};       // 0 when it concerns none
  std::string detail{};  // JSON
};

}  // namespace stagedoor
