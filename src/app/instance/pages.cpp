#include "app/instance/pages.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>

#include "app/instance/pages_archive.h"
#include "http/preferences.h"
#include "http/render_refusal.h"
#include "http/static_site.h"

namespace stagedoor {
namespace {

constexpr const char* kHowToGetThem =
    "<!doctype html><html lang=\"en\"><title>Stagedoor</title>"
    "<p>This server was built without its pages, because npm was missing: install npm and run <code>./x "
    "run</code>."
    "<p>The API is described in <a href=\"/openapi.json\">/openapi.json</a>, <a href=\"/docs\">/docs</a> "
    "shows it.</html>";

constexpr std::string_view kKeptForEver = "Cache-Control: public, max-age=31536000, immutable\r\n";

// Nothing from elsewhere, nothing inline, no framing.
std::string policy(const std::string& sign_in_origin) {
  return fmt::format(
      "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      "worker-src 'self'; connect-src 'self'{}{}; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'\r\n"
      "Referrer-Policy: no-referrer\r\nCross-Origin-Opener-Policy: same-origin\r\n",
      sign_in_origin.empty() ? "" : " ", sign_in_origin);
}

struct Form {
  std::string headers;
  std::shared_ptr<const std::string> body;
  std::string tag;
};

// A file in both forms.
struct Document {
  Form plain;
  Form zipped;

  Document(std::string_view gzip, const std::string& headers) {
    plain.body = std::make_shared<const std::string>(unzip(gzip));
    plain.headers = headers;
    zipped.body = std::make_shared<const std::string>(gzip);
    zipped.headers = headers + "Content-Encoding: gzip\r\n";
    for (Form* form : {&plain, &zipped}) form->tag = http::content_tag(*form->body);
  }

  const Form& form_for(const http::Request& request) const {
    return http::accepts_gzip(request.header("Accept-Encoding")) ? zipped : plain;
  }
  Answer answer(const http::Request& request) const {
    const Form& form = form_for(request);
    return http::with_etag(request, {.headers = form.headers, .shared = form.body}, form.tag);
  }
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

void replace(std::string& text, std::string_view marker, const std::string& value) {
  if (const auto at = text.find(marker); at != text.npos) text.replace(at, marker.size(), value);
}

constexpr std::string_view kEventMarker = "<!--event-->";

// One page in its languages.
class Page {
 public:
  Page(std::string common_headers, std::function<std::optional<PublicState>(EventId)> state_of)
      : common_headers_(std::move(common_headers)), state_of_(std::move(state_of)) {}

  void add(const PageFile& file) {
    by_language_.emplace(file.language,
                         Document(file.gzip, fmt::format("Content-Type: text/html; charset=utf-8\r\n"
                                                         "Content-Language: {}\r\n{}",
                                                         file.language, common_headers_)));
  }

  Answer answer(const http::Request& request) const {
    const Document& document =
        by_language_.at(std::string(preferred_language(request.header("Accept-Language"))));
    if (document.plain.body->find(kEventMarker) == std::string::npos) return document.answer(request);
    return with_state(document, request);
  }

 private:
  // For browsers without scripts: the state is in the page.
  Answer with_state(const Document& document, const http::Request& request) const {
    const auto id = request.id<EventId>("eventId");
    const auto state = id ? state_of_(*id) : std::nullopt;
    if (!state) return document.answer(request);
    std::string body = *document.plain.body;
    replace(body, kEventMarker, escaped(state->event));
    replace(body, "<!--opens-->", escaped(state->opens));
    replace(body, "<!--waiting-->", std::to_string(state->waiting));
    return {.body = std::move(body), .headers = document.plain.headers};
  }

  std::string common_headers_;
  std::function<std::optional<PublicState>(EventId)> state_of_;
  std::map<std::string, Document, std::less<>> by_language_;
};

// The service worker of the check-in is among the assets, and serves the page without network.
constexpr std::string_view kOfflineWorker = "/assets/offline_worker.";
constexpr const char* kScopeOfOfflineWorker = "Service-Worker-Allowed: /gate\r\n";

http::Route asset_route(const PageFile& file) {
  const auto document = std::make_shared<const Document>(
      file.gzip,
      fmt::format("Content-Type: {}\r\n{}Vary: Accept-Encoding\r\nX-Content-Type-Options: nosniff\r\n{}",
                  http::content_type_of(file.path), kKeptForEver,
                  file.path.starts_with(kOfflineWorker) ? kScopeOfOfflineWorker : ""));
  return {.path = std::string(file.path),
          .handler = [document](const http::Request& request,
                                http::Reply reply) { reply(document->answer(request)); },
          .label = "/assets/*"};
}

void add_explanation(http::Router& router) {
  const Answer answer{.body = kHowToGetThem, .headers = "Content-Type: text/html; charset=utf-8\r\n"};
  router.add({.path = "/", .handler = [answer](const http::Request&, http::Reply reply) { reply(answer); }});
}

}  // namespace

void add_pages(http::Router& router, const PageSettings& settings) {
  if (settings.archive.empty()) return add_explanation(router);
  const std::string headers =
      "Cache-Control: no-cache\r\nVary: Accept-Encoding, Accept-Language\r\n"
      "X-Content-Type-Options: nosniff\r\n" +
      policy(settings.sign_in_origin);
  std::map<std::string_view, std::shared_ptr<Page>> pages;
  for (const PageFile& file : read_pages(settings.archive)) {
    if (file.language.empty()) {
      router.add(asset_route(file));
      continue;
    }
    std::shared_ptr<Page>& page = pages[file.path];
    if (!page) page = std::make_shared<Page>(headers, settings.state_of);
    page->add(file);
  }
  for (const auto& [path, page] : pages) {
    router.add({.path = std::string(path),
                .handler = [page = page](const http::Request& request, http::Reply reply) {
                  reply(page->answer(request));
                }});
  }
}

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return {};
  return std::string(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

std::string_view preferred_language(std::string_view accepted) {
  std::string_view best = "en";
  double weight = 0;
  for (http::Preference one : http::preferences(accepted)) {
    one.name = one.name.substr(0, one.name.find('-'));
    if (one.weight <= weight || (!one.is("ko") && !one.is("en"))) continue;
    best = one.is("ko") ? "ko" : "en";
    weight = one.weight;
  }
  return best;
}

}  // namespace stagedoor
