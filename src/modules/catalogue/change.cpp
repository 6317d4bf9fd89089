#include "modules/catalogue/change.h"

#include "state/seat_taker.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "json/write.h"
#include "modules/queue/model.h"

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

// Where the document has the event: "events[0].".
std::string path_of(const Event& event, const CatalogueDocument& document) {
  for (std::size_t i = 0; document.events && i < document.events->size(); ++i) {
    const auto& named = (*document.events)[i];
    if (named.id ? *named.id == event.id : named.name == event.name) return fmt::format("events[{}].", i);
  }
  return "";
}

}  // namespace

// What fans of a draw rely on (R-Q13), for every changed event that people have joined.
Result<void> ChangeCatalogue::check_draws(const CatalogueDocument& document, const CataloguePlan& plan,
                                          const View& view, TimePoint now) const {
  for (const Event& after : plan.changes.events) {
    const Event* before = view.catalogue->event(after.id);
    if (!before || !(view.last_place.contains(after.id) || change_.has_joined(after.id))) continue;
    const auto kept = queue::check_draw_is_kept(*before, after, view.draws.find(after.id), now);
    if (kept) continue;
    Refusal refusal = kept.error();
    for (auto& detail : refusal.details) detail.path.insert(0, path_of(after, document));
    return refusal;
  }
  return {};
}

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
  const auto plan = plan_import(*document, *view.catalogue, note, TimePoint{}, unused);
  if (!plan) return;
  for (const Event& event : plan->changes.events)
    if (view.catalogue->event(event.id)) want(view.draws, wanted.draws, event.id);
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
  if (plan) {
    const auto kept = check_draws(*document, *plan, view, context.now);
    if (!kept) plan = kept.error();
  }
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
  // In the same transaction, so that fans have the whole notice of a moved opening.
  for (const Event& event : plan->changes.events) {
    if (!view.catalogue->event(event.id) || !view.draws.find(event.id)) continue;
    Changes moved = queue::decide_commit_draw(event, view, context.now, {});
    std::move(moved.draws.begin(), moved.draws.end(), std::back_inserter(result.changes.draws));
  }
  result.changes.catalogue = std::move(plan->changes);
  return result;
}

Result<ImportSummary> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const std::string& operator_name, HasJoined has_joined) {
  std::optional<Result<ImportSummary>> result;
  std::optional<Answer> answer;
  Change change;
  change.document = [&document](const Catalogue&) { return Result<CatalogueDocument>(document); };
  change.operator_name = operator_name;
  change.action = "catalogue.import";
  change.has_joined = std::move(has_joined);
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
