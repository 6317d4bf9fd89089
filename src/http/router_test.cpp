#include "http/router.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace stagedoor::http {
namespace {

namespace fs = std::filesystem;

void nothing(const Request&, Reply reply) { reply({}); }

Router::Found find(const Router& router, Method method, std::string_view path, Request* out = nullptr) {
  Request request{.method = method, .path = path};
  auto found = router.find(request);
  if (out) *out = request;
  return found;
}

std::string path_of(const Router::Found& found) { return found.route ? found.route->path : ""; }

Router events() {
  Router router;
  for (const char* path : {"/events", "/events/{id}", "/events/seats", "/events/properties/{dateId}/seats",
                           "/events/{eventId}/dates", "/events/reservations/{id}", "/{any}/fallback/x"}) {
    router.add({.method = Method::GET, .path = path, .handler = nothing});
  }
  router.add({.method = Method::POST, .path = "/events/seats", .handler = nothing});
  router.add({.method = Method::DELETE, .path = "/events/{other}", .handler = nothing});
  return router;
}

TEST(Router, lets_literals_win_over_parameters) {
  const Router router = events();
  EXPECT_EQ(path_of(find(router, Method::GET, "/events")), "/events");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/seats")), "/events/seats");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/7")), "/events/{id}");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/properties/3/seats")),
            "/events/properties/{dateId}/seats");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/7/dates")), "/events/{eventId}/dates");
}

TEST(Router, goes_back_to_the_parameter_where_the_literal_leads_nowhere) {
  const Router router = events();
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/seats/dates")), "/events/{eventId}/dates");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/fallback/x")), "/{any}/fallback/x");
}

TEST(Router, gives_the_parameters_by_the_names_of_the_route_found) {
  const Router router = events();
  Request request;
  find(router, Method::GET, "/events/7/dates", &request);
  EXPECT_EQ(request.parameter("eventId"), "7");
  EXPECT_EQ(request.parameters[0], "7");
  EXPECT_EQ(request.parameter("id"), "");
  find(router, Method::DELETE, "/events/8", &request);
  EXPECT_EQ(request.parameter("other"), "8");
}

TEST(Router, refuses_unknown_paths_with_NOT_FOUND) {
  const Router router = events();
  for (const char* path : {"/", "", "/event", "/events/", "/events//dates", "/events/7/dates/", "/events/7/x",
                           "*", "events", "/EVENTS", "/events/properties/3", "//events"}) {
    const auto found = find(router, Method::GET, path);
    EXPECT_FALSE(found.route) << path;
    EXPECT_EQ(found.refusal.code, Code::NOT_FOUND) << path;
    EXPECT_EQ(found.index, router.routes().size());
  }
}

TEST(Router, refuses_other_methods_with_METHOD_NOT_ALLOWED_and_Allow) {
  const Router router = events();
  const auto found = find(router, Method::PUT, "/events/seats");
  EXPECT_EQ(found.refusal.code, Code::METHOD_NOT_ALLOWED);
  ASSERT_EQ(found.refusal.headers.size(), 1u);
  EXPECT_EQ(found.refusal.headers[0], (std::pair<std::string, std::string>("Allow", "GET, HEAD, POST")));
}

TEST(Router, answers_HEAD_with_the_GET_route) {
  const Router router = events();
  EXPECT_EQ(path_of(find(router, Method::HEAD, "/events/7")), "/events/{id}");
  Router only_post;
  only_post.add({.method = Method::POST, .path = "/a", .handler = nothing});
  EXPECT_EQ(find(only_post, Method::HEAD, "/a").refusal.code, Code::METHOD_NOT_ALLOWED);
}

class Files : public ::testing::Test {
 protected:
  Files() : directory_(fs::temp_directory_path() / ("stagedoor-files-" + std::to_string(::getpid()))) {
    fs::create_directories(directory_ / "assets");
    std::ofstream(directory_ / "index.html") << "<p>hello</p>";
    std::ofstream(directory_ / "assets" / "a.js") << "1;";
  }
  ~Files() override { fs::remove_all(directory_); }
  fs::path directory_;
};

struct Captured final : Reply::Sink {
  Answer answer;
  void take(Answer&& taken) noexcept override { answer = std::move(taken); }
};

TEST_F(Files, are_served_from_memory_with_type_and_etag) {
  Router router;
  EXPECT_EQ(router.add_files("/docs", directory_), 2u);
  fs::remove(directory_ / "index.html");
  for (const char* path : {"/docs/", "/docs/index.html"}) {
    Request request{.path = path};
    const auto found = router.find(request);
    ASSERT_TRUE(found.route) << path;
    EXPECT_EQ(found.route->label, "/docs/*");
    Captured captured;
    found.route->handler(request, Reply(captured));
    EXPECT_EQ(*captured.answer.shared, "<p>hello</p>");
    EXPECT_NE(captured.answer.headers.find("Content-Type: text/html; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(captured.answer.headers.find("ETag: \""), std::string::npos);
  }
  EXPECT_EQ(path_of(find(router, Method::GET, "/docs/assets/a.js")), "/docs/assets/a.js");
}

TEST_F(Files, outside_the_directory_cannot_be_named) {
  Router router;
  router.add_files("/docs", directory_ / "assets");
  for (const char* path : {"/docs/../index.html", "/docs/%2e%2e/index.html", "/docs/..%2findex.html",
                           "/docs//etc/passwd", "/docs/./a.js", "/docs/assets"}) {
    EXPECT_EQ(find(router, Method::GET, path).refusal.code, Code::NOT_FOUND) << path;
  }
}

TEST_F(Files, at_the_root_leave_other_routes_alone) {
  Router router = events();
  router.add_files("", directory_);
  EXPECT_EQ(path_of(find(router, Method::GET, "/")), "/");
  EXPECT_EQ(path_of(find(router, Method::GET, "/index.html")), "/index.html");
  EXPECT_EQ(path_of(find(router, Method::GET, "/events/7")), "/events/{id}");
}

TEST(RouterDeathTest, takes_a_route_twice_for_a_bug) {
  EXPECT_DEATH(
      {
        Router router = events();
        router.add({.method = Method::GET, .path = "/events/{same}", .handler = nothing});
      },
      "two routes");
}

}  // namespace
}  // namespace stagedoor::http
