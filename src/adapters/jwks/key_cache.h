// The keys of the identity provider, kept in memory and read again: now and then, and when a proof names a
// key that is not among them. While they cannot be read, the last ones go on for a limited time.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/jwks/load.h"
#include "core/guarded.h"
#include "core/time.h"
#include "jwt/key_source.h"
#include "ports/clock.h"

namespace stagedoor::jwks {

// When keys are read again.
struct Times {
  Millis refresh;       // from one reading to the next
  Millis least;         // the same when a reading failed, or when a proof named an unknown key
  Millis first{5'000};  // the same as long as there were no keys yet
  Millis kept = std::chrono::hours(24);  // the last keys go on, when they cannot be read
};

class KeyCache final : public jwt::KeySource {
 public:
  static constexpr Times kOfFile{.refresh = Millis(1'000), .least = Millis(1'000), .first = Millis(1'000)};
  static constexpr Times kOfUrl{.refresh = std::chrono::minutes(10), .least = std::chrono::minutes(1)};

  struct Status {
    std::size_t keys = 0;
    std::size_t skipped = 0;                 // keys of the set that verify no proof
    std::int64_t readings = 0;               // tried
    std::int64_t failures = 0;               // of those
    std::optional<TimePoint> fresh_at = {};  // the last reading that succeeded
    std::string error = {};                  // of the last reading; empty: it succeeded
  };

  // `name` is the file or URL, for the log. The clock must outlive the cache.
  KeyCache(std::string name, Load load, const Times& times, const Clock& clock);

  // Reads the keys if that is due. Returns the pause until the next call, which is short: for a thread of its
  // own (engine/worker.h), never an I/O thread. One thread.
  Millis round(const std::stop_token& stop);

  std::shared_ptr<const jwt::JwtKeys> keys() const override;
  void look_again() override;
  Status status() const;  // any thread

 private:
  struct State {
    std::shared_ptr<const jwt::JwtKeys> keys = std::make_shared<const jwt::JwtKeys>();
    bool is_asked = false;
    Status status;
  };

  bool is_due(TimePoint now) const;
  void read(const std::stop_token& stop, TimePoint now);
  void take(std::string text, TimePoint now);
  void note_failure(const std::string& why, TimePoint now);
  void drop_old_keys(TimePoint now);

  const std::string name_;
  const Load load_;
  const Times times_;
  const Clock& clock_;
  // Of the thread that calls round().
  std::optional<TimePoint> tried_at_, warned_at_;
  std::optional<std::string> text_;  // of `keys`
  Guarded<State> state_;
};

}  // namespace stagedoor::jwks
