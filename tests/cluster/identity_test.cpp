// R-A11, R-W8: two servers over one PostgreSQL with one identity provider. What one of them revokes counts on
// the other.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "cluster/cluster.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/issuer.h"

namespace stagedoor::test {
namespace {

using Steady = std::chrono::steady_clock;

// The provider's keys as a file.
class KeyFile {
 public:
  explicit KeyFile(const Issuer& issuer) { std::ofstream(path_) << set_of({issuer.jwk()}); }
  ~KeyFile() { std::filesystem::remove(path_); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_ =
      std::filesystem::temp_directory_path() / fmt::format("stagedoor-keys-{}.json", ::getpid());
};

class ProvenInstances : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }

  // Of a user, issued now; the time has a fraction.
  std::string proof(std::uint64_t n) const {
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return issuer_.sign(
        fmt::format(R"({{"iss":"https://id.example","aud":"tickets","sub":"{}","iat":{:.3f},"exp":{:.3f}}})",
                    user(n), now, now + 300));
  }
  static Call who(const std::string& proof) {
    return {.method = "GET", .target = "/users/me", .token = proof};
  }

  const Issuer issuer_ = Issuer::p256("a");
  const KeyFile keys_{issuer_};
  const std::vector<std::pair<std::string, std::string>> settings_ = {
      {"auth.mode", "jwt"},
      {"auth.jwt_keys", keys_.path()},
      {"auth.jwt_issuer", "https://id.example"},
      {"auth.jwt_audience", "tickets"}};
};

TEST_F(ProvenInstances, refuse_proofs_and_tokens_that_one_of_them_has_revoked) {
  Cluster cluster(club_night(), 2, settings_);
  Api first(cluster.server(0).url()), second(cluster.server(1).url());
  const std::string old = proof(1), other = proof(2);
  const Call join_first{.method = "POST", .target = "/queue", .token = old, .body = R"({"eventId":1})"};
  const std::string place = text(first.send(join_first).data(), "token");
  const Call poll = Call{.method = "GET", .target = "/queue"}.with_header("queue-token", place);
  for (Api* api : {&first, &second}) {  // both have seen the proofs
    EXPECT_EQ(text(api->send(who(old)).data(), "userId"), user(1));
    EXPECT_EQ(api->send(who(other)).status, 200);
  }
  ASSERT_TRUE(first.send(admin("POST", fmt::format("/admin/users/{}/revoke", user(1)))).ok());
  EXPECT_EQ(first.send(who(old)).code(), "TOKEN_EXPIRED") << "where it was revoked, at once";

  const auto begin = Steady::now();
  while (second.send(who(old)).ok())
    ASSERT_LT(Steady::now() - begin, std::chrono::seconds(1)) << "no instance is that stale";
  EXPECT_EQ(second.send(who(old)).code(), "TOKEN_EXPIRED");
  EXPECT_EQ(second.send(poll).code(), "TOKEN_EXPIRED");
  EXPECT_EQ(second.send(join_first).code(), "TOKEN_EXPIRED");
  EXPECT_EQ(second.send(who(other)).status, 200);
  EXPECT_EQ(text(second.send(who(proof(1))).data(), "userId"), user(1)) << "signed in again";

  cluster.server(1).restart();
  Api restarted(cluster.server(1).url());
  EXPECT_EQ(restarted.send(who(old)).code(), "TOKEN_EXPIRED");
  EXPECT_EQ(restarted.send(who(other)).status, 200);
}

}  // namespace
}  // namespace stagedoor::test
