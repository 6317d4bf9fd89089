// Operator calls on the sinks of events: how far they are, events delivered again (R-E2). Their dead letters
// are in http_dead_letters.cpp, their parked events in http_parked.cpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/operator/http_sink_calls.h"

namespace stagedoor::operators {

struct SinkDto {
  std::string name;
  bool configured = true;                  // false: events.sinks names it no more, but it left something
  std::int64_t accepted = 0;               // every event up to this id was accepted or is parked
  std::int64_t behind = 0;                 // events that wait in line, at most 1,000,000
  std::optional<TimePoint> oldestAt{};     // of the first of them
  std::optional<std::int64_t> oldestId{};  // the first event that is still in the store
  std::int64_t parkedKeys = 0;
  std::int64_t parkedEvents = 0;
  std::int64_t deadLetters = 0;
};
BOOST_DESCRIBE_STRUCT(SinkDto, (),
                      (name, configured, accepted, behind, oldestAt, oldestId, parkedKeys, parkedEvents,
                       deadLetters))

struct ReplayBody {
  std::int64_t from = 0;
};
BOOST_DESCRIBE_STRUCT(ReplayBody, (), (from))

void check(const ReplayBody& body, json::FieldErrors& errors) {
  if (body.from < 1) errors.add("from", "must be the id of an event");
}

struct ReplayDetail {
  std::string sink;
  std::int64_t from = 0;
};
BOOST_DESCRIBE_STRUCT(ReplayDetail, (), (sink, from))

Result<std::string> SinkInPath::operator()(const api::Source& from) const {
  return std::string(from.request.parameter("sink"));
}

void SinkInPath::describe(http::Inputs& inputs) const {
  inputs.parameters.push_back({.name = "sink",
                               .description = "Its name in events.sinks",
                               .in = http::ParameterPlace::path,
                               .schema = &json::schema<std::string>});
}

bool is_in_settings(const OperatorDeps& deps, const std::string& sink) {
  return std::ranges::find(deps.sinks, sink) != deps.sinks.end();
}

std::optional<Refusal> not_in_settings(const OperatorDeps& deps, const std::string& sink) {
  if (is_in_settings(deps, sink)) return std::nullopt;
  return refuse(Code::NOT_FOUND, deps.sinks.empty()
                                     ? "events.sinks names no sink."
                                     : fmt::format("events.sinks has no sink of this name; it has {}.",
                                                   fmt::join(deps.sinks, ", ")));
}

Refusal busy_sink() {
  return refuse(Code::STORE_UNAVAILABLE, "The sink moves too fast to be changed now. Try again.");
}

namespace {

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

// Those of the settings, then those that the settings name no more and that left something.
std::vector<SinkDto> sink_dtos(const OperatorDeps& deps, Outbox& outbox) {
  std::vector<SinkDto> dtos;
  for (const auto& sink : deps.sinks) dtos.push_back(sink_dto(outbox, sink));
  for (const auto& sink : outbox.sinks()) {
    if (is_in_settings(deps, sink)) continue;
    SinkDto dto = sink_dto(outbox, sink);
    dto.configured = false;
    if (dto.parkedEvents > 0 || dto.deadLetters > 0) dtos.push_back(std::move(dto));
  }
  return dtos;
}

void list_sinks(const OperatorDeps& deps, const identity::Operator&, http::Reply reply) {
  answer_aside(deps, std::move(reply),
               [&deps](Outbox& outbox) -> Result<Answer> { return http::ok(200, sink_dtos(deps, outbox)); });
}

http::Route sinks_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/sinks",
       .id = "adminListSinks",
       .summary = "How far the sinks of events are, their parked keys and dead letters",
       .successes = {{.description =
                          "In the order of events.sinks; then those that it names no more and that left "
                          "parked events or dead letters",
                      .schema = &json::schema<std::vector<SinkDto>>}},
       .refusals = {Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, list_sinks, identity::by_operator("adminListSinks"))});
}

void replay(const OperatorDeps& deps, const identity::Operator& who, const std::string& sink,
            const ReplayBody& body, http::Reply reply) {
  if (const auto refusal = not_in_settings(deps, sink)) return reply(http::render_refusal(*refusal));
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
       .handler = api::bind(deps, replay, identity::by_operator("adminReplaySink"), with_sink,
                            api::with_body<ReplayBody>)});
}

}  // namespace

void add_sink_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route : {sinks_route, replay_route}) router.add(route(deps));
  add_parked_routes(router, deps);
  add_dead_letter_routes(router, deps);
}

}  // namespace stagedoor::operators
