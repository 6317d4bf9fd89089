// Operator calls on dead letters: events that a sink refused until they were given up (R-E2).
#include <deque>
#include <iterator>

#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "json/write.h"
#include "modules/events/event_types.h"
#include "modules/events/keyed_relay.h"
#include "modules/operator/http_sink_calls.h"

namespace stagedoor::operators {

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

void check(const DeadLettersBody& body, json::FieldErrors& errors) {
  const bool has_ids = body.ids && !body.ids->empty();
  if (body.all.value_or(false) == has_ids) errors.add("ids", "must name at least one, or all must be true");
}

struct DeadLettersDetail {
  std::string sink;
  json::Omitted<std::vector<std::int64_t>> ids;
  json::Omitted<bool> all;
};
BOOST_DESCRIBE_STRUCT(DeadLettersDetail, (), (sink, ids, all))

namespace {

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
  if_known(deps, sink, std::move(reply), [&deps, sink, at](http::Reply answer) {
    answer_aside(deps, std::move(answer), [sink, at](Outbox& outbox) -> Result<Answer> {
      auto rows = outbox.dead_letters(sink, OutboxId{at.bound()}, std::size_t(api::one_more(at).limit));
      const auto next = api::cut_page(rows, at, [](const ParkedEvent& row) { return row.event.id.value; });
      std::vector<DeadLetterDto> dtos;
      for (const auto& row : rows) dtos.push_back(letter_dto(row));
      return http::page(dtos, next);
    });
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
       .handler = api::bind(deps, list_letters, identity::by_operator("adminListDeadLetters"), with_sink,
                            api::with_page)});
}

// The letters of an order with ids below `before`, newest first, at most kEventsAtOnce.
std::vector<ParkedEvent> some_letters(Outbox& outbox, const std::string& sink, const DeadLettersBody& order,
                                      OutboxId& before) {
  std::vector<ParkedEvent> rows = outbox.dead_letters(sink, before, kEventsAtOnce);
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
    const auto end = letters.begin() + std::ptrdiff_t(std::min(letters.size(), kEventsAtOnce));
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
  if (const auto refusal = not_in_settings(deps, sink)) return reply(http::render_refusal(*refusal));
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
                   if (parked + changes.revive.size() >= events::KeyedRelay::kParkedMax) break;
                   row.attempts = 0;
                   row.parked_at = row.next_at = now;
                   changes.revive.push_back(std::move(row));
                 }
                 return changes.revive.size();
               });
             });
}

void drop_letters(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
                  const DeadLettersBody& order, http::Reply reply) {
  AuditEntry entry{.operator_name = who.name,
                   .action = "sink.drop_dead_letters",
                   .detail = json::to_text(DeadLettersDetail{sink, order.ids, order.all})};
  if_known(deps, sink, std::move(reply),
           [&deps, sink, order, entry = std::move(entry)](http::Reply answer) mutable {
             log_and_do(
                 deps, std::move(entry), std::move(answer), [sink, order](Outbox& outbox) -> Result<Answer> {
                   return for_letters(outbox, sink, order, [&](const auto& rows, ParkedChanges& changes) {
                     for (const auto& row : rows) changes.drop.push_back(row.event.id);
                     return rows.size();
                   });
                 });
           });
}

http::Route letters_order_route(const OperatorDeps& deps, std::string path, const std::string& id,
                                std::string summary, decltype(&send_letters) handler) {
  return operator_route({.method = http::Method::POST,
                         .path = std::move(path),
                         .id = id,
                         .summary = std::move(summary),
                         .body = &json::schema<DeadLettersBody>,
                         .examples = {{"two of them", R"({"ids":[4711,4712]})"}, {"all", R"({"all":true})"}},
                         .successes = {{.description = "How many", .schema = &json::schema<DeadLettersDto>}},
                         .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
                         .handler = api::bind(deps, handler, identity::by_operator(id), with_sink,
                                              api::with_body<DeadLettersBody>)});
}

}  // namespace

void add_dead_letter_routes(http::Router& router, const OperatorDeps& deps) {
  router.add(letters_route(deps));
  router.add(letters_order_route(deps, "/admin/sinks/{sink}/dead-letters/send", "adminSendDeadLetters",
                                 "Try dead letters again; as many as can be parked (10,000 in all)",
                                 &send_letters));
  router.add(letters_order_route(deps, "/admin/sinks/{sink}/dead-letters/drop", "adminDropDeadLetters",
                                 "Remove dead letters; nobody receives these events", &drop_letters));
}

}  // namespace stagedoor::operators
