// Turns a call into work: a command for the lane, a read of the store outside it, or an answer that waits for
// a sync.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/refusals.h"
#include "engine/lane.h"
#include "engine/query_pool.h"
#include "http/render_refusal.h"

namespace stagedoor::api {

// Renders the answer of a decision.
template <class Outcome, class Render>
CommandResult answered(Decision<Outcome> decision, const Render& render) {
  if (const auto* refusal = std::get_if<Refusal>(&decision.result)) {
    return {http::render_refusal(*refusal), std::move(decision.changes), false};
  }
  return {render(std::get<Outcome>(decision.result)), std::move(decision.changes), true};
}

// Additional changes of a successful decision, such as a row of the audit log.
template <class Outcome>
using AndThen = std::function<void(const Outcome&, Changes&, BatchContext&)>;

template <class Outcome>
Decision<Outcome> with(Decision<Outcome> decision, const AndThen<Outcome>& and_then, BatchContext& context) {
  const auto* outcome = std::get_if<Outcome>(&decision.result);
  if (outcome && and_then) and_then(*outcome, decision.changes, context);
  return decision;
}

// A command made of functions:
//   rows_to_load(const View&, Keys&), and if it has one its member late(const View&, TimePoint, Keys&),
//   decide(const View&, BatchContext&) -> CommandResult,
//   after_commit(Answer): an http::Reply, or a function that does more once the commit observers have seen
//   the commit
template <class KeysOf, class Decide, class AfterCommit>
class Call : public Command {
 public:
  Call(LaneClass lane_class, Idempotency idempotency, KeysOf keys_of, Decide decide, AfterCommit after_commit)
      : Command(lane_class, std::move(idempotency)),
        rows_to_load_(std::move(keys_of)),
        decide_(std::move(decide)),
        after_commit_(std::move(after_commit)) {}

  void rows_to_load(const View& view, Keys& wanted) const override { rows_to_load_(view, wanted); }
  void rows_to_load_late([[maybe_unused]] const View& view, [[maybe_unused]] TimePoint now,
                         [[maybe_unused]] Keys& wanted) const override {
    if constexpr (kHasLateRows) rows_to_load_.late(view, now, wanted);
  }
  bool has_late_rows() const override { return kHasLateRows; }
  CommandResult decide(const View& view, BatchContext& context) override { return decide_(view, context); }
  void reply(Answer answer) override { after_commit_(std::move(answer)); }

 private:
  static constexpr bool kHasLateRows = requires(const KeysOf& of, const View& view, Keys& wanted) {
    of.late(view, TimePoint{}, wanted);
  };

  KeysOf rows_to_load_;
  Decide decide_;
  AfterCommit after_commit_;
};

template <class KeysOf, class Decide, class AfterCommit>
void submit(Lane& lane, LaneClass lane_class, Idempotency idempotency, KeysOf keys_of, Decide decide,
            AfterCommit after_commit) {
  lane.submit(std::make_unique<Call<KeysOf, Decide, AfterCommit>>(
      lane_class, std::move(idempotency), std::move(keys_of), std::move(decide), std::move(after_commit)));
}

// Runs `read(Queries&) -> Result<Answer>` on a thread of the query pool.
template <class Read>
void submit_read(QueryPool& query_pool, http::Reply reply, Read read) {
  auto held = std::make_shared<http::Reply>(std::move(reply));
  const bool taken = query_pool.submit([held, read = std::move(read)](Queries& queries) mutable {
    try {
      (*held)(http::answer_of(read(queries)));
    } catch (const std::exception& outage) {
      log(LogLevel::error, "read failed", {{"error.message", outage.what()}});
      (*held)(http::render_refusal(store_unavailable()));
    }
  });
  if (!taken) (*held)(http::render_refusal(overloaded()));
}

// Calls `answer(http::Reply)` after the next sync of the lane (Lane::after_sync()), on its thread. If the
// store cannot be reached, or too many wait, the call is refused. What `answer` throws is logged, with the
// request's id if it is given, and the Reply that it took answers 500.
template <class MakeAnswer>
void answer_after_sync(Lane& lane, http::Reply reply, MakeAnswer answer, std::string request_id = {}) {
  auto held = std::make_shared<http::Reply>(std::move(reply));
  const bool is_taken = lane.after_sync(
      [held, answer = std::move(answer), request_id = std::move(request_id)](bool is_synced) mutable {
        if (!is_synced) return (*held)(http::render_refusal(store_unavailable()));
        try {
          answer(std::move(*held));
        } catch (const std::exception& error) {
          std::vector<LogField> fields = {{"error.message", error.what()}};
          if (!request_id.empty()) fields.emplace_back("http.request.id", std::string_view(request_id));
          log(LogLevel::error, "handler failed", fields);
        }
      });
  if (!is_taken) (*held)(http::render_refusal(overloaded()));
}

}  // namespace stagedoor::api
