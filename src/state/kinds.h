// The list of row kinds. A kind names the member for its rows in Changes, Batch, View and the tables in
// memory (the same name in each), their key, and what other instances receive of them. Batch, View, the peer
// message and the stores go through this list, so a new kind is a row struct, its two members in changes.h,
// and an entry here; the stores add their statements (CONTRIBUTING.md).
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "state/changes.h"
#include "state/view.h"

namespace stagedoor {

// The part of a kind's rows that other instances receive.
enum class PeerForm {
  nothing,
  key,             // they drop the row and load it when they need it
  row,             // the row
  row_is_stored,   // the row, and whether the store had one before
  row_and_stored,  // the row, and the row that the store had before
};

namespace kinds {

struct reservations {
  static auto in(auto& all) -> decltype((all.reservations)) { return all.reservations; }
  static auto key(const Reservation& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::row_and_stored;
};
struct visits {
  static auto in(auto& all) -> decltype((all.visits)) { return all.visits; }
  static auto key(const Visit& row) { return EventPlace{row.event, row.place}; }
  static constexpr auto peer_form = PeerForm::row_is_stored;
};
struct line {
  static auto in(auto& all) -> decltype((all.line)) { return all.line; }
  static auto key(const LinePlace& row) { return EventPlace{row.event, row.place}; }
  static constexpr auto peer_form = PeerForm::row_is_stored;
};
struct absences {
  static auto in(auto& all) -> decltype((all.absences)) { return all.absences; }
  static auto key(const PlaceBitmap& row) { return std::pair(row.event, row.block); }
  static constexpr auto peer_form = PeerForm::row;
};
struct seen {
  static auto in(auto& all) -> decltype((all.seen)) { return all.seen; }
  static auto key(const PlaceBitmap& row) { return std::pair(row.event, row.block); }
  static constexpr auto peer_form = PeerForm::row;
};
struct draws {
  static auto in(auto& all) -> decltype((all.draws)) { return all.draws; }
  static auto key(const Draw& row) { return row.event; }
  static constexpr auto peer_form = PeerForm::row_is_stored;
};
struct priority {
  static auto in(auto& all) -> decltype((all.priority)) { return all.priority; }
  static auto key(const PriorityUser& row) { return EventUser{row.event, row.user}; }
  static constexpr auto peer_form = PeerForm::row;
};
struct blocks {
  static auto in(auto& all) -> decltype((all.blocks)) { return all.blocks; }
  static auto key(const SeatBlock& row) { return row.seat; }
  static constexpr auto peer_form = PeerForm::row;
};
struct wallets {
  static auto in(auto& all) -> decltype((all.wallets)) { return all.wallets; }
  static auto key(const Wallet& row) { return row.user; }
  static Wallet row_of(const UserId& user) { return {.user = user}; }
  static constexpr auto peer_form = PeerForm::key;
};
struct payments {
  static auto in(auto& all) -> decltype((all.payments)) { return all.payments; }
  static auto key(const Payment& row) { return row.id; }
  static Payment row_of(PaymentId id) { return {.id = id}; }
  static constexpr auto peer_form = PeerForm::key;
};
struct answers {
  static auto in(auto& all) -> decltype((all.answers)) { return all.answers; }
  static auto key(const IdempotentAnswer& row) { return UserKey{row.user, row.key}; }
  static IdempotentAnswer row_of(const UserKey& key) { return {.user = key.first, .key = key.second}; }
  static constexpr auto peer_form = PeerForm::key;
};
struct events {
  static auto in(auto& all) -> decltype((all.catalogue.events)) { return all.catalogue.events; }
  static auto key(const Event& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::row;
};
struct dates {
  static auto in(auto& all) -> decltype((all.catalogue.dates)) { return all.catalogue.dates; }
  static auto key(const EventDate& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::row;
};
struct layouts {
  static auto in(auto& all) -> decltype((all.catalogue.layouts)) { return all.catalogue.layouts; }
  static auto key(const std::pair<std::string, Layout>& row) { return row.first; }
  static constexpr auto peer_form = PeerForm::row;
};
struct postings {
  static auto in(auto& all) -> decltype((all.postings)) { return all.postings; }
  static auto key(const Posting& row) { return std::pair(row.wallet, row.seq); }
  static constexpr auto peer_form = PeerForm::nothing;
};
struct outbox {
  static auto in(auto& all) -> decltype((all.outbox)) { return all.outbox; }
  static auto key(const OutboxRow& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::nothing;
};
struct log {
  static auto in(auto& all) -> decltype((all.log)) { return all.log; }
  static auto key(const LogRow& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::nothing;
};
struct revocations {
  static auto in(auto& all) -> decltype((all.revocations)) { return all.revocations; }
  static auto key(const Revocation& row) { return row.user; }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
};

struct imports {
  static auto in(auto& all) -> decltype((all.catalogue.imports)) { return all.catalogue.imports; }
  static auto key(const ImportedText& row) { return row.digest; }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
};

struct hidden_seats {
  static auto in(auto& all) -> decltype((all.hidden_seats)) { return all.hidden_seats; }
  static auto key(const HiddenSeats& row) { return std::pair(row.date.id, row.first); }
  static constexpr auto peer_form = PeerForm::nothing;
};

struct key_versions {
  static auto in(auto& all) -> decltype((all.key_versions)) { return all.key_versions; }
  static auto key(const KeyVersion& row) { return row.key; }
  static KeyVersion row_of(const std::string& key) { return {.key = key}; }
  static constexpr auto peer_form = PeerForm::key;
  static constexpr bool is_put_whole = true;
};

struct line_marks {
  static auto in(auto& all) -> decltype((all.line_marks)) { return all.line_marks; }
  static auto key(const LineMark& row) { return std::tuple(row.event, row.epoch, row.at()); }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
  static constexpr bool is_put_once = true;
};
struct passed_over {
  static auto in(auto& all) -> decltype((all.passed_over)) { return all.passed_over; }
  static auto key(const PassedOver& row) { return std::tuple(row.event, row.epoch, row.at()); }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
  static constexpr bool is_put_once = true;
};
struct line_leaves {
  static auto in(auto& all) -> decltype((all.line_leaves)) { return all.line_leaves; }
  static auto key(const LineLeave& row) { return EventPlace{row.event, row.place}; }
  static constexpr auto peer_form = PeerForm::nothing;  // they receive the place of `line`
  static constexpr bool is_put_whole = true;
  static constexpr bool is_put_once = true;
};
struct line_sources {
  static auto in(auto& all) -> decltype((all.line_sources)) { return all.line_sources; }
  static auto key(const LineSource& row) { return row.id; }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
};

struct reassignments {
  static auto in(auto& all) -> decltype((all.reassignments)) { return all.reassignments; }
  static auto key(const Reassignment& row) { return std::pair(row.reservation, row.version); }
  static constexpr auto peer_form = PeerForm::nothing;
  static constexpr bool is_put_whole = true;
  static constexpr bool is_put_once = true;
};
struct cancellations {
  static auto in(auto& all) -> decltype((all.catalogue.cancellations)) { return all.catalogue.cancellations; }
  static auto key(const DateCancellation& row) { return row.date; }
  static constexpr auto peer_form = PeerForm::row;
  static constexpr bool is_put_whole = true;
};

struct ticket_uses {
  static auto in(auto& all) -> decltype((all.ticket_uses)) { return all.ticket_uses; }
  static auto key(const TicketUse& row) { return TicketRef{row.reservation, row.ticket}; }
  static TicketUse row_of(const TicketRef& key) { return {.reservation = key.first, .ticket = key.second}; }
  static constexpr auto peer_form = PeerForm::key;
  static constexpr bool is_put_whole = true;
};

// In the order of the peer message: an older version reads the kinds it knows and skips what follows them.
// New kinds go to the end.
using All = boost::mp11::mp_list<reservations, visits, line, absences, seen, draws, priority, blocks, wallets,
                                 payments, answers, events, dates, layouts, postings, outbox, log,
                                 revocations, imports, hidden_seats, key_versions, line_marks, passed_over,
                                 line_leaves, line_sources, ticket_uses, reassignments, cancellations>;

}  // namespace kinds

// Calls f(kind) for each kind.
template <class F>
void for_each_kind(F&& f) {
  boost::mp11::mp_for_each<kinds::All>(std::forward<F>(f));
}

// The row struct of a kind, and its key.
template <class Kind>
using RowOf = typename std::remove_cvref_t<decltype(Kind::in(std::declval<Changes&>()))>::value_type;
template <class Kind>
using KeyOf = decltype(Kind::key(std::declval<const RowOf<Kind>&>()));

// True for a kind with conditional writes: its list in a Batch is Writes, with the previous row of the store.
template <class Kind>
inline constexpr bool kIsConditional = requires(const Batch& batch) {
  Kind::in(batch).rows();
};

// True for a kind whose rows are written whole, whether or not the store has a row of that key: it says
// `is_put_whole`. The stores need nothing else for it than its statements (adapters/tables/statements.h).
template <class Kind>
inline constexpr bool kIsPutWhole = requires {
  Kind::is_put_whole;
};

// True for a kind that is put whole and of which a second row with the same key is a fault: `is_put_once`.
template <class Kind>
inline constexpr bool kIsPutOnce = requires {
  Kind::is_put_once;
};

template <class Kind>
using IsPutWhole = std::bool_constant<kIsPutWhole<Kind>>;
// How many kinds the stores write by statements of their own; whoever writes them asserts the number, so that
// a kind is not forgotten.
inline constexpr std::size_t kKindsWrittenByName =
    boost::mp11::mp_size<kinds::All>::value - boost::mp11::mp_count_if<kinds::All, IsPutWhole>::value;

// A list in Changes without an entry here would be lost. (The catalogue is one member with five kinds.)
static_assert(boost::pfr::tuple_size_v<Changes> + 4 == boost::mp11::mp_size<kinds::All>::value,
              "every list of Changes is a kind of kinds::All");

}  // namespace stagedoor
