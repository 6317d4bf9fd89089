// Mode `jwt` between the I/O threads and the handlers. What a right proof is: src/jwt/verify_test.cpp.
#include "modules/identity/jwt_proofs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <future>
#include <mutex>
#include <thread>

#include "http/render_refusal.h"
#include "modules/identity/identity.h"
#include "support/issuer.h"
#include "support/manual_clock.h"
#include "support/stage.h"

namespace stagedoor::identity {
namespace {

using namespace test;
using testing::HasSubstr;

const Issuer kIssuer = Issuer::ed25519("a");

// Keys that a test changes, and whose readers it can hold up.
class Keys final : public jwt::KeySource {
 public:
  explicit Keys(std::string set = set_of({kIssuer.jwk()})) { put(std::move(set)); }

  void put(std::string set) {
    const std::lock_guard lock(mutex_);
    keys_ = std::make_shared<const jwt::JwtKeys>(*jwt::JwtKeys::parse(set));
  }
  std::shared_ptr<const jwt::JwtKeys> keys() const override {
    if (std::this_thread::get_id() != asker_) {
      const std::lock_guard gate(gate_);
    }
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  void look_again() override { ++asked_again_; }

  // No other thread gets the keys while the lock lives.
  std::unique_lock<std::mutex> hold_up() { return std::unique_lock(gate_); }
  int asked_again() const { return asked_again_; }

 private:
  const std::thread::id asker_ = std::this_thread::get_id();
  mutable std::mutex mutex_, gate_;
  std::shared_ptr<const jwt::JwtKeys> keys_;
  std::atomic<int> asked_again_ = 0;
};

// The answer to one call, and who made it.
class Asked final : public http::Reply::Sink {
 public:
  void take(Answer&& answer) noexcept override {
    thread_ = std::this_thread::get_id();
    answer_.set_value(std::move(answer));
  }
  Answer get() { return future_.get(); }
  bool is_answered() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  bool is_by_asker() const { return thread_ == std::this_thread::get_id(); }

 private:
  std::promise<Answer> answer_;
  std::future<Answer> future_ = answer_.get_future();
  std::thread::id thread_;
};

class JwtProofsTest : public testing::Test {
 protected:
  std::string proof(std::uint32_t user, Millis lasts = Millis(60'000), const Issuer& issuer = kIssuer) {
    const std::int64_t now = to_ms(clock.now()) / 1000;
    return issuer.sign(
        fmt::format(R"({{"iss":"https://id.example","aud":"tickets","sub":"{}","iat":{},"exp":{}}})",
                    to_string(user_id(user)), now, now + lasts.count() / 1000));
  }

  // Sends a call that answers with its user, its body and a header.
  void send(Asked& asked, const std::string& jws, const http::LimitedClient& client = {}) {
    const std::string bearer = "Bearer " + jws;
    std::vector<http::Header> headers{{"Authorization", bearer}, {"X-Other", "kept"}};
    if (jws.empty()) headers.clear();
    std::string body = "body";
    http::Request request{.path = "/x", .body = body, .headers = headers, .client = client};
    handler(request, http::Reply(asked));
    body = "gone";  // a request ends with its handler
    headers.clear();
  }
  Answer ask(const std::string& jws) {
    Asked asked;
    send(asked, jws);
    return asked.get();
  }
  std::string user_of(const std::string& jws) { return ask(jws).body; }
  std::string code_of(const std::string& jws) {
    const Answer answer = ask(jws);
    return answer.refusal ? boost::describe::enum_to_string(*answer.refusal, "?") : "ok";
  }
  std::uint64_t refused(jwt::Why why) const {
    return proofs.numbers().refused.at(static_cast<std::size_t>(why)).second;
  }

  const std::string user_1 = to_string(user_id(1)) + " body kept";
  ManualClock clock{kNow};
  Keys keys;
  TokenKeys token_keys{{std::string(32, 'k')}};
  PlaceTokens tokens{token_keys, clock, {.lifetime = Millis(60'000)}};
  Revocations revocations;
  JwtProofs proofs{{.claims = {.issuer = "https://id.example", .audience = "tickets"},
                    .queue = {.threads = 1, .waiting_max = 8},
                    .seen_sets = 16},
                   keys,
                   clock,
                   std::string(32, 's')};
  ProvenIdentity identity{tokens, proofs, revocations};
  http::Handler handler = proofs.prove_first([this](const http::Request& request, http::Reply reply) {
    const auto caller = identity.of(request);
    if (!caller) return reply(http::render_refusal(caller.error()));
    EXPECT_EQ(caller->proof, Proof::jwt);
    reply(
        {.body = fmt::format("{} {} {}", to_string(caller->user), request.body, request.header("X-Other"))});
  });
};

TEST_F(JwtProofsTest, name_the_user) {
  EXPECT_EQ(user_of(proof(1)), user_1);
  EXPECT_EQ(code_of(""), "TOKEN_NOT_FOUND");
  EXPECT_EQ(code_of("not-a-proof"), "TOKEN_NOT_FOUND");
  EXPECT_EQ(code_of(proof(1, Millis(-120'000))), "TOKEN_EXPIRED");
  EXPECT_THAT(ask(proof(1) + "x").body, HasSubstr("malformed"));
  const Answer unknown = ask(proof(1, Millis(60'000), Issuer::ed25519("b")));
  EXPECT_THAT(unknown.body, HasSubstr("try again in a minute"));
  EXPECT_THAT(unknown.headers, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_EQ(keys.asked_again(), 1);
  EXPECT_EQ(refused(jwt::Why::unknown_key), 1U);
  EXPECT_EQ(proofs.numbers().missing, 1U);
}

TEST_F(JwtProofsTest, count_only_if_there_is_one) {
  const std::string first = "Bearer " + proof(1), second = "Bearer " + proof(2);
  const std::vector<http::Header> headers{{"Authorization", first}, {"authorization", second}};
  Asked asked;
  handler({.headers = headers}, http::Reply(asked));
  EXPECT_EQ(asked.get().refusal, Code::TOKEN_NOT_FOUND);
}

// R-A5, R-W8: the thread that asks verifies nothing, and does not wait.
TEST_F(JwtProofsTest, are_verified_by_another_thread_and_then_found_by_the_one_that_asks) {
  const std::string jws = proof(1);
  Asked first, second;
  {
    const auto held_up = keys.hold_up();
    send(first, jws);
    EXPECT_FALSE(first.is_answered());
    EXPECT_EQ(proofs.numbers().verified, 0U);
  }
  EXPECT_EQ(first.get().body, user_1);
  EXPECT_FALSE(first.is_by_asker());
  {
    const auto held_up = keys.hold_up();
    send(second, jws);
    EXPECT_TRUE(second.is_answered());
  }
  EXPECT_EQ(second.get().body, user_1);
  EXPECT_TRUE(second.is_by_asker());
  EXPECT_EQ(proofs.numbers().verified, 1U);
  EXPECT_EQ(proofs.numbers().seen, 1U);
}

TEST_F(JwtProofsTest, of_one_client_that_come_at_once_are_verified_once) {
  const std::string jws = proof(1);
  std::array<Asked, 3> asked;
  {
    const auto held_up = keys.hold_up();
    for (Asked& one : asked) send(one, jws);
  }
  for (Asked& one : asked) EXPECT_EQ(one.get().body, user_1);
  EXPECT_EQ(proofs.numbers().verified, 1U);
}

// R-A4
TEST_F(JwtProofsTest, beyond_the_queue_are_refused_with_a_time_to_try_again) {
  std::array<Asked, 9> waiting;
  Asked refused;
  {
    const auto held_up = keys.hold_up();
    send(waiting[0], proof(100));  // this one has the thread, at once or soon
    while (proofs.numbers().waiting > 0) std::this_thread::yield();
    for (std::uint32_t n = 1; n < 9; ++n) send(waiting[n], proof(n));
    send(refused, proof(50));
    EXPECT_TRUE(refused.is_answered());
  }
  const Answer answer = refused.get();
  EXPECT_EQ(answer.refusal, Code::OVERLOADED);
  EXPECT_THAT(answer.headers, HasSubstr("Retry-After: "));
  EXPECT_EQ(proofs.numbers().overloaded, 1U);
  for (Asked& one : waiting) EXPECT_FALSE(one.get().refusal);
}

TEST_F(JwtProofsTest, of_one_address_leave_room_for_others) {
  const http::LimitedClient one{.address = 1, .is_exempt = false}, other{.address = 2, .is_exempt = false};
  std::array<Asked, 5> asked;
  {
    const auto held_up = keys.hold_up();
    send(asked[0], proof(1), one);
    while (proofs.numbers().waiting > 0) std::this_thread::yield();
    for (std::uint32_t n = 1; n < 4; ++n) send(asked[n], proof(n), one);
    EXPECT_TRUE(asked[3].is_answered());
    send(asked[4], proof(4), other);
  }
  EXPECT_EQ(asked[3].get().refusal, Code::OVERLOADED);
  EXPECT_FALSE(asked[2].get().refusal);
  EXPECT_FALSE(asked[4].get().refusal);
}

TEST_F(JwtProofsTest, need_keys) {
  keys.put(R"({"keys":[]})");
  const Answer answer = ask(proof(1));
  EXPECT_EQ(answer.refusal, Code::STORE_UNAVAILABLE);
  EXPECT_THAT(answer.headers, HasSubstr("Retry-After: "));
  EXPECT_EQ(proofs.numbers().without_keys, 1U);
  keys.put(set_of({kIssuer.jwk()}));
  EXPECT_EQ(user_of(proof(1)), user_1);
  keys.put(set_of({Issuer::ed25519("b").jwk()}));
  EXPECT_EQ(code_of(proof(1)), "TOKEN_NOT_FOUND") << "its key was withdrawn";
}

// R-A11: also a proof that was seen before, at once.
TEST_F(JwtProofsTest, issued_before_a_revocation_do_not_count_and_later_ones_do) {
  const std::string old = proof(1), other = proof(2);
  EXPECT_EQ(code_of(old), "ok");
  clock.advance(Millis(5'000));
  Batch batch;
  batch.revocations = {{user_id(1), clock.now()}};
  revocations.on_commit(batch);
  EXPECT_EQ(code_of(old), "TOKEN_EXPIRED");
  EXPECT_EQ(code_of(other), "ok");
  EXPECT_EQ(code_of(proof(1)), "ok");
  const std::string without_time =
      kIssuer.sign(fmt::format(R"({{"iss":"https://id.example","aud":"tickets","sub":"{}","exp":{}}})",
                               to_string(user_id(1)), to_ms(clock.now()) / 1000 + 60));
  EXPECT_EQ(code_of(without_time), "TOKEN_EXPIRED") << "nobody knows when it was issued";
}

// R-A11: of any instance.
TEST_F(JwtProofsTest, of_revoked_users_are_forgotten) {
  const std::string jws = proof(1), other = proof(2);
  for (const auto& one : {jws, other}) EXPECT_EQ(code_of(one), "ok");
  Batch batch;
  batch.revocations = {{user_id(1), kNow - Millis(1000)}};  // this proof is younger
  proofs.on_remote_commit(batch);
  proofs.forget_revoked();
  for (const auto& one : {jws, other}) EXPECT_EQ(code_of(one), "ok");
  EXPECT_EQ(proofs.numbers().verified, 3U) << "that of the revoked user twice";
  EXPECT_EQ(proofs.numbers().seen, 1U);
}

TEST_F(JwtProofsTest, that_wait_are_answered_when_the_server_stops) {
  Asked asked, late;
  {
    const auto held_up = keys.hold_up();
    send(asked, proof(1));
  }
  proofs.stop();
  EXPECT_TRUE(asked.is_answered());
  send(late, proof(2));
  EXPECT_EQ(late.get().refusal, Code::OVERLOADED);
}

}  // namespace
}  // namespace stagedoor::identity
