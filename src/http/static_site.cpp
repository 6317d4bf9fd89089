#include "http/static_site.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ensure.h"
#include "http/render_refusal.h"

namespace stagedoor::http {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Handler serve(const fs::path& file, const StaticSite& site) {
  std::ifstream in(file, std::ios::binary);
  auto bytes = std::make_shared<const std::string>(std::istreambuf_iterator<char>(in),
                                                   std::istreambuf_iterator<char>());
  ensure(in.good() || in.eof(), "a file to serve can be read");
  const std::string headers = fmt::format("Content-Type: {}\r\n{}", content_type_of(file), site.headers);
  return [bytes, headers, tag = content_tag(*bytes)](const Request& request, Reply reply) {
    reply(with_etag(request, {.headers = headers, .shared = bytes}, tag));
  };
}

}  // namespace

std::string_view content_type_of(const fs::path& file) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/plain; charset=utf-8"},
      {".yaml", "application/yaml"},
      {".webmanifest", "application/manifest+json"}};
  const std::string extension = file.extension().string();
  for (const auto& [known, type] : kTypes) {
    if (known == extension) return type;
  }
  return "application/octet-stream";
}

std::size_t add_static_site(Router& router, const StaticSite& site) {
  const auto files = files_below(site.folder);
  for (const auto& file : files) {
    const Handler handler = serve(file, site);
    const auto add_at = [&](const fs::path& path) {
      router.add({.path = site.prefix + "/" + path.generic_string(),
                  .handler = handler,
                  .label = site.prefix + "/*"});
    };
    const fs::path path = file.lexically_relative(site.folder);
    add_at(path);
    if (path.filename() == "index.html") add_at(path.parent_path() / "");
  }
  if (!site.prefix.empty()) {
    const Answer redirect{.status = 308, .headers = fmt::format("Location: {}/\r\n", site.prefix)};
    router.add(
        {.path = site.prefix, .handler = [redirect](const Request&, Reply reply) { reply(redirect); }});
  }
  return files.size();
}

}  // namespace stagedoor::http
