#include "http/static_site.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace stagedoor::http {
namespace {

namespace fs = std::filesystem;

class StaticSites : public ::testing::Test {
 protected:
  StaticSites() : directory_(fs::temp_directory_path() / ("stagedoor-files-" + std::to_string(::getpid()))) {
    fs::create_directories(directory_ / "assets");
    std::ofstream(directory_ / "index.html") << "<p>hello</p>";
    std::ofstream(directory_ / "assets" / "a.js") << "1;";
  }
  ~StaticSites() override { fs::remove_all(directory_); }
  fs::path directory_;
};

Router::Found find(const Router& router, std::string_view path) {
  Request request{.path = path};
  return router.find(request);
}

std::string found_path(const Router::Found& found) { return found.route ? found.route->path : ""; }

Answer get(const Router& router, std::string_view path) {
  struct Captured final : Reply::Sink {
    Answer answer;
    void take(Answer&& taken) noexcept override { answer = std::move(taken); }
  } captured;
  Request request{.path = path};
  router.find(request).route->handler(request, Reply(captured));
  return captured.answer;
}

TEST_F(StaticSites, are_served_from_memory_with_type_and_etag) {
  Router router;
  EXPECT_EQ(add_static_site(router, {.folder = directory_, .prefix = "/docs"}), 2u);
  fs::remove(directory_ / "index.html");
  for (const char* path : {"/docs/", "/docs/index.html"}) {
    EXPECT_EQ(find(router, path).route->label, "/docs/*");
    const Answer answer = get(router, path);
    EXPECT_EQ(*answer.shared, "<p>hello</p>");
    EXPECT_NE(answer.headers.find("Content-Type: text/html; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(answer.headers.find("ETag: \""), std::string::npos);
  }
  EXPECT_EQ(found_path(find(router, "/docs/assets/a.js")), "/docs/assets/a.js");
}

TEST_F(StaticSites, redirect_from_the_bare_prefix_to_the_folder) {
  Router router;
  add_static_site(router, {.folder = directory_, .prefix = "/docs"});
  const Answer answer = get(router, "/docs");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.headers, "Location: /docs/\r\n");
}

TEST_F(StaticSites, have_headers_of_their_own) {
  Router router;
  add_static_site(router, {.folder = directory_, .prefix = "", .headers = "Cache-Control: immutable\r\n"});
  EXPECT_NE(get(router, "/assets/a.js").headers.find("Cache-Control: immutable\r\n"), std::string::npos);
}

TEST_F(StaticSites, outside_the_directory_cannot_be_named) {
  Router router;
  add_static_site(router, {.folder = directory_ / "assets", .prefix = "/docs"});
  for (const char* path : {"/docs/../index.html", "/docs/%2e%2e/index.html", "/docs/..%2findex.html",
                           "/docs//etc/passwd", "/docs/./a.js", "/docs/assets"}) {
    EXPECT_EQ(find(router, path).refusal.code, Code::NOT_FOUND) << path;
  }
}

TEST_F(StaticSites, at_the_root_leave_other_routes_alone) {
  Router router;
  router.add({.path = "/events/{id}", .handler = [](const Request&, Reply reply) { reply({}); }});
  add_static_site(router, {.folder = directory_, .prefix = ""});
  EXPECT_EQ(found_path(find(router, "/")), "/");
  EXPECT_EQ(found_path(find(router, "/index.html")), "/index.html");
  EXPECT_EQ(found_path(find(router, "/events/7")), "/events/{id}");
}

}  // namespace
}  // namespace stagedoor::http
