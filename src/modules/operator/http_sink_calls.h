// Shared by the operators' calls on sinks: http_sinks.cpp, http_dead_letters.cpp, http_parked.cpp. Such a
// call may read and write thousands of rows, so it is done aside: the threads for reads of fans are few.
#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "http/render_refusal.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"

namespace stagedoor::operators {

inline constexpr std::size_t kEventsAtOnce = 500;  // in one transaction, for which bookings have to wait

void add_dead_letter_routes(http::Router& router, const OperatorDeps& deps);
void add_parked_routes(http::Router& router, const OperatorDeps& deps);

struct SinkInPath {
  Result<std::string> operator()(const api::Source& from) const;
  void describe(http::Inputs& inputs) const;
};
inline constexpr SinkInPath with_sink;

bool is_in_settings(const OperatorDeps& deps, const std::string& sink);
// nullopt if the settings name the sink.
std::optional<Refusal> not_in_settings(const OperatorDeps& deps, const std::string& sink);

template <class Job>
void run_aside(const OperatorDeps& deps, Job job) {
  if (deps.run_aside) deps.run_aside(std::move(job));
  else job();
}

// Answers with `work(Outbox&) -> Result<Answer>`.
template <class Work>
void answer_aside(const OperatorDeps& deps, http::Reply reply, Work work) {
  run_aside(deps, [&deps, reply = std::move(reply), work = std::move(work)]() mutable {
    Answer answer;
    try {
      answer = http::answer_of(work(*deps.open_outbox()));
    } catch (const std::exception& outage) {
      log(LogLevel::error, "a call on a sink failed", {{"error.message", outage.what()}});
      answer = http::render_refusal(store_unavailable());
    }
    reply(std::move(answer));
  });
}

// Calls next(reply) if the settings name the sink, or if the store has rows of it, because they did.
template <class Next>
void if_known(const OperatorDeps& deps, const std::string& sink, http::Reply reply, Next next) {
  if (is_in_settings(deps, sink)) return next(std::move(reply));
  run_aside(deps, [&deps, sink, reply = std::move(reply), next = std::move(next)]() mutable {
    std::vector<std::string> names;
    try {
      names = deps.open_outbox()->sinks();
    } catch (const std::exception& outage) {
      log(LogLevel::error, "a call on a sink failed", {{"error.message", outage.what()}});
      return reply(http::render_refusal(store_unavailable()));
    }
    if (std::ranges::find(names, sink) != names.end()) return next(std::move(reply));
    reply(http::render_refusal(*not_in_settings(deps, sink)));
  });
}

// First the row of the audit log, by the lane; then answer_aside().
template <class Work>
void log_and_do(const OperatorDeps& deps, AuditEntry entry, http::Reply reply, Work work) {
  api::submit(
      deps.lane, LaneClass::operation, Idempotency{}, [](const View&, Keys&) {},
      [entry = std::move(entry)](const View&, BatchContext& context) {
        Changes changes;
        changes.log.push_back(log_row(entry, context));
        return CommandResult{Answer{}, std::move(changes), true};
      },
      [&deps, work = std::move(work), reply = std::move(reply)](Answer answer) mutable {
        if (answer.refusal) return reply(std::move(answer));
        answer_aside(deps, std::move(reply), std::move(work));
      });
}

// Changes a sink by compare-and-set, until no relay comes between. `change(progress, changes)` returns the
// new progress, and is called again after each failure.
template <class Change>
bool change_sink(Outbox& outbox, const std::string& sink, const Change& change) {
  constexpr int kTries = 20;
  for (int tries = 0; tries < kTries; ++tries) {
    const OutboxId at = outbox.progress(sink);
    ParkedChanges changes;
    const OutboxId next = change(at, changes);
    if (outbox.park(sink, at, next, changes)) return true;
  }
  return false;
}

Refusal busy_sink();

}  // namespace stagedoor::operators
