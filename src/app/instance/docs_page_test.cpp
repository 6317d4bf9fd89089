// /docs is served from this machine, and says how to get what it lacks (R-X8).
#include "app/instance/docs_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace stagedoor {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DocsPage : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "swagger"); }
  void TearDown() override { fs::remove_all(folder_); }

  struct Kept final : http::Reply::Sink {
    Answer answer;
    void take(Answer&& taken) noexcept override { answer = std::move(taken); }
  };
  static Answer get(const http::Router& router, std::string_view path) {
    Kept kept;
    http::Request request{.path = path};
    const auto found = router.find(request);
    if (found.route) found.route->handler(request, http::Reply(kept));
    else kept.answer.status = 404;
    return kept.answer;
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("stagedoor-docs-page-" + std::to_string(::getpid()));
};

TEST_F(DocsPage, hands_out_the_files_beside_the_binary) {
  std::ofstream(folder_ / "swagger" / "index.html") << "<p>Swagger";
  std::ofstream(folder_ / "swagger" / "swagger-ui-bundle.js") << "run()";
  http::Router router;
  add_docs_page(router, folder_);
  EXPECT_EQ(get(router, "/docs").status, 308);
  EXPECT_THAT(get(router, "/docs").headers, HasSubstr("Location: /docs/\r\n"));
  EXPECT_EQ(*get(router, "/docs/").shared, "<p>Swagger");
  EXPECT_EQ(*get(router, "/docs/swagger-ui-bundle.js").shared, "run()");
}

TEST_F(DocsPage, says_how_to_get_the_files_when_there_are_none) {
  http::Router router;
  add_docs_page(router, folder_ / "nowhere");
  const Answer page = get(router, "/docs");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("./x run"));
  EXPECT_THAT(page.headers, HasSubstr("text/html"));
}

TEST_F(DocsPage, asks_no_other_machine) {
  for (const char* name : {"index.html", "start.js"}) {
    std::ifstream file(fs::path(STAGEDOOR_SOURCE_DIR) / "web/docs" / name);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(text.empty()) << name;
    EXPECT_THAT(text, testing::Not(HasSubstr("http:")));
    EXPECT_THAT(text, testing::Not(HasSubstr("https:")));
  }
}

}  // namespace
}  // namespace stagedoor
