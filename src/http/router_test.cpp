#include "http/router.h"

#include <gtest/gtest.h>

namespace stagedoor::http {
namespace {

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
