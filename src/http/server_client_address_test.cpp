// Whose request it is, through the socket: what handlers and the log get as the client's address (R-A1).
#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <vector>

#include "core/guarded.h"
#include "core/log.h"
#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::TestServer;

struct Logged {
  std::vector<std::string> clients;  // client.ip of each request
  int warnings = 0;
};
Guarded<Logged> logged;

class ClientAddress : public ::testing::Test {
 protected:
  ClientAddress() {
    *logged.lock() = {};
    set_log_writer([](LogLevel level, std::string_view message, std::span<const LogField> fields) {
      const auto now = logged.lock();
      if (level == LogLevel::warn) ++now->warnings;
      for (const LogField& field : fields) {
        if (message == "request" && field.name == "client.ip") now->clients.emplace_back(field.text);
      }
    });
    // The log has every answer of 500 and above.
    server_.get("/x", [](const Request& request, Reply reply) {
      reply({.status = 503, .body = request.peer.to_string() + (request.has_untrusted_forward ? " ?" : "")});
    });
  }
  ~ClientAddress() override { set_log_writer(nullptr); }

  TestServer server_;
};

TEST_F(ClientAddress, is_the_last_untrusted_one_of_all_lines) {
  server_.config.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
  server_.start();
  RawClient client(server_.port());
  // A client's own line, then the lines of two proxies.
  EXPECT_EQ(client
                .get("/x",
                     "X-Forwarded-For: 198.51.100.66\r\nx-forwarded-for: 203.0.113.9\r\n"
                     "X-Forwarded-For: 10.0.0.7\r\n")
                .body,
            "203.0.113.9");
  EXPECT_EQ(client.get("/x", "X-Forwarded-For: 198.51.100.66, [2001:db8::9]:4711, 10.0.0.7:80\r\n").body,
            "2001:db8::9");
  EXPECT_EQ(client.get("/x").body, "127.0.0.1");
  EXPECT_THAT(logged.lock()->clients, ElementsAre("203.0.113.9", "2001:db8::9", "127.0.0.1"));
  EXPECT_EQ(logged.lock()->warnings, 0);
}

TEST_F(ClientAddress, is_the_sockets_where_no_proxy_is_trusted_and_the_header_is_warned_of_once) {
  server_.start();
  RawClient client(server_.port());
  EXPECT_EQ(client.get("/x").body, "127.0.0.1");
  EXPECT_EQ(client.get("/x", "X-Forwarded-For: 203.0.113.9\r\n").body, "127.0.0.1 ?");
  EXPECT_EQ(client.get("/x", "Forwarded: for=203.0.113.9\r\n").body, "127.0.0.1 ?");
  EXPECT_THAT(logged.lock()->clients, ElementsAre("127.0.0.1", "127.0.0.1", "127.0.0.1"));
  EXPECT_EQ(logged.lock()->warnings, 1);
  EXPECT_THAT(prometheus::TextSerializer().Serialize(server_.metrics->collect()),
              HasSubstr("stagedoor_http_untrusted_forwards_total 2"));
}

}  // namespace
}  // namespace stagedoor::http
