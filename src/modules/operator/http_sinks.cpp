// Operator calls on the sinks of events: how far they are, events delivered again, dead letters (R-E2).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <iterator>

#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "json/write.h"
#include "modules/events/event_types.h"
#include "modules/events/keyed_relay.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"

namespace stagedoor::operators {

struct SinkDto {
  std::string name;
  std::int64_t accepted = 0;               // every event up to this id was accepted or is parked
  std::int64_t behind = 0;                 // events that wait in line, at most 1,000,000
  std::optional<TimePoint> oldestAt{};     // of the first of them
  std::optional<std::int64_t> oldestId{};  // the first event that is still in the store
  std::int64_t parkedKeys = 0;
  std::int64_t parkedEvents = 0;
  std::int64_t deadLetters = 0;
};
BOOST_DESCRIBE_STRUCT(SinkDto, (),
                      (name, accepted, behind, oldestAt, oldestId, parkedKeys, parkedEvents, deadLetters))

struct ReplayBody {
  std::int64_t from = 0;
};
BOOST_DESCRIBE_STRUCT(ReplayBody, (), (from))

struct DeadLetterDto {
  std::int64_t id = 0;
  std::string subject;
  std::int64_t keyversion = 0;
  std::string type;
  TimePoint time{};
  std::int64_t attempts = 0;
  TimePoint parkedAt{};
  TimePoint givenUpAt{};
  std::string reason;
  json::Raw data;
};
BOOST_DESCRIBE_STRUCT(DeadLetterDto, (),
                      (id, subject, keyversion, type, time, attempts, parkedAt, givenUpAt, reason, data))

// Some dead letters, or all.
struct DeadLettersBody {
  static constexpr std::size_t kListMax = 1000;
  json::Omitted<std::vector<std::int64_t>> ids{};
  json::Omitted<bool> all{};
};
BOOST_DESCRIBE_STRUCT(DeadLettersBody, (), (ids, all))

struct DeadLettersDto {
  std::string name;
  std::int64_t letters = 0;  // that were sent or dropped
};
BOOST_DESCRIBE_STRUCT(DeadLettersDto, (), (name, letters))

void check(const ReplayBody& body, json::FieldErrors& errors) {
  if (body.from < 1) errors.add("from", "must be the id of an event");
}

void check(const DeadLettersBody& body, json::FieldErrors& errors) {
  const bool has_ids = body.ids && !body.ids->empty();
  if (body.all.value_or(false) == has_ids) errors.add("ids", "must name at least one, or all must be true");
}

struct ReplayDetail {
  std::string sink;
  std::int64_t from = 0;
};
BOOST_DESCRIBE_STRUCT(ReplayDetail, (), (sink, from))

struct DeadLettersDetail {
  std::string sink;
  json::Omitted<std::vector<std::int64_t>> ids;
  json::Omitted<bool> all;
};
BOOST_DESCRIBE_STRUCT(DeadLettersDetail, (), (sink, ids, all))

namespace {

constexpr int kTries = 20;            // the relay may move the progress between a read and the write
constexpr std::size_t kAtOnce = 500;  // dead letters in one transaction

struct SinkInPath {
  Result<std::string> operator()(const api::Source& from) const {
    return std::string(from.request.parameter("sink"));
  }
  void describe(http::Inputs& inputs) const {
    inputs.parameters.push_back({.name = "sink",
                                 .description = "Its name in events.sinks",
                                 .in = http::ParameterPlace::path,
                                 .schema = &json::schema<std::string>});
  }
};
constexpr SinkInPath with_sink;

std::optional<Refusal> unknown_sink(const OperatorDeps& deps, const std::string& sink) {
  if (std::ranges::find(deps.sinks, sink) != deps.sinks.end()) return std::nullopt;
  return refuse(Code::NOT_FOUND, deps.sinks.empty()
                                     ? "events.sinks names no sink."
                                     : fmt::format("events.sinks has no sink of this name; it has {}.",
                                                   fmt::join(deps.sinks, ", ")));
}

SinkDto sink_dto(Outbox& outbox, const std::string& sink) {
  const OutboxId accepted = outbox.progress(sink);
  const SinkBacklog backlog = outbox.backlog(sink, accepted);
  SinkDto dto{.name = sink,
              .accepted = accepted.value,
              .behind = std::int64_t(backlog.behind),
              .oldestAt = backlog.oldest,
              .oldestId = backlog.first ? std::optional(backlog.first.value) : std::nullopt,
              .deadLetters = std::int64_t(backlog.dead_letters)};
  for (const auto& [key, events] : outbox.parked_keys(sink)) {
    ++dto.parkedKeys;
    dto.parkedEvents += std::int64_t(events);
  }
  return dto;
}

void list_sinks(const OperatorDeps& deps, const identity::Operator&, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [&deps](Queries&) -> Result<Answer> {
    const auto outbox = deps.open_outbox();
    std::vector<SinkDto> dtos;
    for (const auto& sink : deps.sinks) dtos.push_back(sink_dto(*outbox, sink));
    return http::ok(200, dtos);
  });
}

http::Route list_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/sinks",
       .id = "adminListSinks",
       .summary = "How far the sinks of events are, their parked keys and dead letters",
       .successes = {{.description = "In the order of events.sinks",
                      .schema = &json::schema<std::vector<SinkDto>>}},
       .refusals = {Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, list_sinks, identity::by_operator(identity::Role::viewer))});
}

// First the row of the audit log, by the lane; then `work(Outbox&) -> Result<Answer>`, on a thread for reads,
// because it waits for the store.
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
        api::submit_read(deps.query_pool, std::move(reply),
                         [&deps, work = std::move(work)](Queries&) -> Result<Answer> {
                           return work(*deps.open_outbox());
                         });
      });
}

// Changes a sink by compare-and-set, until no relay comes between. `change(progress, changes)` returns the
// new progress, and is called again after each failure.
template <class Change>
bool change_sink(Outbox& outbox, const std::string& sink, const Change& change) {
  for (int tries = 0; tries < kTries; ++tries) {
    const OutboxId at = outbox.progress(sink);
    ParkedChanges changes;
    const OutboxId next = change(at, changes);
    if (outbox.park(sink, at, next, changes)) return true;
  }
  return false;
}

Refusal busy_sink() {
  return refuse(Code::STORE_UNAVAILABLE, "The sink moves too fast to be changed now. Try again.");
}

void replay(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
            const ReplayBody& body, http::Reply reply) {
  if (const auto refusal = unknown_sink(deps, sink)) return reply(http::render_refusal(*refusal));
  log_and_do(deps,
             {.operator_name = who.name,
              .action = "sink.replay",
              .detail = json::to_text(ReplayDetail{sink, body.from})},
             std::move(reply), [sink, from = body.from](Outbox& outbox) -> Result<Answer> {
               bool is_before = false;
               const bool is_done = change_sink(outbox, sink, [&](OutboxId at, ParkedChanges&) {
                 is_before = from <= at.value;
                 return is_before ? OutboxId{from - 1} : at;
               });
               if (!is_done) return busy_sink();
               if (!is_before)
                 return invalid("from",
                                "must be an event that the sink has accepted: events are never skipped");
               return http::ok(200, sink_dto(outbox, sink));
             });
}

http::Route replay_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/sinks/{sink}/replay",
       .id = "adminReplaySink",
       .summary = "Deliver the events from an id on to a sink again, as far as they are still in the store "
                  "(oldestId)",
       .body = &json::schema<ReplayBody>,
       .examples = {{"from an event on", R"({"from":4711})"}},
       .successes = {{.description = "The sink after it", .schema = &json::schema<SinkDto>}},
       .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, replay, identity::by_operator(identity::Role::operator_), with_sink,
                            api::with_body<ReplayBody>)});
}

DeadLetterDto letter_dto(const ParkedEvent& row) {
  return {.id = row.event.id.value,
          .subject = row.event.key,
          .keyversion = row.event.version,
          .type = events::type_of(row.event),
          .time = row.event.created_at,
          .attempts = row.attempts,
          .parkedAt = row.parked_at,
          .givenUpAt = row.next_at,
          .reason = row.reason,
          .data = {row.event.payload}};
}

void list_letters(const OperatorDeps& deps, const identity::Operator&, const std::string& sink, PageAt at,
                  http::Reply reply) {
  if (const auto refusal = unknown_sink(deps, sink)) return reply(http::render_refusal(*refusal));
  api::submit_read(deps.query_pool, std::move(reply), [&deps, sink, at](Queries&) -> Result<Answer> {
    auto rows =
        deps.open_outbox()->dead_letters(sink, OutboxId{at.bound()}, std::size_t(api::one_more(at).limit));
    const auto next = api::cut_page(rows, at, [](const ParkedEvent& row) { return row.event.id.value; });
    std::vector<DeadLetterDto> dtos;
    for (const auto& row : rows) dtos.push_back(letter_dto(row));
    return http::page(dtos, next);
  });
}

http::Route letters_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/sinks/{sink}/dead-letters",
       .id = "adminListDeadLetters",
       .summary = "The events that a sink refused until they were given up, newest first",
       .successes = {{.description = "A page",
                      .schema = &json::schema<DeadLetterDto>,
                      .envelope = http::Envelope::page}},
       .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, list_letters, identity::by_operator(identity::Role::viewer), with_sink,
                            api::with_page)});
}

// The letters of an order with ids below `before`, newest first, at most kAtOnce.
std::vector<ParkedEvent> some_letters(Outbox& outbox, const std::string& sink, const DeadLettersBody& order,
                                      OutboxId& before) {
  std::vector<ParkedEvent> rows = outbox.dead_letters(sink, before, kAtOnce);
  before = rows.empty() ? OutboxId{} : rows.back().event.id;
  if (order.ids) {
    std::erase_if(rows, [&](const ParkedEvent& row) {
      return std::ranges::find(*order.ids, row.event.id.value) == order.ids->end();
    });
  }
  return rows;
}

// The oldest letters of an order, at most kParkedMax, oldest first: an event must not pass an older one of
// its key.
std::deque<ParkedEvent> oldest_letters(Outbox& outbox, const std::string& sink,
                                       const DeadLettersBody& order) {
  std::deque<ParkedEvent> oldest;
  OutboxId before{PageAt{}.bound()};
  while (before) {
    for (auto& row : some_letters(outbox, sink, order, before)) oldest.push_front(std::move(row));
    while (oldest.size() > events::KeyedRelay::kParkedMax) oldest.pop_back();
  }
  return oldest;
}

// Calls change(letters, changes), which takes them from the dead letters, for all letters of an order, in
// transactions of limited size, until one does not take all.
template <class ChangeLetters>
Result<Answer> for_letters(Outbox& outbox, const std::string& sink, const DeadLettersBody& order,
                           const ChangeLetters& change) {
  DeadLettersDto dto{.name = sink};
  std::deque<ParkedEvent> letters;
  while (!letters.empty() || !(letters = oldest_letters(outbox, sink, order)).empty()) {
    const auto end = letters.begin() + std::ptrdiff_t(std::min(letters.size(), kAtOnce));
    const std::vector<ParkedEvent> rows(std::move_iterator(letters.begin()), std::move_iterator(end));
    letters.erase(letters.begin(), end);
    std::size_t count = 0;
    const bool is_done = change_sink(outbox, sink, [&](OutboxId at, ParkedChanges& changes) {
      count = change(rows, changes);
      return at;
    });
    if (!is_done) return busy_sink();
    dto.letters += std::int64_t(count);
    if (count < rows.size()) break;
  }
  return http::ok(200, dto);
}

void send_letters(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
                  const DeadLettersBody& order, http::Reply reply) {
  if (const auto refusal = unknown_sink(deps, sink)) return reply(http::render_refusal(*refusal));
  log_and_do(deps,
             {.operator_name = who.name,
              .action = "sink.send_dead_letters",
              .detail = json::to_text(DeadLettersDetail{sink, order.ids, order.all})},
             std::move(reply), [&deps, sink, order](Outbox& outbox) -> Result<Answer> {
               return for_letters(outbox, sink, order, [&](const auto& rows, ParkedChanges& changes) {
                 std::size_t parked = 0;
                 for (const auto& [key, events] : outbox.parked_keys(sink)) parked += events;
                 const TimePoint now = deps.clock.now();
                 for (ParkedEvent row : rows) {
                   if (parked + changes.park.size() >= events::KeyedRelay::kParkedMax) break;
                   row.attempts = 0;
                   row.parked_at = row.next_at = now;
                   changes.drop.push_back(row.event.id);
                   changes.park.push_back(std::move(row));
                 }
                 return changes.park.size();
               });
             });
}

void drop_letters(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
                  const DeadLettersBody& order, http::Reply reply) {
  if (const auto refusal = unknown_sink(deps, sink)) return reply(http::render_refusal(*refusal));
  log_and_do(deps,
             {.operator_name = who.name,
              .action = "sink.drop_dead_letters",
              .detail = json::to_text(DeadLettersDetail{sink, order.ids, order.all})},
             std::move(reply), [sink, order](Outbox& outbox) -> Result<Answer> {
               return for_letters(outbox, sink, order, [&](const auto& rows, ParkedChanges& changes) {
                 for (const auto& row : rows) changes.drop.push_back(row.event.id);
                 return rows.size();
               });
             });
}

http::Route letters_order_route(const OperatorDeps& deps, std::string path, std::string id,
                                std::string summary, decltype(&send_letters) handler) {
  return operator_route({.method = http::Method::POST,
                         .path = std::move(path),
                         .id = std::move(id),
                         .summary = std::move(summary),
                         .body = &json::schema<DeadLettersBody>,
                         .examples = {{"two of them", R"({"ids":[4711,4712]})"}, {"all", R"({"all":true})"}},
                         .successes = {{.description = "How many", .schema = &json::schema<DeadLettersDto>}},
                         .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
                         .handler = api::bind(deps, handler, identity::by_operator(identity::Role::operator_),
                                              with_sink, api::with_body<DeadLettersBody>)});
}

}  // namespace

void add_sink_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route : {list_route, replay_route, letters_route}) router.add(route(deps));
  router.add(letters_order_route(deps, "/admin/sinks/{sink}/dead-letters/send", "adminSendDeadLetters",
                                 "Try dead letters again; as many as can be parked (10,000 in all)",
                                 &send_letters));
  router.add(letters_order_route(deps, "/admin/sinks/{sink}/dead-letters/drop", "adminDropDeadLetters",
                                 "Remove dead letters; nobody receives these events", &drop_letters));
}

}  // namespace stagedoor::operators
