// The catalogue: every change uses one command (catalogue/change.h). Its dates: http_dates.cpp.
#include <boost/json/serialize.hpp>

#include "modules/operator/http_edit.h"

#include <fmt/format.h>

namespace stagedoor::operators {

using catalogue::EventStatus;
using catalogue::QueueDocument;

struct AdminEventDto : EventDocument {
  EventStatus status = EventStatus::UPCOMING;
  std::int64_t seats_left = 0;
  std::int64_t seats_total = 0;
  TimePoint created_at{};
  TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(AdminEventDto, (EventDocument),
                      (status, seats_left, seats_total, created_at, updated_at))

struct PauseBody {
  json::Omitted<std::string> text;
};
BOOST_DESCRIBE_STRUCT(PauseBody, (), (text))

void check(const PauseBody& body, json::FieldErrors& errors) {
  if (body.text) catalogue::check_text_for_fans(errors, "text", *body.text);
}

namespace {

using enum http::Method;

constexpr const char* kExampleEvent =
    R"({"name":"Spring Recital","on_sale":{"from":"2026-01-01T00:00:00Z","until":"2036-01-01T00:00:00Z"}})";
const http::Success kEvent{.description = "The event", .schema = &json::schema<AdminEventDto>};

AdminEventDto event_dto(const OperatorDeps& deps, const Catalogue& catalogue, const Event& event,
                        TimePoint now) {
  AdminEventDto dto;
  static_cast<EventDocument&>(dto) = catalogue::document_of(event);
  dto.dates.emplace();
  catalogue::EventAvailability stock{
      .event = &event, .dates = {}, .holds = deps.read_model.sales(event.id).holds};
  for (const auto& [id, date] : catalogue.dates) {
    if (date->event != event.id) continue;
    const AdminDateDto of_date = date_dto(deps, catalogue, *date);
    stock.dates.push_back({date.get(), of_date.seats_left});
    dto.dates->push_back(of_date);
    if (date->deleted_at) continue;
    dto.seats_left += of_date.seats_left;
    dto.seats_total += of_date.seats_total;
  }
  dto.status = catalogue::status_of(stock, now);
  dto.created_at = event.created_at;
  dto.updated_at = event.updated_at;
  return dto;
}

void list_events(const OperatorDeps& deps, const identity::Operator&, http::Reply reply) {
  const auto catalogue = deps.read_model.catalogue();
  const TimePoint now = deps.clock.now();
  std::vector<AdminEventDto> dtos;
  for (const auto& [id, event] : catalogue->events) dtos.push_back(event_dto(deps, *catalogue, *event, now));
  reply(http::ok(200, dtos));
}

http::Route list_events_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = GET,
       .path = "/admin/events",
       .id = "adminListEvents",
       .summary = "Every event, with its policies and dates",
       .successes = {{.description = "The events", .schema = &json::schema<std::vector<AdminEventDto>>}},
       .handler = api::bind(deps, list_events, identity::by_operator("adminListEvents"))});
}

void show_event(const OperatorDeps& deps, const identity::Operator&, EventId id, http::Reply reply) {
  const auto catalogue = deps.read_model.catalogue();
  const Event* event = catalogue->event(id);
  if (!event) return reply(http::render_refusal(unknown_event(id)));
  reply(http::ok(200, event_dto(deps, *catalogue, *event, deps.clock.now())));
}

http::Route show_event_route(const OperatorDeps& deps) {
  return operator_route({.method = GET,
                         .path = "/admin/events/{id}",
                         .id = "adminGetEvent",
                         .summary = "An event, with its policies and dates",
                         .successes = {kEvent},
                         .refusals = {Code::EVENT_NOT_FOUND},
                         .handler = api::bind(deps, show_event, identity::by_operator("adminGetEvent"),
                                              api::with_id<EventId>("id"))});
}

// Merges `patch` into the document of the event. The answer is the event unless `edit` renders another.
void submit_event_patch(const OperatorDeps& deps, const identity::Operator& who, EventId id,
                        boost::json::value patch, CatalogueEdit edit, Idempotency idempotency,
                        http::Reply reply) {
  edit.document = [id, patch = std::move(patch)](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    const Event* event = catalogue.event(id);
    if (!event) return unknown_event(id);
    auto document = patched(catalogue::document_of(*event), patch);
    if (!document) return document.error();
    return only(std::move(*document));
  };
  if (!edit.render) {
    edit.render = [&deps, id](const CataloguePlan&, const Catalogue& after, TimePoint now) {
      return http::ok(200, event_dto(deps, after, *after.event(id), now));
    };
  }
  edit.hidden_paths.insert(edit.hidden_paths.begin(), "events[0].");
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

void patch_event(const OperatorDeps& deps, const identity::Operator& who, boost::json::value patch,
                 EventId id, Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{.action = "event.change", .request = boost::json::serialize(patch)};
  submit_event_patch(deps, who, id, std::move(patch), std::move(edit), std::move(idempotency),
                     std::move(reply));
}

http::Route patch_event_route(const OperatorDeps& deps) {
  return edit_route(
      {.method = PATCH,
       .path = "/admin/events/{id}",
       .id = "adminChangeEvent",
       .summary = "Change an event: a merge patch of its document (name, on_sale, queue, policy, closed …)",
       .body = &json::patch_schema<EventDocument>,
       .examples = {{"seats a user", R"({"policy":{"seats_per_user":2}})"}, {"close", R"({"closed":true})"}},
       .successes = {kEvent},
       .refusals = {Code::EVENT_NOT_FOUND},
       .handler = api::bind(deps, patch_event, identity::by_operator("adminChangeEvent"), patch_body,
                            api::with_id<EventId>("id"), api::with_idempotency)});
}

void patch_queue(const OperatorDeps& deps, const identity::Operator& who, boost::json::value patch,
                 EventId id, Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{
      .action = "queue.change", .request = boost::json::serialize(patch), .hidden_paths = {"queue."}};
  edit.render = [id](const CataloguePlan&, const Catalogue& after, TimePoint) {
    return http::ok(200, *catalogue::document_of(*after.event(id)).queue);
  };
  submit_event_patch(deps, who, id, boost::json::object{{"queue", std::move(patch)}}, std::move(edit),
                     std::move(idempotency), std::move(reply));
}

http::Route patch_queue_route(const OperatorDeps& deps) {
  return edit_route({.method = PATCH,
                     .path = "/admin/events/{id}/queue",
                     .id = "adminChangeQueue",
                     .summary = "Change the event's queue policy: a merge patch",
                     .body = &json::patch_schema<QueueDocument>,
                     .examples = {{"capacity", R"({"admission":"capacity","capacity":500})"}},
                     .successes = {{.description = "The policy", .schema = &json::schema<QueueDocument>}},
                     .refusals = {Code::EVENT_NOT_FOUND},
                     .handler = api::bind(deps, patch_queue, identity::by_operator("adminChangeQueue"),
                                          patch_body, api::with_id<EventId>("id"), api::with_idempotency)});
}

void pause(const OperatorDeps& deps, const identity::Operator& who, EventId id, const PauseBody& body,
           Idempotency idempotency, http::Reply reply) {
  boost::json::object patch{{"paused", true}};
  if (body.text) patch["paused_text"] = *body.text;
  submit_event_patch(deps, who, id, std::move(patch),
                     {.action = "queue.pause", .request = json::to_text(body)}, std::move(idempotency),
                     std::move(reply));
}

http::Route pause_route(const OperatorDeps& deps) {
  return edit_route({.method = POST,
                     .path = "/admin/events/{id}/queue/pause",
                     .id = "adminPauseQueue",
                     .summary = "Pause admission until it is resumed; `text` is shown to those who wait",
                     .body = &json::schema<PauseBody>,
                     .body_optional = true,
                     .examples = {{"pause", R"({"text":"The sale goes on at 20:15"})"}},
                     .successes = {kEvent},
                     .refusals = {Code::EVENT_NOT_FOUND},
                     .handler = api::bind(deps, pause, identity::by_operator("adminPauseQueue"),
                                          api::with_id<EventId>("id"), api::with_optional_body<PauseBody>,
                                          api::with_idempotency)});
}

void resume(const OperatorDeps& deps, const identity::Operator& who, EventId id, Idempotency idempotency,
            http::Reply reply) {
  submit_event_patch(deps, who, id, boost::json::object{{"paused", false}}, {.action = "queue.resume"},
                     std::move(idempotency), std::move(reply));
}

http::Route resume_route(const OperatorDeps& deps) {
  return edit_route({.method = POST,
                     .path = "/admin/events/{id}/queue/resume",
                     .id = "adminResumeQueue",
                     .summary = "Resume admission",
                     .successes = {kEvent},
                     .refusals = {Code::EVENT_NOT_FOUND},
                     .handler = api::bind(deps, resume, identity::by_operator("adminResumeQueue"),
                                          api::with_id<EventId>("id"), api::with_idempotency)});
}

void create_event(const OperatorDeps& deps, const identity::Operator& who, const EventDocument& event,
                  Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{
      .action = "event.create", .request = json::to_text(event), .hidden_paths = {"events[0]."}};
  edit.document = [event](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    for (const auto& [id, known] : catalogue.events) {
      if (event.id && *event.id == id)
        return invalid("id", "belongs to another event; use PATCH to change that event");
      if (!event.id && known->name == event.name) {
        return invalid("name",
                       fmt::format("belongs to event {}; use PATCH to change it, or give an id", id.value));
      }
    }
    return only(event);
  };
  edit.render = [&deps](const CataloguePlan& plan, const Catalogue& after, TimePoint now) {
    return http::ok(201, event_dto(deps, after, *after.event(plan.changes.events[0].id), now));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route create_event_route(const OperatorDeps& deps) {
  return edit_route(
      {.method = POST,
       .path = "/admin/events",
       .id = "adminCreateEvent",
       .summary = "Add an event",
       .body = &json::schema<EventDocument>,
       .examples = {{"event", kExampleEvent}},
       .successes = {{.status = 201, .description = kEvent.description, .schema = kEvent.schema}},
       .handler = api::bind(deps, create_event, identity::by_operator("adminCreateEvent"),
                            api::with_body<EventDocument>, api::with_idempotency)});
}

struct ImportBody {
  std::string text;
  bool overwrite = false;
  bool dry_run = false;
};

Result<bool> query_flag(const http::Request& request, std::string_view name) {
  const auto text = request.query(name);
  if (text && *text != "true" && *text != "false") return invalid(name, "must be true or false");
  return text == "true";
}

Result<ImportBody> import_body(const api::Source& from) {
  const auto overwrite = query_flag(from.request, "overwrite");
  const auto dry_run = query_flag(from.request, "dry_run");
  if (const auto refusal = refusal_of(overwrite, dry_run)) return *refusal;
  return ImportBody{std::string(from.request.body), *overwrite, *dry_run};
}

// Reading a large file takes longer than an I/O thread has.
void import(const OperatorDeps& deps, const identity::Operator& who, ImportBody body, Idempotency idempotency,
            http::Reply reply) {
  if (body.dry_run) idempotency.key.clear();  // its answer is not that of the import
  absl::AnyInvocable<void()> job = [&deps, who, body = std::move(body), idempotency = std::move(idempotency),
                                    reply = std::move(reply)]() mutable {
    const auto text = std::make_shared<const catalogue::CatalogueText>(body.text);
    if (!text->document()) return reply(http::render_refusal(text->with_lines(text->document().error())));
    CatalogueEdit edit{.action = "catalogue.import"};
    edit.rule = body.overwrite ? catalogue::PlanRule::overwrite : catalogue::PlanRule::keep_changes;
    edit.digest = catalogue::import_digest(body.text);
    edit.is_dry_run = body.dry_run;
    edit.document = [text](const Catalogue&) -> Result<CatalogueDocument> { return text->document(); };
    edit.render = [](const CataloguePlan& plan, const Catalogue&, TimePoint) {
      return http::ok(200, plan.summary);
    };
    submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
  };
  if (deps.run_aside) deps.run_aside(std::move(job));
  else job();
}

http::Route import_route(const OperatorDeps& deps) {
  return edit_route(
      {.method = POST,
       .path = std::string(kImportPath),
       .id = "adminImportCatalogue",
       .summary =
           "Import a catalogue, in YAML or JSON, of at most 1 MiB: all or nothing. What operators changed "
           "since the last import stays",
       .parameters = {{.name = "overwrite",
                       .description = "true: take back what operators changed since the last import",
                       .schema = &json::schema<bool>},
                      {.name = "dry_run",
                       .description = "true: answer what the import would do, and change nothing",
                       .schema = &json::schema<bool>}},
       .body = &json::schema<CatalogueDocument>,
       .body_types = {"application/json", "application/yaml"},
       .examples = {{"catalogue", fmt::format(R"({{"events":[{}]}})", kExampleEvent)}},
       .successes = {{.description =
                          "What was added, changed, left unchanged, and what operators changed and the "
                          "import kept",
                      .schema = &json::schema<catalogue::ImportSummary>}},
       .handler = api::bind(deps, import, identity::by_operator("adminImportCatalogue"), import_body,
                            api::with_idempotency)});
}

}  // namespace

void add_catalogue_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route : {list_events_route, create_event_route, show_event_route, patch_event_route,
                           patch_queue_route, pause_route, resume_route, import_route})
    router.add(route(deps));
  add_date_routes(router, deps);
}

}  // namespace stagedoor::operators
