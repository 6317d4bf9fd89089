// Operator calls on parked keys: what a sink refused and what waits behind it (R-E2).
#include <iterator>
#include <set>

#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "json/write.h"
#include "modules/events/event_types.h"
#include "modules/events/keyed_relay.h"
#include "modules/operator/http_sink_calls.h"

namespace stagedoor::operators {

// A key with its oldest event, which is the one that was refused.
struct ParkedKeyDto {
  std::string subject;
  std::int64_t events = 0;  // that wait
  std::int64_t id = 0;
  std::int64_t keyversion = 0;
  std::string type;
  std::int64_t attempts = 0;
  TimePoint parkedAt{};
  TimePoint nextAt{};
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(ParkedKeyDto, (),
                      (subject, events, id, keyversion, type, attempts, parkedAt, nextAt, reason))

// Some parked keys, or all.
struct ParkedKeysBody {
  static constexpr std::size_t kListMax = 1000;
  json::Omitted<std::vector<std::string>> subjects{};
  json::Omitted<bool> all{};
};
BOOST_DESCRIBE_STRUCT(ParkedKeysBody, (), (subjects, all))

struct ParkedKeysDto {
  std::string name;
  std::int64_t keys = 0;  // that are tried now, or were given up
  std::int64_t events = 0;
};
BOOST_DESCRIBE_STRUCT(ParkedKeysDto, (), (name, keys, events))

void check(const ParkedKeysBody& body, json::FieldErrors& errors) {
  const bool has_keys = body.subjects && !body.subjects->empty();
  if (body.all.value_or(false) == has_keys)
    errors.add("subjects", "must name at least one, or all must be true");
}

struct ParkedKeysDetail {
  std::string sink;
  json::Omitted<std::vector<std::string>> subjects;
  json::Omitted<bool> all;
};
BOOST_DESCRIBE_STRUCT(ParkedKeysDetail, (), (sink, subjects, all))

namespace {

using events::KeyedRelay;

// The oldest event of each parked key, by id: at most kParkedMax.
std::vector<ParkedEvent> first_of_keys(Outbox& outbox, const std::string& sink) {
  return outbox.due(sink, kNever, KeyedRelay::kParkedMax);
}

std::vector<ParkedEvent> first_of_keys(Outbox& outbox, const std::string& sink, const ParkedKeysBody& order) {
  auto rows = first_of_keys(outbox, sink);
  if (!order.subjects) return rows;
  const std::set<std::string, std::less<>> keys(order.subjects->begin(), order.subjects->end());
  std::erase_if(rows, [&](const ParkedEvent& row) { return !keys.contains(row.event.key); });
  return rows;
}

void list_parked(const OperatorDeps& deps, const identity::Operator&, const std::string& sink, PageAt at,
                 http::Reply reply) {
  if_known(deps, sink, std::move(reply), [&deps, sink, at](http::Reply answer) {
    answer_aside(deps, std::move(answer), [sink, at](Outbox& outbox) -> Result<Answer> {
      auto rows = first_of_keys(outbox, sink);
      std::erase_if(rows, [&](const ParkedEvent& row) { return row.event.id.value >= at.bound(); });
      std::ranges::reverse(rows);
      const auto next = api::cut_page(rows, at, [](const ParkedEvent& row) { return row.event.id.value; });
      const auto counts = outbox.parked_keys(sink);
      std::vector<ParkedKeyDto> dtos;
      for (const auto& row : rows) {
        const auto count = counts.find(row.event.key);
        dtos.push_back({.subject = row.event.key,
                        .events = count == counts.end() ? 0 : std::int64_t(count->second),
                        .id = row.event.id.value,
                        .keyversion = row.event.version,
                        .type = events::type_of(row.event),
                        .attempts = row.attempts,
                        .parkedAt = row.parked_at,
                        .nextAt = row.next_at,
                        .reason = row.reason});
      }
      return http::page(dtos, next);
    });
  });
}

http::Route parked_route(const OperatorDeps& deps) {
  return operator_route({.method = http::Method::GET,
                         .path = "/admin/sinks/{sink}/parked",
                         .id = "adminListParkedKeys",
                         .summary = "The keys whose events wait because the sink refused one, newest first",
                         .successes = {{.description = "A page: each key with its oldest event",
                                        .schema = &json::schema<ParkedKeyDto>,
                                        .envelope = http::Envelope::page}},
                         .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
                         .handler = api::bind(deps, list_parked, identity::by_operator("adminListParkedKeys"),
                                              with_sink, api::with_page)});
}

Result<Answer> retry_keys(Outbox& outbox, const std::string& sink, const ParkedKeysBody& order,
                          TimePoint now) {
  ParkedKeysDto dto{.name = sink};
  const auto counts = outbox.parked_keys(sink);
  auto rows = first_of_keys(outbox, sink, order);
  for (auto& row : rows) {
    row.attempts = 0;
    row.next_at = now;
    ++dto.keys;
    if (const auto count = counts.find(row.event.key); count != counts.end())
      dto.events += std::int64_t(count->second);
  }
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = begin + std::min(std::ptrdiff_t(kEventsAtOnce), rows.end() - begin);
    const bool is_done = change_sink(outbox, sink, [&](OutboxId at, ParkedChanges& changes) {
      changes.retry.assign(begin, end);
      return at;
    });
    if (!is_done) return busy_sink();
    begin = end;
  }
  return http::ok(200, dto);
}

void retry(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
           const ParkedKeysBody& order, http::Reply reply) {
  if (const auto refusal = not_in_settings(deps, sink)) return reply(http::render_refusal(*refusal));
  log_and_do(deps,
             {.operator_name = who.name,
              .action = "sink.retry_parked",
              .detail = json::to_text(ParkedKeysDetail{sink, order.subjects, order.all})},
             std::move(reply), [&deps, sink, order](Outbox& outbox) {
               return retry_keys(outbox, sink, order, deps.clock.now());
             });
}

// Key by key, oldest events first, as many as there is room for among the dead letters.
class GiveUp {
 public:
  GiveUp(Outbox& outbox, const std::string& sink, TimePoint now)
      : outbox_(outbox),
        sink_(sink),
        now_(now),
        room_(KeyedRelay::kDeadLettersMax -
              std::min(KeyedRelay::kDeadLettersMax, outbox.backlog(sink, {}).dead_letters)) {}

  // False if the sink moves too fast.
  bool give_up(const std::string& key) {
    if (room_ == 0) return true;
    ++dto_.keys;
    OutboxId after{};
    while (room_ > 0) {
      const auto found = outbox_.parked(sink_, key, after, std::min(kEventsAtOnce - rows_.size(), room_));
      if (found.empty()) break;
      after = found.back().event.id;
      room_ -= found.size();
      for (ParkedEvent row : found) {
        if (row.reason.empty()) row.reason = "an operator gave up its key";
        row.next_at = now_;
        rows_.push_back(std::move(row));
      }
      if (rows_.size() == kEventsAtOnce && !write()) return false;
    }
    return true;
  }

  bool write() {
    const bool is_done = change_sink(outbox_, sink_, [&](OutboxId at, ParkedChanges& changes) {
      changes.bury = rows_;
      return at;
    });
    dto_.events += std::int64_t(rows_.size());
    rows_.clear();
    return is_done;
  }

  const ParkedKeysDto& dto() const { return dto_; }

 private:
  Outbox& outbox_;
  const std::string& sink_;
  const TimePoint now_;
  std::size_t room_;
  ParkedKeysDto dto_{.name = sink_};
  std::vector<ParkedEvent> rows_;  // that are not written yet
};

Result<Answer> give_up_keys(Outbox& outbox, const std::string& sink, const ParkedKeysBody& order,
                            TimePoint now) {
  GiveUp giving(outbox, sink, now);
  for (const auto& row : first_of_keys(outbox, sink, order))
    if (!giving.give_up(row.event.key)) return busy_sink();
  if (!giving.write()) return busy_sink();
  return http::ok(200, giving.dto());
}

void give_up(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
             const ParkedKeysBody& order, http::Reply reply) {
  AuditEntry entry{.operator_name = who.name,
                   .action = "sink.give_up_parked",
                   .detail = json::to_text(ParkedKeysDetail{sink, order.subjects, order.all})};
  if_known(deps, sink, std::move(reply),
           [&deps, sink, order, entry = std::move(entry)](http::Reply answer) mutable {
             log_and_do(deps, std::move(entry), std::move(answer), [&deps, sink, order](Outbox& outbox) {
               return give_up_keys(outbox, sink, order, deps.clock.now());
             });
           });
}

http::Route order_route(const OperatorDeps& deps, std::string path, const std::string& id,
                        std::string summary, decltype(&retry) handler) {
  return operator_route(
      {.method = http::Method::POST,
       .path = std::move(path),
       .id = id,
       .summary = std::move(summary),
       .body = &json::schema<ParkedKeysBody>,
       .examples = {{"one of them", R"({"subjects":["reservation/17"]})"}, {"all", R"({"all":true})"}},
       .successes = {{.description = "How many", .schema = &json::schema<ParkedKeysDto>}},
       .refusals = {Code::NOT_FOUND, Code::STORE_UNAVAILABLE},
       .handler =
           api::bind(deps, handler, identity::by_operator(id), with_sink, api::with_body<ParkedKeysBody>)});
}

}  // namespace

void add_parked_routes(http::Router& router, const OperatorDeps& deps) {
  router.add(parked_route(deps));
  router.add(order_route(deps, "/admin/sinks/{sink}/parked/retry", "adminRetryParkedKeys",
                         "Try parked keys now, with short pauses again", &retry));
  router.add(order_route(deps, "/admin/sinks/{sink}/parked/give-up", "adminGiveUpParkedKeys",
                         "Make dead letters of all parked events of some keys, or of all", &give_up));
}

}  // namespace stagedoor::operators
