#include "app/instance/housekeeping.h"

#include "core/log.h"

namespace stagedoor {
namespace {

constexpr std::size_t kRowsAtOnce = 2000;
constexpr Millis kRest{60'000};
constexpr Millis kMargin{3'600'000};  // kept longer than guaranteed
constexpr Millis kBetweenPieces{100};
constexpr Millis kOutboxKept{7 * 24 * 3'600'000};

}  // namespace

void Housekeeping::collect(TimePoint now, std::vector<std::unique_ptr<Command>>&) {
  due_ = now + kRest;
  try {
    RetentionLimits limits{.answers_before = now - kAnswersKept - kMargin};
    if (const auto accepted = accepted_ ? accepted_() : std::nullopt) limits.outbox_accepted = *accepted;
    else limits.outbox_before = now - kOutboxKept;
    if (retention_.forget(limits, kRowsAtOnce) >= kRowsAtOnce) due_ = now + kBetweenPieces;
  } catch (const StoreUnavailable& outage) {
    log(LogLevel::warn, "removing old rows failed; trying again in a minute",
        {{"error.message", outage.what()}});
  }
}

}  // namespace stagedoor
