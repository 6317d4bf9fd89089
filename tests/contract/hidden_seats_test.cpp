// Seats of a large import, stored in pieces before their date is shown (decision 0021).
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

class HiddenSeatsOfAnImport : public EveryStore {
 protected:
  HiddenSeatsOfAnImport() {
    event_ = sample_catalogue().events.front();
    event_.id = EventId{500};
    date_ = sample_catalogue().dates.front();
    date_.id = DateId{501};
    date_.event = event_.id;
    date_.first_seat = SeatId{600};
    for (auto& category : date_.categories) category.id.value += 700;
  }
  Batch piece(std::size_t first, std::size_t count) const {
    HiddenSeats part{.event = event_, .date = date_, .seats_in_all = std::int64_t(date_.seats.size())};
    part.date.seats.clear();
    part.first = first;
    const auto begin = date_.seats.begin() + std::ptrdiff_t(first);
    part.seats.assign(begin, begin + std::ptrdiff_t(count));
    Batch batch;
    batch.hidden_seats.push_back(std::move(part));
    return batch;
  }
  Batch show() const {
    Batch batch;
    batch.catalogue.events.push_back(event_);
    batch.catalogue.dates.push_back(date_);
    return batch;
  }
  std::string stored() {
    reopen();
    return text(startup().catalogue());
  }
  // Of a store that got the event and the date at once.
  std::string expected(const Batch& batch) {
    const auto other = GetParam().make();
    commit(other->ports().store, batch);
    return text(other->ports().startup.catalogue());
  }

  Event event_;
  EventDate date_;
};
INSTANTIATE_ON_EVERY_STORE(HiddenSeatsOfAnImport);

TEST_P(HiddenSeatsOfAnImport, are_seen_by_nobody_until_the_catalogue_has_their_date) {
  const std::string before = stored();
  commit(store(), piece(0, 4));
  EXPECT_EQ(stored(), before);
  commit(store(), piece(4, kSeats - 4));
  EXPECT_EQ(stored(), before);
  event_.created_at = date_.created_at = at(9);  // it is made when it is shown
  date_.starts_at += Millis(1);
  commit(store(), show());
  EXPECT_EQ(stored(), expected(show()));
}

TEST_P(HiddenSeatsOfAnImport, of_an_import_that_died_are_replaced_by_those_of_the_next) {
  commit(store(), piece(0, 4));
  date_.first_seat = SeatId{1600};
  commit(store(), piece(0, 5));
  commit(store(), piece(5, kSeats - 5));
  commit(store(), show());
  EXPECT_EQ(stored(), expected(show()));
}

TEST_P(HiddenSeatsOfAnImport, of_an_import_that_died_do_not_keep_an_operator_from_adding_the_date) {
  commit(store(), piece(0, 4));
  date_.first_seat = SeatId{1600};
  commit(store(), show());
  EXPECT_EQ(stored(), expected(show()));
}

// The store in memory keeps no hidden seats: nothing outlives its process.
class StoredPiecesOfAnImport : public HiddenSeatsOfAnImport {};
std::vector<StoreKind> stores_with_tables() {
  auto kinds = store_kinds();
  std::erase_if(kinds, [](const StoreKind& kind) { return kind.name == std::string_view("memory"); });
  return kinds;
}
INSTANTIATE_TEST_SUITE_P(Stores, StoredPiecesOfAnImport, testing::ValuesIn(stores_with_tables()), kind_name);

TEST_P(StoredPiecesOfAnImport, without_those_before_them_are_refused) {
  EXPECT_TRUE(refuses(store(), piece(4, 2)));
  commit(store(), piece(0, 4));
  const Batch next = piece(4, 2);
  date_.first_seat = SeatId{1600};  // another import begins with the same date
  commit(store(), piece(0, 4));
  EXPECT_TRUE(refuses(store(), next));
}

}  // namespace
}  // namespace stagedoor::contract
