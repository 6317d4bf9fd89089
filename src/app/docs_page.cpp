#include "app/docs_page.h"

#include <memory>
#include <string>
#include <system_error>

namespace stagedoor {
namespace {

constexpr const char* kHowToGetIt =
    "<!doctype html><html lang=\"en\"><title>Stagedoor API</title><p>The API is described in <a "
    "href=\"/openapi.json\">/openapi.json</a>.<p>To read and try it here, the server needs the files of "
    "Swagger UI: start it "
    "with <code>./x run</code>, which fetches them, or name their folder in "
    "<code>http.static_dir</code>.</html>";

}  // namespace

std::filesystem::path default_static_dir() {
  std::error_code unknown;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return binary.parent_path() / "share";
}

void add_docs_page(http::Router& router, const std::filesystem::path& static_dir) {
  const auto folder = static_dir / "swagger";
  Answer answer{.headers = "Content-Type: text/html; charset=utf-8\r\n"};
  if (std::error_code missing; std::filesystem::is_regular_file(folder / "swagger-ui-bundle.js", missing)) {
    router.add_files("/docs", folder);
    answer = {.status = 308,
              .headers = "Location: /docs/\r\n"};  // so that the page's own links are below /docs/
  } else {
    answer.body = kHowToGetIt;
  }
  router.add(
      {.path = "/docs", .handler = [answer](const http::Request&, http::Reply reply) { reply(answer); }});
}

}  // namespace stagedoor
