// What is on sale, and how: every change goes through one command (catalog/change.h).
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "http/problem.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/call.h"
#include "modules/catalog/change.h"
#include "modules/operator/http_desk.h"
#include "modules/operator/patch.h"

#include <fmt/format.h>

namespace stagedoor::operators {

using catalog::CatalogueDocument;
using catalog::CataloguePlan;
using catalog::DateDocument;
using catalog::EventDocument;
using catalog::EventStatus;
using catalog::QueueDocument;

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

namespace {

Failure no_event(EventId id) {
  return {.code = Code::EVENT_NOT_FOUND, .message = fmt::format("There is no event {}", id.value)};
}
Failure no_date(DateId id) {
  return {.code = Code::EVENT_DATE_NOT_FOUND, .message = fmt::format("There is no event date {}", id.value)};
}
Failure invalid(std::string_view path, const std::string& message) {
  return {.code = Code::INVALID_REQUEST,
          .message = fmt::format("{} {}", path, message),
          .details = {{.path = std::string(path), .message = message}}};
}

AdminDateDto date_dto(const OperatorCalls& calls, const EventDate& date) {
  AdminDateDto dto;
  static_cast<DateDocument&>(dto) = catalog::document_of(date);
  dto.event = date.event;
  dto.first_seat = date.first_seat;
  dto.seats_total = std::int64_t(date.seats.size());
  dto.seats_left = calls.shelf.event_of(date.id) ? calls.shelf.left(date.id) : dto.seats_total;
  dto.created_at = date.created_at;
  dto.updated_at = date.updated_at;
  return dto;
}

AdminEventDto event_dto(const OperatorCalls& calls, const Catalogue& catalogue, const Event& event,
                        TimePoint now) {
  AdminEventDto dto;
  static_cast<EventDocument&>(dto) = catalog::document_of(event);
  dto.dates.emplace();
  catalog::EventStock stock{&event, {}};
  for (const auto& [id, date] : catalogue.dates) {
    if (date->event != event.id) continue;
    const AdminDateDto of_date = date_dto(calls, *date);
    stock.dates.push_back({date.get(), of_date.seats_left});
    dto.dates->push_back(of_date);
    if (date->deleted_at) continue;
    dto.seats_left += of_date.seats_left;
    dto.seats_total += of_date.seats_total;
  }
  dto.status = catalog::status_of(stock, now);
  dto.created_at = event.created_at;
  dto.updated_at = event.updated_at;
  return dto;
}

// --- looking ---------------------------------------------------------------------------------------------

void list_events(const Asked& asked, http::Reply reply) {
  const auto catalogue = asked.calls.shelf.catalogue();
  const TimePoint now = asked.calls.clock.now();
  std::vector<AdminEventDto> dtos;
  for (const auto& [id, event] : catalogue->events)
    dtos.push_back(event_dto(asked.calls, *catalogue, *event, now));
  reply(http::ok(200, dtos));
}

void show_event(const Asked& asked, http::Reply reply) {
  const auto id = asked.request.id<EventId>("id");
  if (!id) return reply(http::problem(id.error()));
  const auto catalogue = asked.calls.shelf.catalogue();
  const Event* event = catalogue->event(*id);
  if (!event) return reply(http::problem(no_event(*id)));
  reply(http::ok(200, event_dto(asked.calls, *catalogue, *event, asked.calls.clock.now())));
}

void show_date(const Asked& asked, http::Reply reply) {
  const auto id = asked.request.id<DateId>("id");
  if (!id) return reply(http::problem(id.error()));
  const auto catalogue = asked.calls.shelf.catalogue();
  const EventDate* date = catalogue->date(*id);
  if (!date) return reply(http::problem(no_date(*id)));
  reply(http::ok(200, date_dto(asked.calls, *date)));
}

// --- changing --------------------------------------------------------------------------------------------

// What a change asks for, and how its success reads.
struct Wish {
  std::string action = {};
  std::string request = {};  // for the log, JSON
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  std::function<Answer(const CataloguePlan&, const Catalogue& after, TimePoint now)> render = {};
  std::vector<std::string> hidden_paths = {};  // how the document's paths begin that the caller did not write
};

Failure without_paths(Failure failure, const std::vector<std::string>& hidden) {
  for (auto& fault : failure.details) {
    for (const auto& path : hidden) {
      if (fault.path.starts_with(path)) fault.path.erase(0, path.size());
    }
  }
  return failure;
}

void submit_change(const Asked& asked, Wish wish, http::Reply reply) {
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  auto held = std::make_shared<http::Reply>(std::move(reply));
  catalog::Change change;
  change.document = std::move(wish.document);
  change.operator_name = asked.who.name;
  change.action = std::move(wish.action);
  change.request = std::move(wish.request);
  change.render = [render = std::move(wish.render), hidden = std::move(wish.hidden_paths)](
                      const Result<CataloguePlan>& plan, const Catalogue& after, TimePoint now) {
    return plan ? render(*plan, after, now) : http::problem(without_paths(plan.error(), hidden));
  };
  change.reply = [held](Answer answer) { (*held)(std::move(answer)); };
  change.idempotency = std::move(*idempotency);
  asked.calls.lane.submit(std::make_unique<catalog::ChangeCatalogue>(std::move(change)));
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

// The document with a merge patch applied, which may not give it another id.
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

Result<boost::json::value> read_patch(std::string_view body) {
  json::Faults faults;
  auto patch = json::parse(body, faults);
  if (patch && !patch->is_object()) faults.add("", "must be an object");
  if (!faults.empty()) return json::invalid(faults);
  return std::move(*patch);
}

auto render_event(const OperatorCalls& calls, EventId id) {
  return [&calls, id](const CataloguePlan&, const Catalogue& after, TimePoint now) {
    return http::ok(200, event_dto(calls, after, *after.event(id), now));
  };
}

// A change of the event in the path: `patch` is merged into its document.
void patch_event_with(const Asked& asked, std::string action, boost::json::value patch, Wish wish,
                      http::Reply reply) {
  const auto id = asked.request.id<EventId>("id");
  if (!id) return reply(http::problem(id.error()));
  wish.action = std::move(action);
  wish.document = [id = *id,
                   patch = std::move(patch)](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    const Event* event = catalogue.event(id);
    if (!event) return no_event(id);
    auto document = patched(catalog::document_of(*event), patch);
    if (!document) return document.error();
    return only(std::move(*document));
  };
  if (!wish.render) wish.render = render_event(asked.calls, *id);
  wish.hidden_paths.insert(wish.hidden_paths.begin(), "events[0].");
  submit_change(asked, std::move(wish), std::move(reply));
}

void patch_event(const Asked& asked, http::Reply reply) {
  auto patch = read_patch(asked.request.body);
  if (!patch) return reply(http::problem(patch.error()));
  std::string request = boost::json::serialize(*patch);
  patch_event_with(asked, "event.change", std::move(*patch), {.request = std::move(request)},
                   std::move(reply));
}

void patch_queue(const Asked& asked, http::Reply reply) {
  auto patch = read_patch(asked.request.body);
  if (!patch) return reply(http::problem(patch.error()));
  const auto id = asked.request.id<EventId>("id");
  if (!id) return reply(http::problem(id.error()));
  Wish wish{.request = boost::json::serialize(*patch), .hidden_paths = {"queue."}};
  wish.render = [id = *id](const CataloguePlan&, const Catalogue& after, TimePoint) {
    return http::ok(200, *catalog::document_of(*after.event(id)).queue);
  };
  patch_event_with(asked, "queue.change", boost::json::object{{"queue", std::move(*patch)}}, std::move(wish),
                   std::move(reply));
}

void pause_queue(const Asked& asked, http::Reply reply) {
  patch_event_with(asked, "queue.pause", boost::json::object{{"paused", true}}, {}, std::move(reply));
}
void resume_queue(const Asked& asked, http::Reply reply) {
  patch_event_with(asked, "queue.resume", boost::json::object{{"paused", false}}, {}, std::move(reply));
}

void create_event(const Asked& asked, http::Reply reply) {
  auto event = json::read<EventDocument>(asked.request.body);
  if (!event) return reply(http::problem(event.error()));
  Wish wish{.action = "event.create", .request = json::to_text(*event), .hidden_paths = {"events[0]."}};
  wish.document = [event = *event](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    for (const auto& [id, known] : catalogue.events) {
      if (event.id && *event.id == id) return invalid("id", "is that of another event; PATCH changes it");
      if (!event.id && known->name == event.name) {
        return invalid("name", fmt::format("is that of event {}; PATCH changes it, or give an id", id.value));
      }
    }
    return only(event);
  };
  wish.render = [&calls = asked.calls](const CataloguePlan& plan, const Catalogue& after, TimePoint now) {
    return http::ok(201, event_dto(calls, after, *after.event(plan.changes.events[0].id), now));
  };
  submit_change(asked, std::move(wish), std::move(reply));
}

// The event's document with one date in it.
Result<CatalogueDocument> with_date(const Catalogue& catalogue, EventId id, DateDocument date) {
  const Event* event = catalogue.event(id);
  if (!event) return no_event(id);
  EventDocument document = catalog::document_of(*event);
  document.dates.emplace().push_back(std::move(date));
  return only(std::move(document));
}

void create_date(const Asked& asked, http::Reply reply) {
  const auto id = asked.request.id<EventId>("id");
  if (!id) return reply(http::problem(id.error()));
  auto date = json::read<DateDocument>(asked.request.body);
  if (!date) return reply(http::problem(date.error()));
  Wish wish{
      .action = "date.create", .request = json::to_text(*date), .hidden_paths = {"events[0].", "dates[0]."}};
  wish.document = [id = *id, date = *date](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    for (const auto& [known_id, known] : catalogue.dates) {
      if (date.id && *date.id == known_id) return invalid("id", "is that of another date; PATCH changes it");
      if (!date.id && known->event == id && known->starts_at == date.starts_at && !known->deleted_at) {
        return invalid("starts_at",
                       fmt::format("is that of date {}; PATCH changes it, or give an id", known_id.value));
      }
    }
    return with_date(catalogue, id, date);
  };
  wish.render = [&calls = asked.calls](const CataloguePlan& plan, const Catalogue& after, TimePoint) {
    return http::ok(201, date_dto(calls, *after.date(plan.changes.dates[0].id)));
  };
  submit_change(asked, std::move(wish), std::move(reply));
}

void patch_date(const Asked& asked, http::Reply reply) {
  const auto id = asked.request.id<DateId>("id");
  if (!id) return reply(http::problem(id.error()));
  auto patch = read_patch(asked.request.body);
  if (!patch) return reply(http::problem(patch.error()));
  Wish wish{.action = "date.change",
            .request = boost::json::serialize(*patch),
            .hidden_paths = {"events[0].", "dates[0]."}};
  wish.document = [id = *id, patch = *patch](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    const EventDate* date = catalogue.date(id);
    if (!date) return no_date(id);
    auto document = patched(catalog::document_of(*date), patch);
    if (!document) return document.error();
    return with_date(catalogue, date->event, std::move(*document));
  };
  wish.render = [&calls = asked.calls, id = *id](const CataloguePlan&, const Catalogue& after, TimePoint) {
    return http::ok(200, date_dto(calls, *after.date(id)));
  };
  submit_change(asked, std::move(wish), std::move(reply));
}

void import(const Asked& asked, http::Reply reply) {
  const auto text = std::make_shared<const catalog::CatalogueText>(asked.request.body);
  if (!text->document()) return reply(http::problem(text->with_lines(text->document().error())));
  Wish wish{.action = "catalogue.import"};
  wish.document = [text](const Catalogue&) -> Result<CatalogueDocument> { return text->document(); };
  wish.render = [](const CataloguePlan& plan, const Catalogue&, TimePoint) {
    return http::ok(200, plan.summary);
  };
  submit_change(asked, std::move(wish), std::move(reply));
}

}  // namespace

void add_catalogue_routes(http::Router& router, const OperatorCalls& calls) {
  const auto add = [&](http::Method method, std::string path, Role role, Work work, std::string summary,
                       http::Schema body, http::Success success, std::vector<Code> codes) {
    http::Route route{
        .method = method, .path = std::move(path), .summary = std::move(summary), .tag = "operators"};
    if (method != http::Method::GET) route.parameters = {idempotency_parameter()};
    route.body = body;
    route.successes = {std::move(success)};
    route.refusals = std::move(codes);
    route.handler = for_role(calls, role, work);
    router.add(std::move(route));
  };
  using enum http::Method;
  const auto changes = [](std::initializer_list<Code> more) {
    auto codes = refusals({Code::SEAT_OCCUPIED, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE});
    codes.insert(codes.end(), more);
    return codes;
  };
  const http::Success event{.description = "The event", .schema = &json::schema<AdminEventDto>};
  const http::Success date{.description = "The date", .schema = &json::schema<AdminDateDto>};
  const http::Success new_event{
      .status = 201, .description = "The event", .schema = &json::schema<AdminEventDto>};
  const http::Success new_date{
      .status = 201, .description = "The date", .schema = &json::schema<AdminDateDto>};

  add(GET, "/admin/events", Role::kViewer, list_events, "Every event, with its policies and dates", nullptr,
      {.description = "The events", .schema = &json::schema<std::vector<AdminEventDto>>}, refusals({}));
  add(POST, "/admin/events", Role::kOperator, create_event, "Add an event", &json::schema<EventDocument>,
      new_event, changes({}));
  add(GET, "/admin/events/{id}", Role::kViewer, show_event, "An event, with its policies and dates", nullptr,
      event, refusals({Code::EVENT_NOT_FOUND}));
  add(PATCH, "/admin/events/{id}", Role::kOperator, patch_event,
      "Change an event: a merge patch of its document (name, on_sale, queue, policy, closed …)",
      &json::schema<EventDocument>, event, changes({Code::EVENT_NOT_FOUND}));
  add(POST, "/admin/events/{id}/dates", Role::kOperator, create_date, "Add a date to an event",
      &json::schema<DateDocument>, new_date, changes({Code::EVENT_NOT_FOUND}));
  add(PATCH, "/admin/events/{id}/queue", Role::kOperator, patch_queue,
      "Change how people are let in: a merge patch of the event's queue policy", &json::schema<QueueDocument>,
      {.description = "The policy", .schema = &json::schema<QueueDocument>},
      changes({Code::EVENT_NOT_FOUND}));
  add(POST, "/admin/events/{id}/queue/pause", Role::kOperator, pause_queue, "Let nobody in until resumed",
      nullptr, event, changes({Code::EVENT_NOT_FOUND}));
  add(POST, "/admin/events/{id}/queue/resume", Role::kOperator, resume_queue, "Let people in again", nullptr,
      event, changes({Code::EVENT_NOT_FOUND}));
  add(GET, "/admin/dates/{id}", Role::kViewer, show_date, "A date, with its prices and windows", nullptr,
      date, refusals({Code::EVENT_DATE_NOT_FOUND}));
  add(PATCH, "/admin/dates/{id}", Role::kOperator, patch_date,
      "Change a date: a merge patch of its document (booking, prices; starts_at and deleted while no seat is "
      "taken)",
      &json::schema<DateDocument>, date, changes({Code::EVENT_DATE_NOT_FOUND}));
  add(POST, "/admin/import", Role::kOperator, import, "Import a catalogue, in YAML or JSON: all or nothing",
      &json::schema<CatalogueDocument>,
      {.description = "What was added, changed and left", .schema = &json::schema<catalog::ImportSummary>},
      changes({}));
}

}  // namespace stagedoor::operators
