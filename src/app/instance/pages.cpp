#include "app/instance/pages.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "app/instance/pages_archive.h"
#include "core/guarded.h"
#include "core/gzip.h"
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

  Document(std::string text, std::string_view gzip, const std::string& headers) {
    plain.body = std::make_shared<const std::string>(std::move(text));
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

// A page with the state of an event in it, for browsers without scripts. A crowd asks for it at once: it is
// made and compressed at most once a second for each event that is asked for, and serves them all.
class PageWithState {
 public:
  explicit PageWithState(Document empty) : empty_(std::move(empty)) {}

  const Document& empty() const { return empty_; }  // of no event

  std::shared_ptr<const Document> of(EventId id, const StateOf& state_of) {
    const auto now = Clock::now();
    const auto kept = kept_.lock();
    const auto at = kept->find(id);
    if (at != kept->end() && now - at->second.made_at < kFresh) return at->second.document;
    const auto state = state_of(id);
    if (!state) return nullptr;
    if (kept->size() >= kKeptMax) kept->clear();
    Kept& made = (*kept)[id];
    made.made_at = now;
    if (!made.document || made.state != *state) {
      made.state = *state;
      made.document = filled_in(*state);
    }
    return made.document;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto kFresh = std::chrono::seconds(1);
  static constexpr std::size_t kKeptMax = 1000;  // events, of some KB each

  struct Kept {
    PublicState state;
    std::shared_ptr<const Document> document;
    Clock::time_point made_at{};
  };

  std::shared_ptr<const Document> filled_in(const PublicState& state) const {
    std::string text = *empty_.plain.body;
    replace(text, kEventMarker, escaped(state.event));
    replace(text, "<!--opens-->", escaped(state.opens));
    replace(text, "<!--waiting-->", std::to_string(state.waiting));
    const std::string gzip = stagedoor::gzip(text, 6);
    return std::make_shared<const Document>(std::move(text), gzip, empty_.plain.headers);
  }

  const Document empty_;
  Guarded<std::map<EventId, Kept>> kept_;
};

// One page in its languages.
class Page {
 public:
  Page(std::string common_headers, StateOf state_of)
      : common_headers_(std::move(common_headers)), state_of_(std::move(state_of)) {}

  void add(const PageFile& file) {
    Document document(unzip(file.gzip), file.gzip,
                      fmt::format("Content-Type: text/html; charset=utf-8\r\nContent-Language: {}\r\n{}",
                                  file.language, common_headers_));
    has_state_ = document.plain.body->find(kEventMarker) != std::string::npos;
    by_language_.emplace(file.language, std::make_unique<PageWithState>(std::move(document)));
  }

  Answer answer(const http::Request& request) const {
    PageWithState& page =
        *by_language_.at(std::string(preferred_language(request.header("Accept-Language"))));
    if (!has_state_) return page.empty().answer(request);
    const auto id = request.id<EventId>("eventId");
    const auto document = id ? page.of(*id, state_of_) : nullptr;
    return (document ? *document : page.empty()).answer(request);
  }

 private:
  std::string common_headers_;
  StateOf state_of_;
  bool has_state_ = false;
  std::map<std::string, std::unique_ptr<PageWithState>, std::less<>> by_language_;
};

// The service worker of the check-in is among the assets, and serves the page without network.
constexpr std::string_view kOfflineWorker = "/assets/offline_worker.";
constexpr const char* kScopeOfOfflineWorker = "Service-Worker-Allowed: /gate\r\n";

http::Route asset_route(const PageFile& file) {
  const auto document = std::make_shared<const Document>(
      unzip(file.gzip), file.gzip,
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
