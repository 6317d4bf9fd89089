// What the calls that change the catalogue share: a change of its document, submitted as one command.
#pragma once

#include <boost/json/parse.hpp>

#include <functional>
#include <string>
#include <vector>

#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "json/write.h"
#include "modules/catalogue/change.h"
#include "modules/operator/http_common.h"
#include "modules/operator/patch.h"

namespace stagedoor::operators {

using catalogue::CatalogueDocument;
using catalogue::CataloguePlan;
using catalogue::DateDocument;
using catalogue::EventDocument;

// A cancelled date, and how far it is.
struct CancelledDto {
  std::string reason;
  std::string by;
  TimePoint begun_at{};
  std::optional<TimePoint> finished_at;
  std::optional<DateId> carry_to;
  std::int64_t seats = 0;
  std::int64_t seats_done = 0;
  std::int64_t refunded = 0;
  Won refunded_amount;
  std::int64_t carried = 0;
  Won carried_amount;
};
BOOST_DESCRIBE_STRUCT(CancelledDto, (),
                      (reason, by, begun_at, finished_at, carry_to, seats, seats_done, refunded,
                       refunded_amount, carried, carried_amount))

struct AdminDateDto : DateDocument {
  EventId event;
  SeatId first_seat;
  std::int64_t seats_left = 0;
  std::int64_t seats_total = 0;
  TimePoint created_at{};
  TimePoint updated_at{};
  json::Omitted<CancelledDto> cancelled;
};
BOOST_DESCRIBE_STRUCT(AdminDateDto, (DateDocument),
                      (event, first_seat, seats_left, seats_total, created_at, updated_at, cancelled))

AdminDateDto date_dto(const OperatorDeps& deps, const Catalogue& catalogue, const EventDate& date);

// A change of the catalogue, and the rendering of its success.
struct CatalogueEdit {
  std::string action = {};
  std::string request = {};  // for the log, JSON
  catalogue::PlanRule rule = catalogue::PlanRule::edit;
  std::string digest = {};  // of an import
  bool is_dry_run = false;
  std::function<Result<CatalogueDocument>(const Catalogue&)> document = {};
  std::function<Result<void>(CatalogueChanges&, const Catalogue& before, TimePoint now)> complete = {};
  std::function<Answer(const CataloguePlan&, const Catalogue& after, TimePoint now)> render = {};
  std::vector<std::string> hidden_paths = {};  // prefixes of document paths that the caller did not write
};
void submit_edit(const OperatorDeps& deps, const identity::Operator& who, CatalogueEdit edit,
                 Idempotency idempotency, http::Reply reply);

// The route of an edit: it has the refusals of every import.
http::Route edit_route(http::Route route);

CatalogueDocument only(EventDocument event);

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

Result<boost::json::value> patch_body(const api::Source& from);

}  // namespace stagedoor::operators
