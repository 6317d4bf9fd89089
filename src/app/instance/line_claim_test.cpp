#include "app/instance/line_claim.h"

#include <gmock/gmock.h>

#include "support/manual_clock.h"
#include "support/shared_store.h"
#include "support/stage.h"

namespace stagedoor {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* kHere = "";
constexpr const char* kOne = "redis://one:6379/0";
constexpr const char* kTwo = "redis://two:6379/0";

// As much of an instance as claims its line.
class OneInstance {
 public:
  OneInstance(SharedRows& rows, int number, std::string source, const Clock& clock, bool has_others = false)
      : store_(rows, number),
        claim_(std::move(source), store_.ports(), clock.now(), [has_others] { return has_others; }),
        lane_(
            store_.ports(), clock, [] { return std::make_shared<const Catalogue>(); },
            [](const Refusal&) { return Answer{.status = 500}; }, LaneLimits{}) {
    lane_.add_observer(claim_);
  }
  void settle() { claim_.settle(lane_); }
  void hear() { store_.poll(); }

 private:
  SharedStore store_;
  LineClaim claim_;
  Lane lane_;
};

class TheLine : public testing::Test {
 protected:
  TheLine() {
    Changes changes;
    changes.catalogue.events = {on_sale_event(kClubNight, "Club night")};
    commit(std::move(changes));
  }
  // By an instance of its own.
  void commit(Changes changes) {
    SharedStore store(rows_, 99);
    Batch batch;
    View view;
    batch.add(changes, view);
    const auto transaction = store.begin();
    transaction->apply(batch);
    transaction->commit();
  }
  void start(const char* source) { OneInstance(rows_, 1, source, clock_).settle(); }
  std::string noted() {
    std::string note = "none";
    rows_.memory.read({.line_source = [&](const LineSource& row) { note = row.url; }});
    return note;
  }
  void give_place_here() {
    Changes changes;
    changes.line = {{kClubNight, 1, user_id(1), clock_.now(), std::nullopt}};
    commit(std::move(changes));
  }
  void give_place_elsewhere() {
    Changes changes;
    changes.line_marks = {{.event = kClubNight, .epoch = 1, .log_high = 1, .last_place = 1}};
    commit(std::move(changes));
  }

  ManualClock clock_{kNow};
  SharedRows rows_;
};

// R-Q18
TEST_F(TheLine, is_not_noted_where_it_always_was_in_the_store) {
  start(kHere);
  EXPECT_EQ(noted(), "none");
}

TEST_F(TheLine, moves_while_nobody_has_a_place) {
  start(kOne);
  EXPECT_EQ(noted(), kOne);
  start(kTwo);
  EXPECT_EQ(noted(), kTwo);
  start(kHere);
  EXPECT_EQ(noted(), "");
}

TEST_F(TheLine, stays_in_the_store_while_somebody_has_a_place_there) {
  give_place_here();
  EXPECT_THAT([&] { start(kOne); }, ThrowsMessage<StoreUnusable>(HasSubstr("leave room.url empty")));
  EXPECT_EQ(noted(), "none");
  clock_.advance(Millis(10 * 86'400'000));  // the sale is over
  start(kOne);
  EXPECT_EQ(noted(), kOne);
}

TEST_F(TheLine, stays_in_its_log_while_somebody_has_a_place_there) {
  start(kOne);
  give_place_elsewhere();
  for (const char* source : {kHere, kTwo})
    EXPECT_THAT([&] { start(source); },
                ThrowsMessage<StoreUnusable>(HasSubstr("set room.url to redis://one:6379/0")))
        << source;
  start(kOne);
  EXPECT_EQ(noted(), kOne);
}

TEST_F(TheLine, does_not_move_while_other_instances_have_it_elsewhere) {
  EXPECT_THAT([&] { OneInstance(rows_, 1, kOne, clock_, true); },
              ThrowsMessage<StoreUnusable>(HasSubstr("stop them first")));
  start(kOne);
  EXPECT_NO_THROW(OneInstance(rows_, 2, kOne, clock_, true)) << "it does not move it";
}

TEST_F(TheLine, is_that_of_the_instance_that_was_faster) {
  OneInstance one(rows_, 1, kOne, clock_), two(rows_, 2, kTwo, clock_), three(rows_, 3, kOne, clock_);
  one.settle();
  EXPECT_THAT([&] { two.settle(); }, ThrowsMessage<StoreUnusable>(HasSubstr("another instance started")));
  EXPECT_NO_THROW(three.settle());
  EXPECT_EQ(noted(), kOne);
}

TEST_F(TheLine, does_not_move_when_somebody_has_joined_meanwhile) {
  OneInstance one(rows_, 1, kOne, clock_);
  give_place_here();
  EXPECT_THROW(one.settle(), StoreUnusable);
  EXPECT_EQ(noted(), "none");
}

// The instance ends before it commits anything more.
TEST_F(TheLine, ends_an_instance_that_has_it_elsewhere) {
  OneInstance here(rows_, 1, kHere, clock_), same(rows_, 2, kOne, clock_);
  here.settle();
  OneInstance(rows_, 3, kOne, clock_).settle();
  same.settle();
  same.hear();
  EXPECT_DEATH(here.hear(), "was moved from the store itself to redis://one:6379/0 by another instance");
}

}  // namespace
}  // namespace stagedoor
