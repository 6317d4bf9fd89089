#include "adapters/jwks/key_cache.h"

#include <fmt/format.h>

#include <utility>

#include "core/log.h"

namespace stagedoor::jwks {
namespace {

constexpr Millis kRoundPause{500};
constexpr Millis kWarnAgain = std::chrono::minutes(1);

}  // namespace

KeyCache::KeyCache(std::string name, Load load, const Times& times, const Clock& clock)
    : name_(std::move(name)), load_(std::move(load)), times_(times), clock_(clock) {}

std::shared_ptr<const jwt::JwtKeys> KeyCache::keys() const { return state_.lock()->keys; }
void KeyCache::look_again() { state_.lock()->is_asked = true; }
KeyCache::Status KeyCache::status() const { return state_.lock()->status; }

bool KeyCache::is_due(TimePoint now) const {
  if (!tried_at_) return true;
  const auto state = state_.lock();
  const bool is_first = !state->status.fresh_at;
  const bool is_soon = state->is_asked || !state->status.error.empty();
  return now - *tried_at_ >= (is_first ? times_.first : is_soon ? times_.least : times_.refresh);
}

Millis KeyCache::round(const std::stop_token& stop) {
  const TimePoint now = clock_.now();
  if (is_due(now)) {
    tried_at_ = now;
    read(stop, now);
  }
  drop_old_keys(now);
  return kRoundPause;
}

void KeyCache::read(const std::stop_token& stop, TimePoint now) {
  {
    const auto state = state_.lock();
    state->is_asked = false;  // who asks from now on may know more than what is read now
    ++state->status.readings;
  }
  try {
    take(load_(stop), now);
  } catch (const Unavailable& why) {
    if (!stop.stop_requested()) note_failure(why.what(), now);
  }
}

void KeyCache::take(std::string text, TimePoint now) {
  if (text != text_) {
    auto parsed = jwt::JwtKeys::parse(text);
    if (!parsed) throw Unavailable(fmt::format("{} {}", parsed.error().path, parsed.error().message));
    for (const FieldError& skipped : parsed->skipped())
      log(LogLevel::warn, "a key of the identity provider is not used",
          {{"url.original", name_}, {"error.message", fmt::format("{} {}", skipped.path, skipped.message)}});
    log(parsed->keys().empty() ? LogLevel::warn : LogLevel::info, "keys of the identity provider were read",
        {{"url.original", name_}, {"keys", parsed->keys().size()}});
    const auto state = state_.lock();
    state->status.keys = parsed->keys().size();
    state->status.skipped = parsed->skipped().size();
    state->keys = std::make_shared<const jwt::JwtKeys>(std::move(*parsed));
    text_ = std::move(text);
  }
  const auto state = state_.lock();
  state->status.fresh_at = now;
  state->status.error.clear();
}

void KeyCache::note_failure(const std::string& why, TimePoint now) {
  const auto state = state_.lock();
  ++state->status.failures;
  const bool is_news = state->status.error != why;
  state->status.error = why;
  if (!is_news && warned_at_ && now - *warned_at_ < kWarnAgain) return;
  warned_at_ = now;
  log(LogLevel::warn, "keys of the identity provider cannot be read; the last ones go on",
      {{"url.original", name_}, {"keys", state->status.keys}, {"error.message", why}});
}

void KeyCache::drop_old_keys(TimePoint now) {
  const auto state = state_.lock();
  if (state->keys->keys().empty() || now - *state->status.fresh_at <= times_.kept) return;
  log(LogLevel::error, "keys of the identity provider were not read for too long; no proof is accepted",
      {{"url.original", name_}, {"error.message", state->status.error}});
  state->keys = std::make_shared<const jwt::JwtKeys>();
  state->status.keys = 0;
  text_.reset();
}

}  // namespace stagedoor::jwks
