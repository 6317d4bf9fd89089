// The versions of the keys of events, as they are written and loaded.
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

class KeyVersions : public EveryStore {
 protected:
  void put(std::vector<KeyVersion> rows) {
    Batch batch;
    batch.key_versions = std::move(rows);
    commit(store(), batch);
  }
  // 0: there is none.
  std::int64_t stored(const std::string& key) {
    View view;
    store().begin()->load({.key_versions = {key}}, view);
    const KeyVersion* row = view.key_versions.find(key);
    return row ? row->version : 0;
  }
};
INSTANTIATE_ON_EVERY_STORE(KeyVersions);

TEST_P(KeyVersions, are_loaded_as_they_were_written_last) {
  EXPECT_EQ(stored("queue/1"), 0);
  put({{"queue/1", 1, at(10)}, {"event/1", 1, at(10)}, {"event/1", 2, at(10)}});
  EXPECT_EQ(stored("event/1"), 2) << "two events of one command";
  put({{"queue/1", 2, at(20)}});
  reopen();
  EXPECT_EQ(stored("queue/1"), 2);
  EXPECT_EQ(stored("event/1"), 2);
  EXPECT_EQ(stored("queue/2"), 0);
}

}  // namespace
}  // namespace stagedoor::contract
