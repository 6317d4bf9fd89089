#include "modules/catalogue/change.h"

#include "state/seat_taker.h"

#include <utility>

#include "json/write.h"

namespace stagedoor::catalogue {
namespace {

struct LogDetail {
  Omitted<std::vector<std::string>> added;
  Omitted<std::vector<std::string>> changed;
};
BOOST_DESCRIBE_STRUCT(LogDetail, (), (added, changed))

std::string log_detail(const std::string& request, const ImportSummary& summary) {
  LogDetail detail;
  if (!summary.added.empty()) detail.added = summary.added;
  if (!summary.changed.empty()) detail.changed = summary.changed;
  std::string text = json::to_text(detail);
  if (!request.empty()) text.insert(1, "\"request\":" + request + (text.size() > 2 ? "," : ""));
  return text;
}

// The only event that the changes affect; none if they affect several.
EventId event_of(const CatalogueChanges& changes) {
  if (changes.events.size() == 1) return changes.events[0].id;
  if (!changes.events.empty() || changes.dates.empty()) return {};
  for (const auto& date : changes.dates) {
    if (date.event != changes.dates[0].event) return {};
  }
  return changes.dates[0].event;
}

}  // namespace

ChangeCatalogue::ChangeCatalogue(Change change)
    : Command(LaneClass::operation, change.idempotency), change_(std::move(change)) {}

// Plans once with no seats taken, to find the dates whose seats the plan checks.
void ChangeCatalogue::rows_to_load(const View& view, Keys& wanted) const {
  const auto document = change_.document(*view.catalogue);
  if (!document) return;
  const auto note = [&](const EventDate& date) {
    for (std::size_t i = 0; i < date.seats.size(); ++i) want(view.seats, wanted.seats, date.seat_id(i));
    return std::vector<SeatId>();
  };
  Ids unused(1);
  (void)plan_import(*document, *view.catalogue, note, TimePoint{}, unused);
}

CommandResult ChangeCatalogue::decide(const View& view, BatchContext& context) {
  const auto taken = [&](const EventDate& date) {
    std::vector<SeatId> seats;
    for (std::size_t i = 0; i < date.seats.size(); ++i) {
      if (is_taken(view, date.seat_id(i), context.now)) seats.push_back(date.seat_id(i));
    }
    return seats;
  };
  const auto document = change_.document(*view.catalogue);
  auto plan = document ? plan_import(*document, *view.catalogue, taken, context.now, context.ids)
                       : Result<CataloguePlan>(document.error());
  const bool changes_something = plan && !plan->changes.empty();
  const Catalogue after = changes_something ? with_changes(*view.catalogue, plan->changes) : *view.catalogue;
  CommandResult result{
      .answer = change_.render(plan, after, context.now), .changes = {}, .succeeded = plan.has_value()};
  if (!changes_something) return result;
  result.changes.log.push_back({.id = context.ids.next<LogId>(),
                                .created_at = context.now,
                                .operator_name = change_.operator_name,
                                .action = change_.action,
                                .event = event_of(plan->changes),
                                .detail = log_detail(change_.request, plan->summary)});
  result.changes.catalogue = std::move(plan->changes);
  return result;
}

Result<ImportSummary> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const std::string& operator_name) {
  std::optional<Result<ImportSummary>> result;
  std::optional<Answer> answer;
  Change change;
  change.document = [&document](const Catalogue&) { return Result<CatalogueDocument>(document); };
  change.operator_name = operator_name;
  change.action = "catalogue.import";
  change.render = [&result](const Result<CataloguePlan>& plan, const Catalogue&, TimePoint) {
    result = plan ? Result<ImportSummary>(plan->summary) : Result<ImportSummary>(plan.error());
    return Answer{};
  };
  change.reply = [&answer](Answer final_answer) { answer = std::move(final_answer); };
  lane.submit(std::make_unique<ChangeCatalogue>(std::move(change)));
  while (!answer) lane.run_once();
  if (!answer->refusal) return *result;
  return Refusal{.code = *answer->refusal, .message = answer->body};
}

}  // namespace stagedoor::catalogue
