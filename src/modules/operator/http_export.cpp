// What operators take away as files: all reservations, and the catalogue as import reads it.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "json/schema.h"
#include "json/write.h"
#include "modules/catalogue/export_document.h"
#include "modules/identity/operator_limit.h"
#include "modules/operator/http_common.h"
#include "modules/operator/http_query_id.h"
#include "modules/operator/model.h"
#include "modules/operator/reservations_csv.h"

namespace stagedoor::operators {

struct ExportDetail {
  json::Omitted<EventId> event;
  json::Omitted<DateId> date;
};
BOOST_DESCRIBE_STRUCT(ExportDetail, (), (event, date))

namespace {

using SteadyClock = identity::OperatorLimit::SteadyClock;

std::string file_headers(std::string_view type, std::string_view name) {
  return fmt::format("Content-Type: {}\r\nContent-Disposition: attachment; filename=\"{}\"\r\n", type, name);
}

struct FilterInQuery {
  Result<CsvFilter> operator()(const api::Source& from) const {
    const auto event = query_id<EventId>(from.request, "event");
    const auto date = query_id<DateId>(from.request, "date");
    if (const auto refusal = refusal_of(event, date)) return *refusal;
    return CsvFilter{*event, *date};
  }
  void describe(http::Inputs& inputs) const {
    inputs.parameters.push_back(
        {.name = "event", .description = "Only those of this event", .schema = &json::schema<EventId>});
    inputs.parameters.push_back(
        {.name = "date", .description = "Only those of this date", .schema = &json::schema<DateId>});
  }
};

// Begins once the audit log has it.
http::Route reservations_route(const OperatorDeps& deps) {
  const auto limit = std::make_shared<identity::OperatorLimit>(
      identity::OperatorLimit::Rule{.at_once = 1, .apart = std::chrono::seconds(10)});
  const auto begin = [limit](const OperatorDeps& of, const identity::Operator& who, const CsvFilter& filter,
                             http::Reply reply) {
    const auto catalogue = of.read_model.catalogue();
    if (filter.event && !catalogue->event(*filter.event))
      return reply(http::render_refusal(unknown_event(*filter.event)));
    if (filter.date && !catalogue->date(*filter.date))
      return reply(http::render_refusal(unknown_date(*filter.date)));
    auto counted = limit->begin(who.name, SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    ExportDetail detail;
    if (filter.event) detail.event = *filter.event;
    if (filter.date) detail.date = *filter.date;
    const AuditEntry entry{.operator_name = who.name,
                           .action = "reservations.export",
                           .event = filter.event.value_or(EventId{}),
                           .detail = json::to_text(detail)};
    const auto file = std::make_shared<ReservationsCsv>(of, filter, std::move(*counted));
    api::submit(
        of.lane, LaneClass::operation, {}, [](const View&, Keys&) {},
        [entry](const View&, BatchContext& context) {
          Changes changes;
          changes.log.push_back(log_row(entry, context));
          return CommandResult{{}, std::move(changes), true};
        },
        [file, reply = std::move(reply)](Answer answer) mutable {
          if (!answer.refusal)
            answer = Answer{.headers = file_headers("text/csv; charset=utf-8", "reservations.csv"),
                            .stream = file};
          reply(std::move(answer));
        });
  };
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/export/reservations.csv",
       .id = "adminExportReservations",
       .summary = "All reservations as a file, with the ids of their users; the log says who took it",
       .successes = {{.description =
                          "UTF-8 with a byte order mark, a line for each reservation. It is sent in "
                          "chunks; without the last one it is not whole",
                      .schema = &json::schema<std::string>,
                      .envelope = http::Envelope::none,
                      .content_type = "text/csv"}},
       .refusals = {Code::EVENT_NOT_FOUND, Code::EVENT_DATE_NOT_FOUND},
       .handler = api::bind(deps, begin, identity::by_operator("adminExportReservations"), FilterInQuery{})});
}

http::Route catalogue_route(const OperatorDeps& deps) {
  const auto limit = std::make_shared<identity::OperatorLimit>(identity::OperatorLimit::Rule{});
  const auto make = [limit](const OperatorDeps& of, const identity::Operator& who, http::Reply reply) {
    auto counted = limit->begin(who.name, SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    absl::AnyInvocable<void()> job = [catalogue = of.read_model.catalogue(), counted = std::move(*counted),
                                      reply = std::move(reply)]() mutable {
      const auto document = boost::json::parse(json::to_text(catalogue::export_document(*catalogue)));
      counted.reset();  // before the client has the answer and may ask again
      reply({.body = json::pretty(document), .headers = file_headers("application/json", "catalogue.json")});
    };
    if (of.run_aside) of.run_aside(std::move(job));
    else job();
  };
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/export/catalogue.json",
       .id = "adminExportCatalogue",
       .summary = "The catalogue as the file that POST /admin/import reads; importing it changes nothing",
       .successes = {{.description = "The file",
                      .schema = &json::schema<catalogue::CatalogueDocument>,
                      .envelope = http::Envelope::none}},
       .handler = api::bind(deps, make, identity::by_operator("adminExportCatalogue"))});
}

}  // namespace

void add_export_routes(http::Router& router, const OperatorDeps& deps) {
  router.add(reservations_route(deps));
  router.add(catalogue_route(deps));
}

}  // namespace stagedoor::operators
