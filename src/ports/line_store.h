// Storage for the joins of a line. So far it only reads: joins are written to the booking store with the
// batch that decides them.
#pragma once

#include <cstddef>
#include <vector>

#include "ports/store_errors.h"
#include "state/rows/waiting_room.h"

namespace stagedoor {

// One thread at a time per object. Throws StoreUnavailable when the store cannot be read now, StoreUnusable
// when it is damaged.
class LineStore {
 public:
  virtual ~LineStore() = default;
  // At most `limit` places of the event with numbers above `after`, in the order of their numbers.
  virtual std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) = 0;
  // The highest place given; 0: nobody has joined.
  virtual Place head(EventId event) = 0;
};

// Calls f(place) for the places of the event up to head(), in order; holds one page of them in memory.
template <class F>
void for_each_place(LineStore& line, EventId event, F&& f) {
  constexpr std::size_t kPage = 10'000;
  const Place head = line.head(event);
  for (Place after = 0; after < head;) {
    const auto page = line.read(event, after, kPage);
    if (page.empty()) return;
    for (const LinePlace& place : page) f(place);
    after = page.back().place;
  }
}

}  // namespace stagedoor
