// The tables of the in-memory store, and a layer over one of them, which holds the uncommitted changes of a
// transaction.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "state/kinds.h"
#include "state/rows/parked_event.h"

namespace stagedoor::memory {

// A table for each kind that is put whole.
template <class Kind>
using WholeTable = std::map<KeyOf<Kind>, RowOf<Kind>>;
using WholeTables = boost::mp11::mp_rename<
    boost::mp11::mp_transform<WholeTable, boost::mp11::mp_copy_if<kinds::All, IsPutWhole>>, std::tuple>;

using WalletSeq = std::pair<WalletId, std::int64_t>;

struct Tables {
  Catalogue catalogue;
  std::map<ReservationId, Reservation> reservations;
  std::map<SeatId, ReservationId> taking;  // the unique index "one per seat"
  std::map<UserId, Wallet> wallets;
  std::map<WalletId, UserId> wallet_users;  // by their id
  std::map<WalletSeq, Posting> postings;
  std::map<PaymentId, Payment> payments;  // without `reservations`, which reference their payment
  std::map<EventPlace, Visit> visits;
  std::map<EventPlace, LinePlace> line;
  std::map<std::pair<EventId, std::int32_t>, PlaceBitmap> absences;
  std::map<EventId, Draw> draws;
  std::map<EventUser, PriorityUser> priority;
  std::map<SeatId, SeatBlock> blocks;  // only blocked ones
  std::map<UserKey, IdempotentAnswer> answers;
  std::map<OutboxId, OutboxRow> outbox;
  std::map<LogId, LogRow> log;
  std::map<std::string, OutboxId> sinks;                                         // progress of each sink
  std::map<std::pair<std::string, OutboxId>, ParkedEvent> parked, dead_letters;  // by sink
  WholeTables whole;
  std::int64_t ids_reserved_to = 1;
  TimePoint latest_moment{};
};

template <class SomeKey, class SomeRow>
class Layer {
 public:
  using Key = SomeKey;
  using Row = SomeRow;

  explicit Layer(std::map<Key, Row>& table) : table_(table) {}

  const Row* find(const Key& key) const {
    if (const auto at = changed_.find(key); at != changed_.end()) return at->second ? &*at->second : nullptr;
    const auto at = table_.find(key);
    return at == table_.end() ? nullptr : &at->second;
  }
  void put(const Key& key, Row row) { changed_.insert_or_assign(key, std::move(row)); }
  void erase(const Key& key) { changed_.insert_or_assign(key, std::nullopt); }
  void commit() {
    for (auto& [key, row] : changed_) {
      if (row) table_.insert_or_assign(key, std::move(*row));
      else table_.erase(key);
    }
    changed_.clear();
  }

 private:
  std::map<Key, Row>& table_;
  std::map<Key, std::optional<Row>> changed_;
};

// The kinds that have a table in Tables.
template <class Kind>
concept HasTable = kIsPutWhole<Kind> || requires(Tables& tables) {
  Kind::in(tables).key_comp();
};
template <class Kind, class SomeTables>
auto& table_of(Kind, SomeTables& tables) {
  if constexpr (kIsPutWhole<Kind>) return std::get<WholeTable<Kind>>(tables.whole);
  else return Kind::in(tables);
}

// A layer over every table of a kind.
class Layers {
  template <class Kind>
  using TableOf = std::remove_cvref_t<decltype(table_of(Kind{}, std::declval<Tables&>()))>;
  template <class Kind>
  using IsStored = std::bool_constant<HasTable<Kind>>;
  template <class Kind>
  using LayerOf =
      std::pair<Kind, Layer<typename TableOf<Kind>::key_type, typename TableOf<Kind>::mapped_type>>;
  using Stored = boost::mp11::mp_transform<LayerOf, boost::mp11::mp_copy_if<kinds::All, IsStored>>;

 public:
  explicit Layers(Tables& tables)
      : layers_([&]<class... Kinds, class... Some>(boost::mp11::mp_list<std::pair<Kinds, Some>...>) {
          return std::tuple<std::pair<Kinds, Some>...>{
              std::pair<Kinds, Some>{Kinds{}, Some(table_of(Kinds{}, tables))}...};
        }(Stored{})) {}

  template <class Kind>
  auto& of(Kind) {
    return std::get<LayerOf<Kind>>(layers_).second;
  }
  void commit() {
    std::apply([](auto&... layers) { (layers.second.commit(), ...); }, layers_);
  }

 private:
  boost::mp11::mp_rename<Stored, std::tuple> layers_;
};

}  // namespace stagedoor::memory
