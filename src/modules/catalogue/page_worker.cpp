#include "modules/catalogue/page_worker.h"

#include <optional>
#include <utility>

namespace stagedoor::catalogue {
namespace {

constexpr Millis kSweepInterval{10'000};

}  // namespace

PageWorker::PageWorker(const char* name, RandomBytes random, std::function<void()> sweep)
    : sweep_(std::move(sweep)),
      worker_(
          {.name = name, .niceness = 10}, [this](const std::stop_token& stop) { return work(stop); },
          std::move(random)) {}

void PageWorker::submit(Job job) {
  waiting_.lock()->push_back(std::move(job));
  worker_.wake();
}

Millis PageWorker::work(const std::stop_token& stop) {
  const auto next = [this]() -> std::optional<Job> {
    const auto waiting = waiting_.lock();
    if (waiting->empty()) return std::nullopt;
    std::optional<Job> job(std::move(waiting->front()));
    waiting->pop_front();
    return job;
  };
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= sweep_at_) {
      sweep_();
      sweep_at_ = now + kSweepInterval;
    }
    auto job = next();
    if (!job) break;
    (*job)();
  }
  return kSweepInterval;
}

}  // namespace stagedoor::catalogue
