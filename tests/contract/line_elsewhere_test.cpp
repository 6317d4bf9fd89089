// What the stores keep of a line whose joins are in a log elsewhere (decision 0028).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Uuid kRandom = user(200);

class LineElsewhere : public EveryStore {
 protected:
  LineElsewhere() { open_sample(store()); }

  // The batch of these changes, as a lane whose places are elsewhere makes it.
  void commit_changes(Changes changes) {
    Batch batch;
    batch.line_is_elsewhere = true;
    View view;
    batch.add(changes, view);
    commit(store(), batch);
  }
  std::vector<std::string> stored() {
    std::vector<std::string> rows;
    const auto at_of = [](const auto& row) { return fmt::format("{}-{}", row.log_high, row.log_low); };
    startup().read({.line_mark =
                        [&](const LineMark& row) {
                          rows.push_back(fmt::format("mark {} {} {} {} {} {} {}", row.event.value, row.epoch,
                                                     at_of(row), to_string(row.random), row.last_place,
                                                     row.kept_place, to_ms(row.joined_at)));
                        },
                    .passed_over =
                        [&](const PassedOver& row) {
                          rows.push_back(fmt::format("passed over {} {} {} {}", row.event.value, row.epoch,
                                                     at_of(row), int(row.reason)));
                        },
                    .line_leave =
                        [&](const LineLeave& row) {
                          rows.push_back(fmt::format("left {} {} {} {}", row.event.value, row.place,
                                                     to_ms(row.left_at), int(row.left_by)));
                        },
                    .line_source = [&](const LineSource& row) { rows.push_back("line on " + row.url); }});
    return rows;
  }
};
INSTANTIATE_ON_EVERY_STORE(LineElsewhere);

TEST_P(LineElsewhere, keeps_marks_and_what_was_passed_over) {
  Changes first;
  first.line_marks = {{kEvent, 1, 1'700'000'000'000, 3, kRandom, 2, 0, at(10)}};
  first.passed_over = {{kEvent, 1, 1'700'000'000'000, 1, PassedReason::repeat}};
  commit_changes(first);
  Changes second;
  second.line_marks = {{kEvent, 2, 7, 0, Uuid{}, 2, 1, at(20)},
                       {kEvent, 1, 1'700'000'000'001, 0, kRandom, 3, 0, at(30)}};
  commit_changes(second);
  reopen();
  const std::string random = to_string(kRandom), zero = to_string(Uuid{});
  EXPECT_THAT(stored(), ElementsAre(fmt::format("mark 1 1 1700000000000-3 {} 2 0 {}", random, to_ms(at(10))),
                                    fmt::format("mark 1 1 1700000000001-0 {} 3 0 {}", random, to_ms(at(30))),
                                    fmt::format("mark 1 2 7-0 {} 2 1 {}", zero, to_ms(at(20))),
                                    "passed over 1 1 1700000000000-1 1"));
}

// The last judge of "each record is taken once".
TEST_P(LineElsewhere, refuses_a_second_batch_that_takes_the_same_records) {
  Changes changes;
  changes.line_marks = {{kEvent, 1, 5, 0, kRandom, 2, 0, at(10)}};
  commit_changes(changes);
  changes.line_marks.front().last_place = 3;
  EXPECT_THROW(commit_changes(changes), StoreRefused);
}

TEST_P(LineElsewhere, writes_who_left_and_no_place) {
  LinePlace joined = place(1, user(1), at(10)), left = place(2, user(2), at(10));
  Changes join;
  join.line = {joined, left};
  commit_changes(join);
  left.left_at = at(20);
  left.left_by = EarlyEnd::left;
  Changes leave;
  leave.line = {left};
  commit_changes(leave);
  EXPECT_THROW(commit_changes(leave), StoreRefused) << "a place is given up once";
  reopen();
  EXPECT_THAT(stored(), ElementsAre(fmt::format("left 1 2 {} {}", to_ms(at(20)), int(EarlyEnd::left))));
  EXPECT_THAT(line().read(kEvent, 0, 10), IsEmpty());
  EXPECT_EQ(line().head(kEvent), 0u);
}

TEST_P(LineElsewhere, has_one_source) {
  Changes changes;
  changes.line_sources = {{1, "redis://one:6379/0", at(0)}};
  commit_changes(changes);
  changes.line_sources = {{1, "kafka://two:9092", at(1)}};
  commit_changes(changes);
  reopen();
  EXPECT_THAT(stored(), ElementsAre("line on kafka://two:9092"));
}

}  // namespace
}  // namespace stagedoor::contract
