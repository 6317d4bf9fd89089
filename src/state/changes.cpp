#include <iterator>

#include "state/kinds.h"

namespace stagedoor {
namespace {

template <class Key, class Row>
const Row* find_known(const Table<Key, Row>& table, const Key& key) {
  return table.knows(key) ? table.find(key) : nullptr;
}

// The current row of the store, on which the write is conditional; nullopt: none.
std::optional<Reservation> stored(kinds::reservations, const Reservation& row, const View& view) {
  const Reservation* before = row.version == 1 ? nullptr : view.reservations.find(row.id);
  return before ? std::optional(*before) : std::nullopt;
}
std::optional<LinePlace> stored(kinds::line, const LinePlace& row, const View&) {
  // A place is new, or is given up by an owner whose join is in the store.
  if (!row.left_at) return std::nullopt;
  return LinePlace{row.event, row.place, row.user, row.joined_at, std::nullopt};
}
std::optional<SeatBlock> stored(kinds::blocks, const SeatBlock& row, const View& view) {
  const SeatState* seat = view.seats.find(row.seat);
  return SeatBlock{row.seat, seat && seat->blocked};
}
template <class Kind>
std::optional<RowOf<Kind>> stored(Kind, const RowOf<Kind>& row, const View& view) {
  const auto* before = find_known(Kind::in(view), Kind::key(row));
  return before ? std::optional(*before) : std::nullopt;
}

}  // namespace

void Batch::add(Changes& changes, const View& view) {
  if (line_is_elsewhere) {
    for (const LinePlace& row : changes.line)
      if (row.left_at) changes.line_leaves.push_back({row.event, row.place, *row.left_at, row.left_by});
  }
  for_each_kind([&]<class Kind>(Kind kind) {
    auto& from = Kind::in(changes);
    auto& to = Kind::in(*this);
    if constexpr (kIsConditional<Kind>) {
      for (const auto& row : from) {
        const auto before = stored(kind, row, view);
        to.put(Kind::key(row), row, before ? &*before : nullptr);
      }
    } else if constexpr (requires { Kind::in(view).knows(Kind::key(from.front())); }) {
      to.insert(to.end(), from.begin(), from.end());  // View::apply needs them too
    } else {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    }
  });
}

bool Batch::empty() const {
  bool is_empty = true;
  for_each_kind([&]<class Kind>(Kind) { is_empty = is_empty && Kind::in(*this).empty(); });
  return is_empty;
}

}  // namespace stagedoor
