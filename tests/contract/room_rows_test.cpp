// What a waiting room keeps besides places and visits: who vanished, draws, priority (R-Q12, R-Q13, R-Q17).
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;

class RoomRowsKept : public EveryStore {
 protected:
  RoomRowsKept() { open_sample(store()); }

  std::vector<std::string> absences() {
    std::vector<std::string> rows;
    startup().read({.absence = [&](const PlaceBitmap& row) {
      rows.push_back(std::to_string(row.event.value) + "/" + std::to_string(row.block) + " " +
                     std::to_string(row.bits.size()) + " " + row.bits[0]);
    }});
    return rows;
  }
  std::vector<std::string> draws() {
    std::vector<std::string> rows;
    startup().read({.draw = [&](const Draw& row) { rows.push_back(text_of(row)); }});
    return rows;
  }
  static std::string moves_of(const Draw& row) {
    std::string text;
    for (const DrawMove& move : row.moves)
      text += fmt::format(" {}:{}-{}", to_ms(move.at), to_ms(move.from), to_ms(move.to));
    return text;
  }
  static std::string text_of(const Draw& row) {
    return std::to_string(row.event.value) + " " + row.seed.substr(0, 1) + " " +
           std::to_string(to_ms(row.opens_at)) + " " + std::to_string(to_ms(row.committed_at)) + " " +
           row.beacon_source + "[" + row.beacon + "] " +
           (row.drawn_at ? std::to_string(to_ms(*row.drawn_at)) : "-") + " " + std::to_string(row.people) +
           " " + std::to_string(row.digest.size()) + " v" + std::to_string(row.algorithm) + moves_of(row);
  }
  static PlaceBitmap block(std::int32_t number, char first) {
    PlaceBitmap row{kEvent, number, std::string(512, '\0')};
    row.bits[0] = first;
    return row;
  }
  static Draw committed() {
    return {.event = kEvent,
            .seed = std::string(32, 's'),
            .opens_at = from_ms(1000),
            .committed_at = from_ms(500),
            .beacon_source = "b",
            .algorithm = 2};
  }
  void write(const Draw& row, const Draw* before) {
    Batch batch;
    batch.draws.put(row.event, row, before);
    commit(store(), batch);
  }
};

TEST_P(RoomRowsKept, blocks_of_absences_are_replaced_whole_and_come_back_in_order) {
  Batch batch;
  batch.absences = {block(1, 'b'), block(0, 'a')};
  commit(store(), batch);
  batch.absences = {block(1, 'c')};
  commit(store(), batch);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(absences(), ElementsAre("1/0 512 a", "1/1 512 c"));
    reopen();
  }
  batch.absences = {block(0, 'x')};
  batch.absences[0].bits.pop_back();
  EXPECT_TRUE(refuses(store(), batch));
}

TEST_P(RoomRowsKept, a_draw_is_committed_then_drawn_once_and_keeps_its_seed) {
  const Draw first = committed();
  write(first, nullptr);
  EXPECT_THAT(draws(), ElementsAre("1 s 1000 500 b[] - 0 0 v2"));
  Draw drawn = first;
  drawn.beacon = "31415";
  drawn.drawn_at = from_ms(1001);
  drawn.people = 7;
  drawn.digest = std::string(32, 'd');
  drawn.moves = {{from_ms(600), from_ms(900), from_ms(950)}, {from_ms(700), from_ms(950), from_ms(1000)}};
  write(drawn, &first);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(draws(), ElementsAre("1 s 1000 500 b[31415] 1001 7 32 v2 600:900-950 700:950-1000"));
    const View view = loaded(store(), {.draws = {kEvent, EventId{77}}});
    EXPECT_EQ(text_of(*view.draws.find(kEvent)),
              "1 s 1000 500 b[31415] 1001 7 32 v2 600:900-950 700:950-1000");
    EXPECT_EQ(view.draws.find(EventId{77}), nullptr);
    reopen();
  }
  Batch again;
  again.draws.put(kEvent, drawn, &drawn);
  EXPECT_TRUE(refuses(store(), again)) << "what is drawn stays";
}

TEST_P(RoomRowsKept, a_draw_never_changes_its_seed) {
  const Draw first = committed();
  write(first, nullptr);
  Draw other = first;
  other.seed = std::string(32, 'x');
  Batch batch;
  batch.draws.put(kEvent, other, &first);
  EXPECT_TRUE(refuses(store(), batch));
  EXPECT_THAT(draws(), ElementsAre("1 s 1000 500 b[] - 0 0 v2"));
}

TEST_P(RoomRowsKept, priority_is_granted_once) {
  Batch batch;
  batch.priority = {{kEvent, user(2), from_ms(20)}, {kEvent, user(1), from_ms(30)}};
  commit(store(), batch);
  batch.priority = {{kEvent, user(2), from_ms(40)}, {kEvent, user(3), from_ms(10)}};
  commit(store(), batch);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::pair<std::string, std::int64_t>> rows;
    startup().read({.priority = [&](const PriorityUser& row) {
      rows.emplace_back(to_string(row.user), to_ms(row.granted_at));
    }});
    EXPECT_THAT(rows, testing::UnorderedElementsAre(std::pair(to_string(user(3)), 10),
                                                    std::pair(to_string(user(2)), 20),
                                                    std::pair(to_string(user(1)), 30)));
    reopen();
  }
}

TEST_P(RoomRowsKept, priority_is_taken_back_and_granted_again) {
  const auto rows = [&] {
    std::vector<std::string> all;
    startup().read({.priority = [&](const PriorityUser& row) {
      all.push_back(
          fmt::format("{} {}", to_ms(row.granted_at), row.taken_back_at ? to_ms(*row.taken_back_at) : 0));
    }});
    return all;
  };
  const auto write = [&](std::vector<PriorityUser> some) {
    Batch batch;
    batch.priority = std::move(some);
    commit(store(), batch);
    reopen();
  };
  write({{kEvent, user(1), from_ms(20)}});
  write({{kEvent, user(1), from_ms(30), from_ms(30)}});
  EXPECT_THAT(rows(), ElementsAre("20 30"));
  write({{kEvent, user(1), from_ms(40)}});
  EXPECT_THAT(rows(), ElementsAre("40 0"));
  write({{kEvent, user(1), from_ms(50), from_ms(50)}, {kEvent, user(1), from_ms(50)}});
  EXPECT_THAT(rows(), ElementsAre(testing::EndsWith(" 0"))) << "the last one of a batch counts";
}

INSTANTIATE_ON_EVERY_STORE(RoomRowsKept);

}  // namespace
}  // namespace stagedoor::contract
