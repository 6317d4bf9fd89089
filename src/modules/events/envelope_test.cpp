#include "modules/events/envelope.h"

#include <gmock/gmock.h>

namespace stagedoor::events {
namespace {

OutboxRow row() {
  return {.id = {7},
          .key = "wallet/3",
          .version = 4,
          .type = "stagedoor.wallet.charged.v1",
          .payload = R"({"walletId":3})",
          .created_at = from_ms(1'700'000'000'000)};
}

// R-E3
TEST(Envelope, is_a_cloud_event) {
  EXPECT_EQ(to_event(row(), source_of("x")).json,
            R"({"specversion":"1.0","id":"7","source":"/stagedoor/x","type":"stagedoor.wallet.charged.v1",)"
            R"("subject":"wallet/3","keyversion":4,"time":"2023-11-14T22:13:20.000Z",)"
            R"("datacontenttype":"application/json","data":{"walletId":3}})");
}

// R-E2
TEST(Envelope, has_the_trace_of_the_request_if_there_was_one) {
  OutboxRow traced = row();
  traced.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const OutboxEvent event = to_event(traced, source_of("x"));
  EXPECT_THAT(event.json, testing::HasSubstr(
                              R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")"));
  EXPECT_EQ(event.row.trace, traced.trace);
  EXPECT_THAT(to_event(row(), source_of("x")).json, testing::Not(testing::HasSubstr("traceparent")));
}

}  // namespace
}  // namespace stagedoor::events
