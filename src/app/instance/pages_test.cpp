// The pages as the server hands them out: languages, caching, and what a page may do (R-U1, R-U2).
#include "app/instance/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "app/instance/pages_archive.h"
#include "core/gzip.h"

namespace stagedoor {
namespace {

using testing::HasSubstr;
using testing::Not;

class Pages : public testing::Test {
 protected:
  Pages() {
    const std::pair<const char*, std::string> files[] = {
        {"/ ko", gzip("<p>안녕", 6)},
        {"/ en", gzip("<p>hello", 6)},
        {"/wait/{eventId} ko", gzip("<!--event-->", 6)},
        {"/wait/{eventId} en", gzip("<p><!--event-->, <!--opens-->, <!--waiting--></p>", 6)},
        {"/assets/a.1.js -", gzip("1;", 6)},
        {"/assets/offline_worker.1.js -", gzip("2;", 6)},
    };
    for (const auto& [name, bytes] : files)
      archive_ += std::string(name) + ' ' + std::to_string(bytes.size()) + '\n';
    archive_ += '\n';
    for (const auto& [name, bytes] : files) archive_ += bytes;
    add_pages(router_, {.archive = archive_,
                        .sign_in_origin = "https://id.example",
                        .state_of = [this](EventId id) -> std::optional<PublicState> {
                          if (id != EventId{2}) return std::nullopt;
                          return PublicState{
                              .event = "Salt & <Pepper>", .opens = "19:30 KST", .waiting = waiting_};
                        }});
  }

  struct Kept final : http::Reply::Sink {
    Answer answer;
    void take(Answer&& taken) noexcept override { answer = std::move(taken); }
  };
  Answer get(std::string_view path, std::vector<http::Header> headers = {}) {
    Kept kept;
    http::Request request{.path = path, .headers = headers};
    const auto found = router_.find(request);
    if (found.route) found.route->handler(request, http::Reply(kept));
    else kept.answer.status = 404;
    return kept.answer;
  }

  std::string archive_;
  http::Router router_;
  std::int64_t waiting_ = 12;
};

TEST_F(Pages, come_in_the_language_that_the_browser_prefers_R_U2) {
  EXPECT_EQ(*get("/", {{"Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8"}}).shared, "<p>안녕");
  EXPECT_EQ(*get("/", {{"Accept-Language", "fr, en;q=0.8, ko;q=0.5"}}).shared, "<p>hello");
  const Answer answer = get("/");
  EXPECT_EQ(*answer.shared, "<p>hello");
  EXPECT_THAT(answer.headers, HasSubstr("Content-Language: en\r\n"));
  EXPECT_THAT(answer.headers, HasSubstr("Vary: Accept-Encoding, Accept-Language\r\n"));
}

TEST_F(Pages, are_asked_for_again_and_their_assets_never_R_U1) {
  EXPECT_THAT(get("/").headers, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(get("/").headers, HasSubstr("ETag: "));
  const Answer asset = get("/assets/a.1.js", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(unzip(*asset.shared), "1;");
  EXPECT_THAT(asset.headers, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(asset.headers, HasSubstr("Content-Type: text/javascript"));
  EXPECT_THAT(asset.headers, HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_EQ(*get("/assets/a.1.js").shared, "1;") << "for clients that do not unpack";
  EXPECT_EQ(get("/assets/b.js").status, 404);
}

TEST_F(Pages, let_the_check_in_open_without_network_and_no_other_page_R_P9) {
  EXPECT_THAT(get("/assets/offline_worker.1.js").headers, HasSubstr("Service-Worker-Allowed: /gate\r\n"));
  EXPECT_THAT(get("/assets/a.1.js").headers, Not(HasSubstr("Service-Worker")));
}

TEST_F(Pages, may_load_and_call_nothing_but_this_server_and_the_sign_in_R_U1) {
  const std::string headers = get("/").headers;
  EXPECT_THAT(headers, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
  EXPECT_THAT(headers, HasSubstr("connect-src 'self' https://id.example;"));
  EXPECT_THAT(headers, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(headers, Not(HasSubstr("unsafe")));
}

TEST_F(Pages, say_the_public_state_where_scripts_do_not_run_R_U4) {
  const std::string filled = "<p>Salt &amp; &lt;Pepper&gt;, 19:30 KST, 12</p>";
  EXPECT_EQ(*get("/wait/2").shared, filled);
  EXPECT_EQ(unzip(*get("/wait/2", {{"Accept-Encoding", "gzip"}}).shared), filled);
  EXPECT_EQ(*get("/wait/3").shared, "<p><!--event-->, <!--opens-->, <!--waiting--></p>") << "no such event";
}

TEST_F(Pages, with_a_state_are_sent_again_only_when_it_has_changed_R_U1) {
  const std::string headers = get("/wait/2").headers;
  const std::size_t begin = headers.find("ETag: ") + 6;
  const std::string tag = headers.substr(begin, headers.find('\r', begin) - begin);
  EXPECT_EQ(get("/wait/2", {{"If-None-Match", tag}}).status, 304);
  waiting_ = 13;
  const auto changed = [&] { return get("/wait/2", {{"If-None-Match", tag}}).status == 200; };
  EXPECT_FALSE(changed()) << "made at most once a second";
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!changed() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(*get("/wait/2").shared, HasSubstr("13"));
}

TEST(PagesWithoutNpm, say_how_to_get_them_R_U1) {
  http::Router router;
  add_pages(router, {.archive = ""});
  http::Request request{.path = "/"};
  ASSERT_NE(router.find(request).route, nullptr);
}

TEST(Origins, are_the_part_of_an_address_that_a_policy_names) {
  EXPECT_EQ(origin_of("https://id.example/realms/x"), "https://id.example");
  EXPECT_EQ(origin_of("http://127.0.0.1:9000"), "http://127.0.0.1:9000");
  EXPECT_EQ(origin_of(""), "");
}

TEST(PreferredLanguage, follows_the_weights) {
  for (const char* korean : {"ko", "ko-KR,ko;q=0.9,en;q=0.8", "en;q=0.1, ko", "KO", "de, ko;q=0.2"})
    EXPECT_EQ(preferred_language(korean), "ko") << korean;
  for (const char* english : {"", "en-US", "en, ko", "kok", "de", "ko;q=0", "ko;q=0.3, en;q=0.4"})
    EXPECT_EQ(preferred_language(english), "en") << english;
}

}  // namespace
}  // namespace stagedoor
