#include "app/instance/docs_page.h"

#include <system_error>

#include "http/static_site.h"

namespace stagedoor {
namespace {

constexpr const char* kHowToGetIt =
    "<!doctype html><html lang=\"en\"><title>Stagedoor API</title>"
    "<p>The API is described in <a href=\"/openapi.json\">/openapi.json</a>."
    "<p>To read and try it here, the server needs the files of Swagger UI: start it with <code>./x "
    "run</code>, "
    "which fetches them, or set <code>http.static_dir</code> to their folder.</html>";

}  // namespace

std::filesystem::path default_static_dir() {
  std::error_code unknown;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return binary.parent_path() / "share";
}

void add_docs_page(http::Router& router, const std::filesystem::path& static_dir) {
  const auto folder = static_dir / "swagger";
  if (std::error_code missing; std::filesystem::is_regular_file(folder / "swagger-ui-bundle.js", missing)) {
    http::add_static_site(router, {.folder = folder, .prefix = "/docs"});
    return;
  }
  const Answer answer{.body = kHowToGetIt, .headers = "Content-Type: text/html; charset=utf-8\r\n"};
  router.add(
      {.path = "/docs", .handler = [answer](const http::Request&, http::Reply reply) { reply(answer); }});
}

}  // namespace stagedoor
