// Rendered answers that many readers share: the bytes, their ETag, their compressed form, and the slot that
// keeps the newest one and decides when to render again (R-X7, R-C8). The content is made in render.h.
//
// A small page is made by the thread that asks for it. A large one is made by a worker (page_worker.h), and
// no thread waits for it (R-A5): the first asker after a change leaves a function that is called with the
// page, all others get the newest page there is.
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "core/time.h"

namespace stagedoor::catalogue {

inline constexpr std::string_view kForAnybody = "no-cache";             // caches keep it, and ask each time
inline constexpr std::string_view kForOneCaller = "private, no-cache";  // for callers with a token (R-A11)

struct Rendering {
  std::string body;
  TimePoint valid_until = kNever;                // when a window opens or closes, which changes the content
  std::string_view cache_control = kForAnybody;  // a literal
  bool is_compressible = true;
  std::int64_t version = 0;  // of a page that may be asked for by its version; 0: of no such page
};

// Immutable. Any thread.
class RenderedPage {
 public:
  struct Form {
    std::shared_ptr<const std::string> body;  // null after without_bytes()
    std::size_t size = 0;                     // of the body
    std::string tag;                          // without quotes
    std::string headers;                      // complete lines: ETag, Cache-Control, Vary, Content-Encoding
    std::string immutable_headers;            // the same for who asked for this version; "" without one
  };

  explicit RenderedPage(Rendering rendering);

  const Form& plain() const { return plain_; }
  // Compressed at the first call; the plain form if it is too small to benefit, or not compressible.
  const Form& gzip() const;
  // True if gzip() has nothing left to do.
  bool has_gzip() const;
  bool has_bytes() const { return plain_.body != nullptr; }
  TimePoint valid_until() const { return valid_until_; }
  std::int64_t version() const { return version_; }

  // The same page without its bodies: enough for HEAD.
  std::shared_ptr<const RenderedPage> without_bytes() const;

 private:
  RenderedPage() = default;
  // Sets the tag and what follows from it.
  void set_headers(Form& form, std::string tag, std::string_view more) const;

  Form plain_;
  std::string_view cache_control_;
  std::int64_t version_ = 0;
  bool has_one_form_ = false;  // gzip() is plain()
  TimePoint valid_until_;
  mutable std::once_flag compressed_;
  mutable Form gzip_;
  mutable std::atomic<bool> is_compressed_{false};
};

using PagePtr = std::shared_ptr<const RenderedPage>;
// Hands a job to the thread that makes large pages. Empty: all pages are made at once.
using SubmitJob = std::function<void(absl::AnyInvocable<void()>)>;

// The answer to a request for a page: the page, or the way to wait for it.
struct PageTicket {
  // Called once: at once, or later on the worker's thread; with nothing when the page could not be made.
  using Waiter = absl::AnyInvocable<void(PagePtr)>;

  PagePtr page = {};                         // null: it is not made yet
  absl::AnyInvocable<void(Waiter)> await{};  // set if `page` is null; call it once

  const RenderedPage* operator->() const { return page.get(); }  // requires page
};

// The newest page of one object. It is rendered on demand after a change, once at a time. A small page is
// never stale. A large one is rendered so rarely that this takes at most a tenth of the time: it is stale by
// up to ten times its cost, and by its cost once more while it is made (R-C8).
class PageSlot {
 public:
  using Clock = std::chrono::steady_clock;

  struct Request {
    const std::atomic<std::uint64_t>& version;  // of the object; rows read after it are at least as new
    TimePoint now;
    TimePoint asked_at;      // service time, for drop_unasked()
    bool is_small = false;   // costs at most a millisecond: rendered at once, after every change
    bool gzip = false;       // the form that is needed
    bool only_head = false;  // tag and length are enough
    const SubmitJob& submit;
    std::shared_ptr<const void> owner;  // keeps the slot, the version and what `render` reads alive
  };

  // `render()` returns a Rendering of the object's current state. Any thread.
  template <class Render>
  PageTicket get(const Request& request, Render render) {
    if (auto page = usable(request)) return {std::move(page)};
    if (request.is_small || !request.submit) {
      const std::lock_guard rendering(rendering_);
      if (auto page = usable(request)) return {std::move(page)};  // another thread was faster
      const std::uint64_t version = request.version.load(std::memory_order_acquire);
      const auto begin = Clock::now();
      auto page = std::make_shared<const RenderedPage>(render());
      if (request.gzip) page->gzip();
      keep(page, version, begin);
      return {std::move(page)};
    }
    Order order{&request.version, request.now, request.submit, request.owner, std::move(render)};
    return {nullptr, [this, gzip = request.gzip, order = std::move(order)](PageTicket::Waiter waiter) {
              await({gzip, std::move(waiter)}, order);
            }};
  }

  // Frees the bytes of a page that nobody has asked for since `before`. Any thread.
  void drop_unasked(TimePoint before);

 private:
  struct Order {
    const std::atomic<std::uint64_t>* version;
    TimePoint now;
    SubmitJob submit;
    std::shared_ptr<const void> owner;
    std::function<Rendering()> render;
  };
  struct Asker {
    bool gzip = false;
    PageTicket::Waiter waiter;
  };
  struct State {
    PagePtr page;
    std::uint64_t version = 0;
    Clock::time_point begin{};  // start of its rendering
    std::chrono::nanoseconds cost{0};
    TimePoint asked_at{};
    bool is_being_made = false;
    std::vector<Asker> askers;
  };

  // The page if the request can be answered with it.
  PagePtr usable(const Request& request);
  void keep(PagePtr page, std::uint64_t version, Clock::time_point begin);
  void await(Asker asker, const Order& order);
  // On the worker's thread: makes the page in the forms that are asked for, and answers.
  void make(const Order& order);
  void make_once(const Order& order);

  std::mutex rendering_;  // of small pages
  Guarded<State> state_;
};

}  // namespace stagedoor::catalogue
