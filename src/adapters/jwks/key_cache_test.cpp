#include "adapters/jwks/key_cache.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "core/log.h"
#include "engine/worker.h"
#include "jwt/verify.h"
#include "support/issuer.h"
#include "support/manual_clock.h"
#include "support/scripted_server.h"

namespace stagedoor::jwks {
namespace {

using crowd::ScriptedServer;
using test::Issuer;
using test::set_of;
using testing::HasSubstr;

const Issuer kOld = Issuer::ed25519("old");
const Issuer kNew = Issuer::ed25519("new");
const TimePoint kStart = from_ms(1'800'000'000'000);

// A JWKS server whose answer a test changes, a cache of its keys, and a clock.
class KeysOfUrl : public testing::Test {
 protected:
  void answer(std::string bytes) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(bytes);
  }
  void answer_set(std::initializer_list<std::string> jwks) { answer(crowd::answer(200, set_of(jwks))); }
  int asked() const { return asked_; }

  UrlOptions url(bool private_targets = true) const {
    return {.url = server_.url() + "/jwks",
            .private_targets = private_targets,
            .setting = "auth.private_targets",
            .total_limit = Millis(300)};
  }
  void round(Millis later = {}) {
    clock_.advance(later);
    cache_.round({});
  }
  bool has(const Issuer& issuer) const {
    return cache_.keys()->find(issuer.id(), jwt::Algorithm::EdDSA) != nullptr;
  }
  // Why a set that is answered so is not taken.
  std::string error_of(std::string bytes, bool private_targets = true) {
    answer(std::move(bytes));
    KeyCache cache("provider", from_url(url(private_targets)), KeyCache::kOfUrl, clock_);
    cache.round({});
    EXPECT_TRUE(cache.keys()->keys().empty());
    return cache.status().error;
  }

  std::mutex mutex_;
  std::string answer_ = crowd::answer(200, set_of({kOld.jwk()}));
  std::atomic<int> asked_ = 0;
  ScriptedServer server_{[this](const ScriptedServer::Request&) {
    ++asked_;
    const std::lock_guard lock(mutex_);
    return answer_;
  }};
  test::ManualClock clock_{kStart};
  KeyCache cache_{"provider", from_url(url()), KeyCache::kOfUrl, clock_};
};

// R-W8
TEST_F(KeysOfUrl, are_none_until_they_are_read) {
  EXPECT_TRUE(cache_.keys()->keys().empty());
  round();
  EXPECT_TRUE(has(kOld));
  EXPECT_EQ(cache_.status().fresh_at, kStart);
  EXPECT_EQ(cache_.status().keys, 1u);
}

// R-W8
TEST_F(KeysOfUrl, are_read_again_every_ten_minutes) {
  for (int i = 0; i < 60; ++i) round(Millis(20'000));
  EXPECT_EQ(asked(), 2);
}

// R-W8
TEST_F(KeysOfUrl, are_fetched_once_a_minute_in_a_flood_of_unknown_keys) {
  round();
  for (int second = 1; second <= 300; ++second) {
    for (int i = 0; i < 100; ++i) cache_.look_again();
    round(Millis(1000));
  }
  EXPECT_EQ(asked(), 1 + 5);
}

// The same with threads: the thread that fetches is not theirs, and none of them waits.
TEST_F(KeysOfUrl, are_fetched_by_one_thread_whoever_asks) {
  Worker worker(
      {.name = "keys"}, [&](const std::stop_token& stop) { return cache_.round(stop); },
      [](std::size_t bytes) { return std::string(bytes, 'r'); });
  worker.start();
  std::vector<std::jthread> askers;
  std::atomic<bool> stop = false;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      while (!stop) {
        cache_.look_again();
        (void)cache_.keys();
      }
    });
  while (!has(kOld)) std::this_thread::yield();
  answer_set({kNew.jwk()});
  clock_.advance(Millis(60'000));
  while (!has(kNew)) std::this_thread::yield();
  stop = true;
  askers.clear();
  worker.stop();
  EXPECT_EQ(asked(), 2);
}

// R-W8
TEST_F(KeysOfUrl, are_rotated_while_serving) {
  round();
  answer_set({kOld.jwk(), kNew.jwk()});
  EXPECT_FALSE(has(kNew));
  cache_.look_again();
  round(Millis(60'000));
  EXPECT_TRUE(has(kOld));
  EXPECT_TRUE(has(kNew));
  answer_set({kNew.jwk()});
  round(std::chrono::minutes(10));
  EXPECT_FALSE(has(kOld));
  EXPECT_TRUE(has(kNew));
  answer_set({});
  round(std::chrono::minutes(10));
  EXPECT_TRUE(cache_.keys()->keys().empty()) << "all were withdrawn";
}

// R-W8
TEST_F(KeysOfUrl, go_on_for_a_day_while_the_provider_is_away) {
  round();
  answer(crowd::answer(503, ""));
  for (int minute = 1; minute <= 24 * 60; ++minute) round(std::chrono::minutes(1));
  EXPECT_TRUE(has(kOld));
  EXPECT_EQ(cache_.status().error, "it answered with status 503");
  EXPECT_GT(cache_.status().failures, 24 * 59) << "a minute apart";
  round(Millis(1));
  EXPECT_FALSE(has(kOld));
  answer_set({kOld.jwk()});
  round(std::chrono::minutes(1));
  EXPECT_TRUE(has(kOld));
  EXPECT_EQ(cache_.status().error, "");
}

TEST_F(KeysOfUrl, are_tried_every_five_seconds_as_long_as_there_are_none) {
  answer(crowd::answer(503, ""));
  round();
  for (int i = 0; i < 60; ++i) {
    cache_.look_again();
    round(Millis(1000));
  }
  EXPECT_EQ(asked(), 1 + 12);
}

TEST_F(KeysOfUrl, that_are_malformed_change_nothing) {
  round();
  answer(crowd::answer(200, R"({"keys":[{}]})"));
  round(std::chrono::minutes(10));
  EXPECT_TRUE(has(kOld));
  EXPECT_EQ(cache_.status().error, "keys[0].kty is missing");
}

// R-W8
TEST_F(KeysOfUrl, are_not_taken_from_a_redirect) {
  EXPECT_EQ(error_of(crowd::answer(302, set_of({kOld.jwk()}), "Location: /elsewhere\r\n")),
            "it answered with status 302, and redirects are not followed");
  EXPECT_EQ(asked(), 1);
}

// R-W8
TEST_F(KeysOfUrl, are_not_fetched_from_private_addresses_unless_they_may) {
  EXPECT_EQ(error_of(answer_, false), "its address is not public, and auth.private_targets is false");
  EXPECT_EQ(asked(), 0);
  UrlOptions by_name = url(false);
  by_name.url.replace(by_name.url.find("127.0.0.1"), 9, "localhost");
  EXPECT_THROW(from_url(by_name)({}), Unavailable);
  EXPECT_EQ(server_.connections_accepted(), 0);
}

// R-W8: the head counts as well.
TEST_F(KeysOfUrl, are_not_taken_from_huge_answers) {
  EXPECT_THAT(error_of(crowd::answer(200, std::string(kSetMax, ' ') + set_of({kOld.jwk()}))),
              HasSubstr("more than"));
  EXPECT_THAT(error_of("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + std::string(400'000, ' ')),
              HasSubstr("more than"))
      << "its end never comes";
  const std::string line = "X-Long: " + std::string(8'000, 'x') + "\r\n";
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 40; ++i) head += line;
  EXPECT_THAT(error_of(head + "Content-Length: 11\r\n\r\n{\"keys\":[]}"), HasSubstr("more than"));
}

// R-W8
TEST_F(KeysOfUrl, are_not_waited_for) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), HasSubstr("Timeout"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_NE(error_of(""), "") << "hangs up";
  EXPECT_NE(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"), "");
}

TEST_F(KeysOfUrl, are_given_up_at_a_stop) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  UrlOptions slow = url();
  slow.total_limit = Millis(60'000);
  std::stop_source stop;
  const std::jthread later([&] {
    while (asked() == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(from_url(slow)(stop.get_token()), Unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(KeysOfUrl, are_warned_of_once_a_minute_while_they_cannot_be_read) {
  static std::atomic<int> warnings;
  warnings = 0;
  set_log_writer([](LogLevel level, std::string_view, std::span<const LogField>) {
    if (level == LogLevel::warn) ++warnings;
  });
  answer(crowd::answer(503, ""));
  for (int i = 0; i < 60; ++i) round(Millis(2000));
  set_log_sink({});
  EXPECT_GT(asked(), 15);
  EXPECT_EQ(warnings, 2);
}

class KeysOfFile : public testing::Test {
 protected:
  KeysOfFile() { std::filesystem::remove(path_); }
  ~KeysOfFile() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  void round(Millis later = {}) {
    clock_.advance(later);
    cache_.round({});
  }
  bool has(const Issuer& issuer) const {
    return cache_.keys()->find(issuer.id(), jwt::Algorithm::EdDSA) != nullptr;
  }

  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("stagedoor-jwks-" + std::to_string(::getpid()));
  test::ManualClock clock_{kStart};
  KeyCache cache_{"file", from({.url = path_.string(), .setting = "auth.private_targets"}), KeyCache::kOfFile,
                  clock_};
};

// R-W8
TEST_F(KeysOfFile, are_read_again_within_a_second_when_it_changes) {
  write(set_of({kOld.jwk()}));
  round();
  EXPECT_TRUE(has(kOld));
  const auto before = cache_.keys();
  round(Millis(1000));
  EXPECT_EQ(cache_.keys(), before) << "it did not change";
  write(set_of({kNew.jwk()}));
  round(Millis(999));
  EXPECT_FALSE(has(kNew));
  round(Millis(1));
  EXPECT_TRUE(has(kNew));
  EXPECT_FALSE(has(kOld));
}

TEST_F(KeysOfFile, go_on_while_it_is_away_or_malformed) {
  write(set_of({kOld.jwk()}));
  round();
  write("{");
  round(Millis(1000));
  EXPECT_TRUE(has(kOld));
  EXPECT_NE(cache_.status().error, "");
  std::filesystem::remove(path_);
  round(Millis(1000));
  EXPECT_TRUE(has(kOld));
  EXPECT_EQ(cache_.status().error, "it is not a file");
  write(std::string(kSetMax + 1, ' '));
  round(Millis(1000));
  EXPECT_THAT(cache_.status().error, HasSubstr("more than"));
  write(set_of({kNew.jwk()}));
  round(Millis(1000));
  EXPECT_TRUE(has(kNew));
}

TEST_F(KeysOfFile, are_those_of_a_file_only) {
  EXPECT_THROW(from_file(std::filesystem::temp_directory_path())({}), Unavailable);
  EXPECT_THROW(from_file("/dev/zero")({}), Unavailable);
}

}  // namespace
}  // namespace stagedoor::jwks
