// Revocations as they are written and read back.
#include <gmock/gmock.h>

#include <map>

#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::Pair;

class Revocations : public EveryStore {
 protected:
  void revoke(std::initializer_list<Revocation> rows) {
    Batch batch;
    batch.revocations = rows;
    commit(store(), batch);
  }
  std::map<UserId, TimePoint> stored() {
    std::map<UserId, TimePoint> rows;
    startup().read({.revocation = [&](const Revocation& row) { rows[row.user] = row.not_before; }});
    return rows;
  }
};
INSTANTIATE_ON_EVERY_STORE(Revocations);

TEST_P(Revocations, are_one_per_user_and_the_last_one_counts) {
  revoke({{user(1), at(10)}, {user(2), at(20)}, {user(1), at(30)}});
  reopen();
  EXPECT_THAT(stored(), ElementsAre(Pair(user(1), at(30)), Pair(user(2), at(20))));
  revoke({{user(2), at(40)}});
  reopen();
  EXPECT_THAT(stored(), ElementsAre(Pair(user(1), at(30)), Pair(user(2), at(40))));
}

}  // namespace
}  // namespace stagedoor::contract
