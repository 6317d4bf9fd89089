// The line as it is read back.
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

constexpr EventId kOther{2};
constexpr std::uint8_t kPeople = 7;

class Line : public EveryStore {
 protected:
  Line() {
    open_sample(store());
    Batch batch;
    for (std::uint8_t i = 1; i <= kPeople; ++i) {
      LinePlace row = place(i, user(i), at(10 * i));
      if (i == 3) row.left_at = at(35);
      put(batch, row);
      written_.push_back(row);
    }
    LinePlace elsewhere = place(1, user(1), at(5));
    elsewhere.event = kOther;
    put(batch, elsewhere);
    commit(store(), batch);
  }
  std::vector<LinePlace> written_;
};

TEST_P(Line, is_read_in_pages_after_a_place) {
  for (int round = 0; round < 2; ++round) {
    for (Place after = 0; after <= kPeople + 1u; ++after) {
      for (std::size_t limit = 1; limit <= kPeople + 1u; ++limit) {
        const auto first = written_.begin() + std::min<Place>(after, kPeople);
        const auto last = first + std::min<std::ptrdiff_t>(std::ptrdiff_t(limit), written_.end() - first);
        EXPECT_EQ(text(line().read(kEvent, after, limit)), text(std::vector(first, last)))
            << limit << " after " << after;
      }
    }
    reopen();
  }
}

TEST_P(Line, has_the_highest_place_as_its_head) {
  EXPECT_EQ(line().head(kEvent), kPeople);
  EXPECT_EQ(line().head(kOther), 1u);
  EXPECT_EQ(line().head(EventId{99}), 0u);
  EXPECT_TRUE(line().read(EventId{99}, 0, 10).empty());
  Batch batch;
  put(batch, place(kPeople + 1, user(8), at(100)));
  commit(store(), batch);
  EXPECT_EQ(line().head(kEvent), kPeople + 1u);
  reopen();
  EXPECT_EQ(line().head(kEvent), kPeople + 1u);
}

TEST_P(Line, of_an_event_is_read_whole_however_many_pages_it_has) {
  constexpr Place kMany = 20'001;
  Batch batch;
  for (Place number = kPeople + 1; number <= kMany; ++number) put(batch, place(number, user(9), at(100)));
  commit(store(), batch);
  Place expected = 0;
  for_each_place(line(), kEvent, [&](const LinePlace& row) { EXPECT_EQ(row.place, ++expected); });
  EXPECT_EQ(expected, kMany);
  for_each_place(line(), EventId{99}, [](const LinePlace&) { FAIL() << "nobody has joined"; });
}

INSTANTIATE_ON_EVERY_STORE(Line);

}  // namespace
}  // namespace stagedoor::contract
