// Counters of the HTTP server for Prometheus. Every I/O thread counts into its own block, which it alone
// writes; a scrape adds the blocks up. So counting needs no locked instruction and no look-up by label.
//
// docs/metrics.md lists what there is.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/durations.h"
#include "core/guarded.h"
#include "core/refusal.h"
#include "http/router.h"

namespace stagedoor::http {

prometheus::ClientMetric::Histogram histogram_of(const Durations::Counts& counts);

class Metrics final {
 public:
  // Statuses with a counter of their own; all others share one, shown as code="other".
  static constexpr std::array<int, 24> kStatuses = {200, 201, 202, 204, 301, 302, 303, 304,
                                                    307, 308, 400, 401, 402, 403, 404, 405,
                                                    409, 410, 412, 413, 429, 500, 503, 0};
  static constexpr std::size_t kLimitClasses =
      boost::mp11::mp_size<boost::describe::describe_enumerators<LimitClass>>();
  static constexpr std::size_t kCodes = boost::mp11::mp_size<boost::describe::describe_enumerators<Code>>();

  // The counters of one I/O thread. Written by that thread only.
  class Block {
   public:
    // `route` is Router::Found::index.
    void count(std::size_t route, int status, std::chrono::nanoseconds took);
    // A request with a header such as X-Forwarded-For from a client that is no trusted proxy.
    void count_untrusted_forward();
    void count_refusal(Code code);
    std::atomic<std::int64_t> connections{0};
    std::atomic<std::int64_t> streams{0};

   private:
    friend class Metrics;
    struct Counts {
      std::array<std::atomic<std::uint64_t>, kStatuses.size()> by_status{};
      Durations durations;
    };
    explicit Block(std::size_t routes) : routes_(routes) {}
    std::vector<Counts> routes_;
    std::atomic<std::uint64_t> untrusted_forwards_{0};
    std::array<std::atomic<std::uint64_t>, kCodes> refusals_{};
  };

  // For the server, at its start: names the routes and creates the blocks, which live as long as this object.
  std::vector<Block*> open(const Router& router, std::size_t threads);

  std::vector<prometheus::MetricFamily> collect() const;

  // What was answered since the start.
  struct Totals {
    std::array<Durations::Counts, kLimitClasses> durations{};  // by LimitClass of the route
    std::array<std::uint64_t, kCodes> refusals{};              // by Code
  };
  Totals totals() const;

 private:
  prometheus::MetricFamily refusals() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Name {
    std::string route;
    std::string method;
    LimitClass limit_class = LimitClass::read;
  };
  mutable Mutex mutex_;  // over the vectors, not the counters
  // One per route, then "none" for requests without a route.
  std::vector<Name> names_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Block>> blocks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace stagedoor::http
