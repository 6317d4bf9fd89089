// Delivers the events of a store to a sink that refuses single events, such as a webhook (R-E2). A refusal
// parks the key of the event: the event and later ones of its key wait in a table, and all other keys go on.
// A parked event is tried again with growing pauses, and becomes a dead letter when it is given up.
//
// A key is parked only in a round in which the sink accepted another event. When everything is refused, the
// receiver is down, and nothing is parked (docs/decisions/0026-parked-keys.md).
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "modules/events/relay.h"
#include "ports/clock.h"
#include "ports/random.h"

namespace stagedoor::events {

// The pause before the next attempt: a second, doubled with each of the earlier attempts (>= 1), an hour at
// most; less up to a half by `chance` (0 to 255), so that keys that failed together do not return together.
Millis retry_pause(std::int64_t attempts, unsigned char chance);

class KeyedRelay final : public Relay {
 public:
  static constexpr std::size_t kParkedMax = 10'000;  // events; the sink stops at this number
  static constexpr std::size_t kDeadLettersMax = 100'000;

  struct Options {
    Millis give_up_after{3LL * 86'400'000};
    std::size_t parked_max = kParkedMax;
    std::size_t batch_max = 200;
  };
  // The sink and the clock must outlive the relay.
  KeyedRelay(std::string name, KeyedSink& sink, std::unique_ptr<Outbox> outbox, const Clock& clock,
             RandomBytes random, Options options);

  // Tries parked events that are due and the next ones of the outbox together.
  Millis run_once(const std::stop_token& stop) override;

  // Any thread. 0 while another instance delivers.
  struct Numbers {
    std::int64_t parked_keys = 0;
    std::int64_t parked_events = 0;
    std::int64_t dead_letters = 0;
  };
  Numbers numbers() const { return {parked_keys_, parked_events_, dead_letters_}; }

 private:
  struct Round;
  void begin(Round& round, OutboxId from);
  void read(Round& round);
  void deliver(Round& round, const std::stop_token& stop);
  void judge_due(Round& round);
  void judge_line(Round& round);
  bool commit(const Round& round);
  ParkedEvent refused_again(ParkedEvent event, const std::string& reason, TimePoint now);
  bool is_given_up(const ParkedEvent& event, TimePoint now) const;
  void note(const Round& round);

  KeyedSink& sink_;
  const Clock& clock_;
  const RandomBytes random_;
  const Options options_;

  std::size_t window_;          // rows that a round reads; more after one in which all were refused
  OutboxId position_{};         // the progress that the members below belong to
  std::set<OutboxId> ahead_;    // accepted beyond the progress
  std::set<std::string> last_;  // keys that were refused since the last acceptance: tried last
  TimePoint accepted_at_{};     // when the sink last accepted something
  TimePoint counted_at_{};      // when dead letters were last counted
  std::atomic<std::int64_t> parked_keys_{0}, parked_events_{0}, dead_letters_{0};
};

}  // namespace stagedoor::events
