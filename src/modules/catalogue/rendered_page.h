// Rendered answers that many readers share: the bytes, their ETag, their compressed form, and the slot that
// keeps the newest one and decides when to render again (R-X7, R-C8). The content is made in render.h.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "core/guarded.h"
#include "core/time.h"

namespace stagedoor::catalogue {

struct Rendering {
  std::string body;
  TimePoint valid_until = kNever;  // when a window opens or closes, which changes the content
};

// Immutable. Any thread.
class RenderedPage {
 public:
  struct Form {
    std::shared_ptr<const std::string> body;
    std::string tag;      // without quotes
    std::string headers;  // complete lines: ETag, Cache-Control, Vary, Content-Encoding
  };

  explicit RenderedPage(Rendering rendering);

  const Form& plain() const { return plain_; }
  // Compressed at the first call; the plain form if it is too small to benefit.
  const Form& gzip() const;
  TimePoint valid_until() const { return valid_until_; }
  // Duration of the compression; 0 before the first call.
  std::chrono::nanoseconds gzip_cost() const { return std::chrono::nanoseconds(gzip_cost_.load()); }

 private:
  Form plain_;
  TimePoint valid_until_;
  mutable std::once_flag compressed_;
  mutable Form gzip_;
  mutable std::atomic<std::int64_t> gzip_cost_{0};
};

// The newest page of one object. It is rendered on demand after a change, by one thread at a time, and so
// rarely that rendering takes at most a tenth of the time. The returned bytes are at most 100 ms stale.
class PageSlot {
 public:
  using Clock = std::chrono::steady_clock;

  struct Request {
    const std::atomic<std::uint64_t>& version;  // of the object; rows read after it are at least as new
    TimePoint now;
    bool always_fresh = false;  // cheap enough to render after every change
  };

  // `render()` returns a Rendering of the object's current state.
  template <class Render>
  std::shared_ptr<const RenderedPage> get(const Request& request, Render render) {
    if (auto page = current(request)) return page;
    std::unique_lock rendering(rendering_, std::try_to_lock);
    if (!rendering) {
      if (auto page = stale_but_acceptable(request)) return page;
      rendering.lock();
    }
    if (auto page = current(request)) return page;  // another thread was faster
    const std::uint64_t version = request.version.load(std::memory_order_acquire);
    const auto begin = Clock::now();
    auto page = std::make_shared<const RenderedPage>(render());
    keep(page, version, begin);
    return page;
  }

 private:
  std::shared_ptr<const RenderedPage> current(const Request& request) const;
  // While another thread renders: the present page, if it is fresh enough.
  std::shared_ptr<const RenderedPage> stale_but_acceptable(const Request& request) const;
  void keep(std::shared_ptr<const RenderedPage> page, std::uint64_t version, Clock::time_point begin);

  struct Newest {
    std::shared_ptr<const RenderedPage> page;
    std::uint64_t version = 0;
    Clock::time_point begin{};  // start of its rendering
    std::chrono::nanoseconds cost{0};
  };
  std::mutex rendering_;  // one thread at a time renders
  Guarded<Newest> newest_;
};

}  // namespace stagedoor::catalogue
