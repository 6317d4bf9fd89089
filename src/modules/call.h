// How a module's HTTP call becomes work: a command for the lane, or a read beside it. What every call shares
// and none of the modules should say again.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/log.h"
#include "engine/lane.h"
#include "engine/readers.h"
#include "http/problem.h"
#include "http/router.h"

namespace stagedoor {

inline constexpr std::size_t kIdempotencyKeyMax = 255;

// The request's Idempotency-Key with the digest of what it asks for (R-X5); no key: an empty one.
Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user);

// A decision with its answer's bytes.
template <class Outcome, class Render>
Decided answered(Decision<Outcome> decision, const Render& render) {
  if (const auto* failure = std::get_if<Failure>(&decision.result)) {
    return {http::problem(*failure), std::move(decision.changes), false};
  }
  return {render(std::get<Outcome>(decision.result)), std::move(decision.changes), true};
}

// A command made of functions:
//   keys(const View&, Keys&), decide(const View&, Moment&) -> Decided,
//   after_commit(Answer): an http::Reply, or a function that has more to do once the rooms know of the commit
template <class KeysOf, class Decide, class AfterCommit>
class Call : public Command {
 public:
  Call(LaneClass lane_class, Idempotency idempotency, KeysOf keys_of, Decide decide, AfterCommit after_commit)
      : Command(lane_class, std::move(idempotency)),
        keys_(std::move(keys_of)),
        decide_(std::move(decide)),
        after_commit_(std::move(after_commit)) {}

  void keys(const View& view, Keys& wanted) const override { keys_(view, wanted); }
  Decided decide(const View& view, Moment& moment) override { return decide_(view, moment); }
  void reply(Answer answer) override { after_commit_(std::move(answer)); }

 private:
  KeysOf keys_;
  Decide decide_;
  AfterCommit after_commit_;
};

template <class KeysOf, class Decide, class AfterCommit>
void submit(Lane& lane, LaneClass lane_class, Idempotency idempotency, KeysOf keys_of, Decide decide,
            AfterCommit after_commit) {
  lane.submit(std::make_unique<Call<KeysOf, Decide, AfterCommit>>(
      lane_class, std::move(idempotency), std::move(keys_of), std::move(decide), std::move(after_commit)));
}

// Runs `read(Queries&) -> Answer` on a reader thread.
template <class Read>
void submit_read(Readers& readers, http::Reply reply, Read read) {
  auto held = std::make_shared<http::Reply>(std::move(reply));
  const bool taken = readers.submit([held, read = std::move(read)](Queries& queries) mutable {
    try {
      (*held)(read(queries));
    } catch (const std::exception& outage) {
      log(LogLevel::error, "a read failed", {{"error.message", outage.what()}});
      (*held)(http::problem(
          {Code::STORE_UNAVAILABLE, "The store does not answer; ask again shortly.", {}, {}, {}}));
    }
  });
  if (!taken)
    (*held)(
        http::problem({Code::OVERLOADED, "Too many requests are waiting; ask again shortly.", {}, {}, {}}));
}

// `?limit=` (1–200, default 50) and `?cursor=` of a growing list (R-X6).
Result<PageAt> page_of(const http::Request& request);

// What the API's document says of those, of what every event stream takes, and of the Idempotency-Key.
std::vector<http::Parameter> page_parameters();
std::vector<http::Parameter> stream_parameters();
http::Parameter idempotency_parameter();

// Rows were asked for with `limit + 1`: cuts the surplus off, and says where the next page starts.
template <class Row, class IdOf>
std::optional<std::string> cut_page(std::vector<Row>& rows, PageAt at, const IdOf& id_of) {
  if (rows.size() <= static_cast<std::size_t>(at.limit)) return std::nullopt;
  rows.resize(static_cast<std::size_t>(at.limit));
  return std::to_string(id_of(rows.back()));
}

}  // namespace stagedoor
