// The dates of events: adding, changing, moving and cancelling them.
#include <boost/json/serialize.hpp>

#include "modules/operator/date_cancellation.h"
#include "modules/operator/http_edit.h"

#include <fmt/format.h>

namespace stagedoor::operators {

struct CancelDateBody {
  std::string reason;              // what fans are told
  json::Omitted<DateId> carry_to;  // the date to which reservations are carried over
};
BOOST_DESCRIBE_STRUCT(CancelDateBody, (), (reason, carry_to))

void check(const CancelDateBody& body, json::FieldErrors& errors) {
  catalogue::check_text_for_fans(errors, "reason", body.reason);
}

struct MoveDateBody {
  TimePoint starts_at{};
  json::Omitted<Window> booking;  // default: unchanged
};
BOOST_DESCRIBE_STRUCT(MoveDateBody, (), (starts_at, booking))

namespace {

using enum http::Method;

constexpr const char* kExampleDate = R"({"starts_at":"2036-02-01T10:00:00Z","prices":{"Standard":110000}})";
const http::Success kDate{.description = "The date", .schema = &json::schema<AdminDateDto>};

CancelledDto cancelled_dto(const DateCancellation& row, const EventDate& date) {
  return {.reason = row.reason,
          .by = row.operator_name,
          .begun_at = row.begun_at,
          .finished_at = row.finished_at,
          .carry_to = row.carry_to ? std::optional(row.carry_to) : std::nullopt,
          .seats = std::int64_t(date.seats.size()),
          .seats_done = row.seats_done,
          .refunded = row.refunded,
          .refunded_amount = row.refunded_amount,
          .carried = row.carried,
          .carried_amount = row.carried_amount};
}

void show_date(const OperatorDeps& deps, const identity::Operator&, DateId id, http::Reply reply) {
  const auto catalogue = deps.read_model.catalogue();
  const EventDate* date = catalogue->date(id);
  if (!date) return reply(http::render_refusal(unknown_date(id)));
  reply(http::ok(200, date_dto(deps, *catalogue, *date)));
}

http::Route show_date_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = GET,
       .path = "/admin/dates/{id}",
       .id = "adminGetDate",
       .summary = "A date, with its prices and windows; of a cancelled one also how far its refunds are",
       .successes = {kDate},
       .refusals = {Code::EVENT_DATE_NOT_FOUND},
       .handler =
           api::bind(deps, show_date, identity::by_operator("adminGetDate"), api::with_id<DateId>("id"))});
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
    return http::ok(201, date_dto(deps, after, *after.date(plan.changes.dates[0].id)));
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
    return http::ok(200, date_dto(deps, after, *after.date(id)));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route patch_date_route(const OperatorDeps& deps) {
  return edit_route({.method = PATCH,
                     .path = "/admin/dates/{id}",
                     .id = "adminChangeDate",
                     .summary =
                         "Change a date: a merge patch of its document (booking, prices; starts_at and "
                         "deleted while no seat is taken: after that, move or cancel it)",
                     .body = &json::patch_schema<DateDocument>,
                     .examples = {{"price", R"({"prices":{"Standard":99000}})"}},
                     .successes = {kDate},
                     .refusals = {Code::EVENT_DATE_NOT_FOUND},
                     .handler = api::bind(deps, patch_date, identity::by_operator("adminChangeDate"),
                                          api::with_id<DateId>("id"), patch_body, api::with_idempotency)});
}

// The catalogue's document with the patch applied to a date that is not deleted, or is cancelled.
Result<CatalogueDocument> with_patch(const Catalogue& catalogue, DateId id, const boost::json::value& patch) {
  const EventDate* date = catalogue.date(id);
  if (!date || (date->deleted_at && !catalogue.cancellation(id))) return unknown_date(id);
  auto document = patched(catalogue::document_of(*date), patch);
  if (!document) return document.error();
  return with_date(catalogue, date->event, std::move(*document));
}

void cancel_date(const OperatorDeps& deps, const identity::Operator& who, DateId id,
                 const CancelDateBody& body, Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{.action = "date.cancel",
                     .request = json::to_text(body),
                     .rule = catalogue::PlanRule::edit_taken,
                     .hidden_paths = {"events[0].", "dates[0]."}};
  edit.document = [id](const Catalogue& catalogue) {
    return with_patch(catalogue, id, boost::json::object{{"deleted", true}});
  };
  const CancelDate order{id, body.reason, body.carry_to.value_or(DateId{}), who.name};
  edit.complete = [order](CatalogueChanges& changes, const Catalogue& before, TimePoint now) {
    return begin_cancellation(order, before, now, changes);
  };
  edit.render = [&deps, id](const CataloguePlan& plan, const Catalogue& after, TimePoint) {
    const int status = plan.changes.cancellations.empty() ? 200 : 201;
    return http::ok(status, date_dto(deps, after, *after.date(id)));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route cancel_date_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = POST,
       .path = "/admin/dates/{id}/cancel",
       .id = "adminCancelDate",
       .summary =
           "Cancel a date for good. Its reservations are refunded, or carried over to the same seats of "
           "`carry_to`, one after the other; GET /admin/dates/{id} says how far that is",
       .body = &json::schema<CancelDateBody>,
       .examples = {{"carry over", R"({"reason":"The concert takes place on 2 February.","carry_to":9})"},
                    {"cancel", R"({"reason":"The singer is ill. The money is in your balance."})"}},
       .successes = {{.status = 201, .description = "The date; it is cancelled now", .schema = kDate.schema},
                     {.status = 200,
                      .description = "The date, which was cancelled already",
                      .schema = kDate.schema}},
       .refusals = {Code::EVENT_DATE_NOT_FOUND},
       .handler =
           api::bind(deps, cancel_date, identity::by_operator("adminCancelDate"), api::with_id<DateId>("id"),
                     api::with_body<CancelDateBody>, api::with_idempotency)});
}

void move_date(const OperatorDeps& deps, const identity::Operator& who, DateId id, const MoveDateBody& body,
               Idempotency idempotency, http::Reply reply) {
  CatalogueEdit edit{.action = "date.move",
                     .request = json::to_text(body),
                     .rule = catalogue::PlanRule::edit_taken,
                     .hidden_paths = {"events[0].", "dates[0]."}};
  edit.document = [id, patch = as_json(body)](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    if (catalogue.cancellation(id)) return unknown_date(id);
    return with_patch(catalogue, id, patch);
  };
  edit.render = [&deps, id](const CataloguePlan&, const Catalogue& after, TimePoint) {
    return http::ok(200, date_dto(deps, after, *after.date(id)));
  };
  submit_edit(deps, who, std::move(edit), std::move(idempotency), std::move(reply));
}

http::Route move_date_route(const OperatorDeps& deps) {
  return operator_route({.method = POST,
                         .path = "/admin/dates/{id}/move",
                         .id = "adminMoveDate",
                         .summary =
                             "Move the start of a date, also when seats are held or sold: reservations "
                             "and tickets stay valid",
                         .body = &json::schema<MoveDateBody>,
                         .examples = {{"an hour later", R"({"starts_at":"2036-02-01T11:00:00Z"})"}},
                         .successes = {kDate},
                         .refusals = {Code::EVENT_DATE_NOT_FOUND},
                         .handler = api::bind(deps, move_date, identity::by_operator("adminMoveDate"),
                                              api::with_id<DateId>("id"), api::with_body<MoveDateBody>,
                                              api::with_idempotency)});
}

}  // namespace

AdminDateDto date_dto(const OperatorDeps& deps, const Catalogue& catalogue, const EventDate& date) {
  AdminDateDto dto;
  static_cast<DateDocument&>(dto) = catalogue::document_of(date);
  dto.event = date.event;
  dto.first_seat = date.first_seat;
  dto.seats_total = std::int64_t(date.seats.size());
  dto.seats_left = deps.read_model.event_of(date.id) ? deps.read_model.left(date.id) : dto.seats_total;
  dto.created_at = date.created_at;
  dto.updated_at = date.updated_at;
  if (const auto* row = catalogue.cancellation(date.id)) dto.cancelled = cancelled_dto(*row, date);
  return dto;
}

void add_date_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route :
       {create_date_route, show_date_route, patch_date_route, cancel_date_route, move_date_route})
    router.add(route(deps));
}

}  // namespace stagedoor::operators
