// What only a store that several instances write has to prove: who hears what, who may write, what becomes of
// a commit when the connection, the server or the writer itself stops.
#include <gmock/gmock.h>

#include "adapters/postgres/postgres_store.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

TEST(Postgres, is_installed) {
  if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
}

}  // namespace
}  // namespace stagedoor::contract
