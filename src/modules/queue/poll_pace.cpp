#include "modules/queue/poll_pace.h"

#include <algorithm>

namespace stagedoor::queue {
namespace {

constexpr Millis kPollFloor{1000};
constexpr Millis kPollGuess{10'000};  // the longest advice while the admission rate is unknown
constexpr Millis kPollInside{5000};   // short, because fans inside must learn soon that their visit is over

// In whole seconds, so that consecutive answers have the same ETag while the time runs down.
Millis tenth_of(Millis time) { return std::chrono::floor<std::chrono::seconds>(time / 10); }

}  // namespace

double jitter(Place place, std::uint32_t position) {
  return double((std::uint64_t(place) * 0x9E3779B97F4A7C15u + position * 0xC2B2AE3D27D4EB4Fu) >> 54) / 1024;
}

Millis poll_after(const Standing& standing, const Estimate& estimate, Place place, const Event* event,
                  TimePoint now) {
  static const QueuePolicy kDefaults;
  const QueuePolicy& policy = event ? event->queue : kDefaults;
  const Millis least = policy.poll_min > Millis(0) ? policy.poll_min : kPollFloor;
  const Millis most = std::max(least, std::min(policy.poll_max, policy.presence_timeout / 2));
  Millis wait = most;
  if (standing.status == QueueStatus::ACTIVATED)
    wait = std::min(tenth_of(*standing.expires_at - now), kPollInside);
  else if (standing.status == QueueStatus::CREATED && !standing.position && event)
    wait = tenth_of(event->on_sale.from - now);
  else if (estimate.seconds) wait = Millis(*estimate.seconds * 100);
  if (estimate.is_guess) wait = std::min(wait, kPollGuess);
  wait = std::clamp(wait, least, most);
  const auto spread = double(wait.count()) * 0.1 * jitter(place, standing.position.value_or(0));
  return std::clamp(wait + Millis(std::int64_t(spread)), least, most);
}

bool may_poll(PollBucket& bucket, std::uint32_t now, Millis advised) {
  const std::uint32_t since = now - std::min(now, bucket.at);
  const auto gained = float(since) * 10 / std::max(1.0F, float(advised.count()) / 2);
  const float left = std::min(kPollBurst, bucket.left + gained);
  if (left < 1) return false;
  bucket = {now, left - 1};
  return true;
}

}  // namespace stagedoor::queue
