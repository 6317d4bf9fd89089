// The catalogue: every change uses one command (catalogue/change.h).
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/catalogue/change.h"
#include "modules/operator/http_common.h"
#include "modules/operator/patch.h"

#include <fmt/format.h>

namespace stagedoor::operators {

using catalogue::CatalogueDocument;
using catalogue::CataloguePlan;
using catalogue::DateDocument;
using catalogue::EventDocument;
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

struct AdminDateDto : DateDocument {
  EventId event;
  SeatId first_seat;
  std::int64_t seats_left = 0;
  std::int64_t seats_total = 0;
  TimePoint created_at{};
  TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(AdminDateDto, (DateDocument),
                      (event, first_seat, seats_left, seats_total, created_at, updated_at))

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
constexpr const char* kExampleDate = R"({"starts_at":"2036-02-01T10:00:00Z","prices":{"Standard":110000}})";
const http::Success kEvent{.description = "The event", .schema = &json::schema<AdminEventDto>};
const http::Success kDate{.description = "The date", .schema = &json::schema<AdminDateDto>};

AdminDateDto date_dto(const OperatorDeps& deps, const EventDate& date) {
  AdminDateDto dto;
  static_cast<DateDocument&>(dto) = catalogue::document_of(date);
  dto.event = date.event;
  dto.first_seat = date.first_seat;
  dto.seats_total = std::int64_t(date.seats.size());
  dto.seats_left = deps.read_model.event_of(date.id) ? deps.read_model.left(date.id) : dto.seats_total;
  dto.created_at = date.created_at;
  dto.updated_at = date.updated_at;
  return dto;
}

AdminEventDto event_dto(const OperatorDeps& deps, const Catalogue& catalogue, const Event& event,
                        TimePoint now) {
  AdminEventDto dto;
  static_cast<EventDocument&>(dto) = catalogue::document_of(event);
  dto.dates.emplace();
  catalogue::EventAvailability stock{
      .event = &event, .dates = {}, .holds = deps.read_model.sales(event.id).holds};
  for (const auto& [id, date] : catalogue.dates) {
    if (date->event != event.id) continue;
    const AdminDateDto of_date = date_dto(deps, *date);
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

void show_date(const OperatorDeps& deps, const identity::Operator&, DateId id, http::Reply reply) {
  const auto catalogue = deps.read_model.catalogue();
  const EventDate* date = catalogue->date(id);
  if (!date) return reply(http::render_refusal(unknown_date(id)));
  reply(http::ok(200, date_dto(deps, *date)));
}

http::Route show_date_route(const OperatorDeps& deps) {
  return operator_route({.method = GET,
                         .path = "/admin/dates/{id}",
                         .id = "adminGetDate",
                         .summary = "A date, with its prices and windows",
                         .successes = {kDate},
                         .refusals = {Code::EVENT_DATE_NOT_FOUND},
                         .handler = api::bind(deps, show_date, identity::by_operator("adminGetDate"),
                                              api::with_id<DateId>("id"))});
}

// A change of the catalogue, and the rendering of its success.
struct CatalogueEdit {
  std::string action = {};
  std::string request = {};  // for the log, JSON
  catalogue::PlanRule rule = catalogue::PlanRule::edit;
  std::string digest = {};  // of an import
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  std::function<Answer(const CataloguePlan&, const Catalogue& after, TimePoint now)> render = {};
  std::vector<std::string> hidden_paths = {};  // prefixes of document paths that the caller did not write
};

Refusal without_paths(Refusal refusal, const std::vector<std::string>& hidden) {
  for (auto& error : refusal.details) {
    for (const auto& path : hidden) {
      if (error.path.starts_with(path)) error.path.erase(0, path.size());
    }
  }
  return refusal;
}

void submit_edit(const OperatorDeps& deps, const identity::Operator& who, CatalogueEdit edit,
                 Idempotency idempotency, http::Reply reply) {
  auto held = std::make_shared<http::Reply>(std::move(reply));
  catalogue::Change change;
  change.document = std::move(edit.document);
  change.operator_name = who.name;
  change.action = std::move(edit.action);
  change.request = std::move(edit.request);
  change.rule = edit.rule;
  change.digest = std::move(edit.digest);
  change.render = [render = std::move(edit.render), hidden = std::move(edit.hidden_paths)](
                      const Result<CataloguePlan>& plan, const Catalogue& after, TimePoint now) {
    return plan ? render(*plan, after, now) : http::render_refusal(without_paths(plan.error(), hidden));
  };
  change.reply = [held](Answer answer) { (*held)(std::move(answer)); };
  change.idempotency = std::move(idempotency);
  change.submit = [&lane = deps.lane](std::unique_ptr<Command> next) { lane.submit(std::move(next)); };
  change.has_joined = [&rooms = deps.rooms](EventId event) { return rooms.last_place(event) > 0; };
  deps.lane.submit(std::make_unique<catalogue::ChangeCatalogue>(std::move(change)));
}

// The route of an edit: it has the refusals of every import.
http::Route edit_route(http::Route route) {
  route.refusals.insert(route.refusals.end(), {Code::SEAT_OCCUPIED, Code::DRAW_FIXED});
  return operator_route(std::move(route));
}

CatalogueDocument only(EventDocument event) {
  CatalogueDocument document;
  document.events.emplace().push_back(std::move(event));
  return document;
}

template <class Document>
boost::json::value as_json(const Document& document) {
  return boost::json::parse(json::to_text(document));
}

// The document with a merge patch applied; the patch must not change the id.
template <class Document>
Result<Document> patched(const Document& document, const boost::json::value& patch) {
  boost::json::value merged = as_json(document);
  merge_patch(merged, patch);
  auto read = json::read_value<Document>(merged);
  if (!read) return read;
  if (!read->id) read->id = document.id;
  if (*read->id != *document.id) return invalid("id", "cannot be changed");
  return read;
}

Result<boost::json::value> patch_body(const api::Source& from) {
  if (const auto refusal = api::refuse_other_type(from.request)) return *refusal;
  json::FieldErrors errors;
  auto patch = json::parse(from.request.body, errors);
  if (patch && !patch->is_object()) errors.add("", "must be an object");
  if (!errors.empty()) return json::invalid(errors);
  return std::move(*patch);
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

// The event's document with one date in it.
Result<CatalogueDocument> with_date(const Catalogue& catalogue, EventId id, DateDocument date) {
  const Event* event = catalogue.event(id);
  if (!event) return unknown_event(id);
  EventDocument document = catalogue::document_of(*event);
  document.dates.emplace().push_back(std::move(date));
  return only(std::move(document));
}

void create_date(const OperatorDeps& deps, const identity::Operator& who, EventId id,
                 const DateDocument& date, Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{
      .action = "date.create", .request = json::to_text(date), .hidden_paths = {"events[0].", "dates[0]."}};
  edit.document = [id, date](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    for (const auto& [known_id, known] : catalogue.dates) {
      if (date.id && *date.id == known_id)
        return invalid("id", "belongs to another date; use PATCH to change that date");
      if (!date.id && known->event == id && known->starts_at == date.starts_at && !known->deleted_at) {
        return invalid("starts_at", fmt::format("belongs to date {}; use PATCH to change it, or give an id",
                                                known_id.value));
      }
    }
    return with_date(catalogue, id, date);
  };
  edit.render = [&deps](const CataloguePlan& plan, const Catalogue& after, TimePoint) {
    return http::ok(201, date_dto(deps, *after.date(plan.changes.dates[0].id)));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route create_date_route(const OperatorDeps& deps) {
  return edit_route({.method = POST,
                     .path = "/admin/events/{id}/dates",
                     .id = "adminCreateDate",
                     .summary = "Add a date to an event",
                     .body = &json::schema<DateDocument>,
                     .examples = {{"date", kExampleDate}},
                     .successes = {{.status = 201, .description = kDate.description, .schema = kDate.schema}},
                     .refusals = {Code::EVENT_NOT_FOUND},
                     .handler = api::bind(deps, create_date, identity::by_operator("adminCreateDate"),
                                          api::with_id<EventId>("id"), api::with_body<DateDocument>,
                                          api::with_idempotency)});
}

void patch_date(const OperatorDeps& deps, const identity::Operator& who, DateId id,
                const boost::json::value& patch, Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{.action = "date.change",
                     .request = boost::json::serialize(patch),
                     .hidden_paths = {"events[0].", "dates[0]."}};
  edit.document = [id, patch](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    const EventDate* date = catalogue.date(id);
    if (!date) return unknown_date(id);
    auto document = patched(catalogue::document_of(*date), patch);
    if (!document) return document.error();
    return with_date(catalogue, date->event, std::move(*document));
  };
  edit.render = [&deps, id](const CataloguePlan&, const Catalogue& after, TimePoint) {
    return http::ok(200, date_dto(deps, *after.date(id)));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route patch_date_route(const OperatorDeps& deps) {
  return edit_route({.method = PATCH,
                     .path = "/admin/dates/{id}",
                     .id = "adminChangeDate",
                     .summary =
                         "Change a date: a merge patch of its document (booking, prices; starts_at and "
                         "deleted while no seat is taken)",
                     .body = &json::patch_schema<DateDocument>,
                     .examples = {{"price", R"({"prices":{"Standard":99000}})"}},
                     .successes = {kDate},
                     .refusals = {Code::EVENT_DATE_NOT_FOUND},
                     .handler = api::bind(deps, patch_date, identity::by_operator("adminChangeDate"),
                                          api::with_id<DateId>("id"), patch_body, api::with_idempotency)});
}

struct ImportBody {
  std::string text;
  bool overwrite = false;
};

Result<ImportBody> import_body(const api::Source& from) {
  const auto overwrite = from.request.query("overwrite");
  if (overwrite && *overwrite != "true" && *overwrite != "false")
    return invalid("overwrite", "must be true or false");
  return ImportBody{std::string(from.request.body), overwrite == "true"};
}

// Reading a large file takes longer than an I/O thread has.
void import(const OperatorDeps& deps, const identity::Operator& who, ImportBody body, Idempotency idempotency,
            http::Reply reply) {
  absl::AnyInvocable<void()> job = [&deps, who, body = std::move(body), idempotency = std::move(idempotency),
                                    reply = std::move(reply)]() mutable {
    const auto text = std::make_shared<const catalogue::CatalogueText>(body.text);
    if (!text->document()) return reply(http::render_refusal(text->with_lines(text->document().error())));
    CatalogueEdit edit{.action = "catalogue.import"};
    edit.rule = body.overwrite ? catalogue::PlanRule::overwrite : catalogue::PlanRule::keep_changes;
    edit.digest = catalogue::import_digest(body.text);
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
  for (const auto route :
       {list_events_route, create_event_route, show_event_route, patch_event_route, create_date_route,
        patch_queue_route, pause_route, resume_route, show_date_route, patch_date_route, import_route})
    router.add(route(deps));
}

}  // namespace stagedoor::operators
