#include "modules/catalogue/change.h"

#include "state/seat_taker.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/hex.h"
#include "core/refusals.h"
#include "core/sha256.h"
#include "json/write.h"
#include "modules/events/event_types.h"
#include "modules/queue/model.h"

namespace stagedoor::catalogue {
namespace {

struct LogDetail {
  Omitted<std::vector<std::string>> added;
  Omitted<std::vector<std::string>> changed;
  Omitted<std::vector<std::string>> kept;
};
BOOST_DESCRIBE_STRUCT(LogDetail, (), (added, changed, kept))

std::string log_detail(const std::string& request, const ImportSummary& summary) {
  LogDetail detail;
  if (!summary.added.empty()) detail.added = summary.added;
  if (!summary.changed.empty()) detail.changed = summary.changed;
  if (!summary.kept.empty()) detail.kept = summary.kept;
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

constexpr std::size_t kSeatsAtOnce = 20'000;  // about 20 ms of the lane

std::size_t new_seats(const CataloguePlan& plan) {
  std::size_t seats = 0;
  for (const auto& [path, date] : plan.additions.dates) seats += date->seats.size();
  return seats;
}

// True if a text of this digest was imported, and another one after it.
bool is_superseded(const Catalogue& catalogue, const std::string& digest) {
  const auto at = catalogue.imports.find(digest);
  return at != catalogue.imports.end() &&
         std::ranges::any_of(catalogue.imports, [&](const auto& text) { return text.second > at->second; });
}

bool is_newest(const Catalogue& catalogue, const std::string& digest) {
  return catalogue.imports.contains(digest) && !is_superseded(catalogue, digest);
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

ChangeCatalogue::ChangeCatalogue(Change change, Storing storing)
    : Command(LaneClass::operation, change.idempotency),
      change_(std::move(change)),
      storing_(std::move(storing)) {}

ChangeCatalogue::Storing ChangeCatalogue::begin_storing(const CataloguePlan& plan,
                                                        const Catalogue& catalogue) {
  std::vector<HiddenSeats> dates;
  for (const auto& [path, date] : plan.additions.dates) {
    const auto event = std::ranges::find(plan.changes.events, date->event, &Event::id);
    HiddenSeats& row = dates.emplace_back();
    row.event = event != plan.changes.events.end() ? *event : *catalogue.event(date->event);
    row.date = *date;
    row.seats = std::exchange(row.date.seats, {});
    row.seats_in_all = std::int64_t(row.seats.size());
  }
  return {.additions = std::make_shared<const Additions>(plan.additions),
          .dates = std::make_shared<const std::vector<HiddenSeats>>(std::move(dates))};
}

CommandResult ChangeCatalogue::store_piece(Storing from) {
  CommandResult result;
  for (std::size_t room = kSeatsAtOnce; room > 0 && from.has_more();) {
    const HiddenSeats& whole = (*from.dates)[from.date];
    const std::size_t count = std::min(room, whole.seats.size() - from.seat);
    const auto begin = whole.seats.begin() + std::ptrdiff_t(from.seat);
    result.changes.hidden_seats.push_back({.event = whole.event,
                                           .date = whole.date,
                                           .seats_in_all = whole.seats_in_all,
                                           .first = from.seat,
                                           .seats = {begin, begin + std::ptrdiff_t(count)}});
    room -= count;
    from.seat += count;
    if (from.seat == whole.seats.size()) ++from.date, from.seat = 0;
  }
  next_ = std::move(from);
  return result;
}

void ChangeCatalogue::reply(Answer answer) {
  if (!next_ || answer.refusal) return change_.reply(std::move(answer));
  const auto submit = change_.submit;
  submit(std::unique_ptr<Command>(new ChangeCatalogue(std::move(change_), std::move(*next_))));
}

// What fans of a draw rely on (R-Q13), for every changed event that people have joined.
Result<void> ChangeCatalogue::check_draws(const CatalogueDocument& document, const CataloguePlan& plan,
                                          const View& view, TimePoint now) const {
  for (const Event& after : plan.changes.events) {
    const Event* before = view.catalogue->event(after.id);
    if (!before ||
        !(view.last_place.contains(after.id) || (change_.has_joined && change_.has_joined(after.id))))
      continue;
    const auto kept = queue::check_draw_is_kept(*before, after, view.draws.find(after.id), now);
    if (kept) continue;
    Refusal refusal = kept.error();
    for (auto& detail : refusal.details) detail.path.insert(0, path_of(after, document));
    return refusal;
  }
  return {};
}

// Plans once with no seats taken, to find the dates whose seats the plan checks.
void ChangeCatalogue::rows_to_load(const View& view, Keys& wanted) const {
  if (storing_.has_more()) return;
  const auto document = change_.document(*view.catalogue);
  if (!document) return;
  const auto note = [&](const EventDate& date) {
    for (std::size_t i = 0; i < date.seats.size(); ++i) want(view.seats, wanted.seats, date.seat_id(i));
    return std::vector<SeatId>();
  };
  Ids unused(1);
  const auto plan = plan_import(*document, *view.catalogue, note, TimePoint{}, unused, change_.rule,
                                storing_.additions.get());
  if (!plan) return;
  for (const Event& event : plan->changes.events) {
    if (!view.catalogue->event(event.id)) continue;
    want(view.draws, wanted.draws, event.id);
    want(view.key_versions, wanted.key_versions, events::draw_key(event.id));
    want(view.key_versions, wanted.key_versions, events::key_of(event));
  }
  for (const EventDate& date : plan->changes.dates)
    if (view.catalogue->date(date.id)) want(view.key_versions, wanted.key_versions, events::key_of(date));
}

CommandResult ChangeCatalogue::decide(const View& view, BatchContext& context) {
  next_.reset();
  if (storing_.has_more()) return store_piece(storing_);
  const auto taken = [&](const EventDate& date) {
    std::vector<SeatId> seats;
    for (std::size_t i = 0; i < date.seats.size(); ++i) {
      if (is_taken(view, date.seat_id(i), context.now)) seats.push_back(date.seat_id(i));
    }
    return seats;
  };
  const auto document = change_.document(*view.catalogue);
  auto plan = document ? plan_import(*document, *view.catalogue, taken, context.now, context.ids,
                                     change_.rule, storing_.additions.get())
                       : Result<CataloguePlan>(document.error());
  if (plan) {
    const auto kept = check_draws(*document, *plan, view, context.now);
    if (!kept) plan = kept.error();
  }
  if (plan && change_.complete) {
    const auto completed = change_.complete(plan->changes, *view.catalogue, context.now);
    if (!completed) plan = completed.error();
  }
  if (change_.is_dry_run) {
    return {.answer = change_.render(plan, *view.catalogue, context.now),
            .changes = {},
            .succeeded = plan.has_value()};
  }
  if (plan && change_.submit && !storing_.dates && new_seats(*plan) > kSeatsAtOnce)
    return store_piece(begin_storing(*plan, *view.catalogue));
  const auto log = context.ids.next<LogId>();
  if (plan && !change_.digest.empty() && !is_newest(*view.catalogue, change_.digest))
    plan->changes.imports.push_back({change_.digest, log});
  const bool changes_something = plan && !plan->changes.empty();
  const Catalogue after = changes_something ? with_changes(*view.catalogue, plan->changes) : *view.catalogue;
  CommandResult result{
      .answer = change_.render(plan, after, context.now), .changes = {}, .succeeded = plan.has_value()};
  if (!changes_something) return result;
  result.changes.log.push_back({.id = log,
                                .created_at = context.now,
                                .operator_name = change_.operator_name,
                                .action = change_.action,
                                .event = event_of(plan->changes),
                                .detail = log_detail(change_.request, plan->summary)});
  for (const Event& event : plan->changes.events)
    events::add_events_of(event, view.catalogue->event(event.id), view, context, result.changes);
  for (const EventDate& date : plan->changes.dates) {
    const auto& cancelled = plan->changes.cancellations;
    const auto cancellation = std::ranges::find(cancelled, date.id, &DateCancellation::date);
    events::add_events_of(*after.date(date.id), view.catalogue->date(date.id), view, context, result.changes,
                          cancellation == cancelled.end() ? nullptr : &*cancellation);
  }
  // In the same transaction, so that fans have the whole notice of a moved opening.
  for (const Event& event : plan->changes.events) {
    if (!view.catalogue->event(event.id) || !view.draws.find(event.id)) continue;
    Changes moved = queue::decide_commit_draw(event, view, context, {});
    const auto take = [](auto& from, auto& to) {
      std::move(from.begin(), from.end(), std::back_inserter(to));
    };
    take(moved.draws, result.changes.draws);
    take(moved.outbox, result.changes.outbox);
    take(moved.key_versions, result.changes.key_versions);
  }
  result.changes.catalogue = std::move(plan->changes);
  return result;
}

std::string import_digest(std::string_view text) {
  const Sha256 digest = sha256(text);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<ImportOutcome> import_catalogue(Lane& lane, const CatalogueDocument& document,
                                       const ImportOptions& options) {
  ImportOutcome outcome;
  std::optional<Refusal> refusal;
  std::optional<Answer> answer;
  Change change;
  change.document = [&](const Catalogue& catalogue) -> Result<CatalogueDocument> {
    outcome.is_superseded = options.unless_superseded && is_superseded(catalogue, options.digest);
    if (outcome.is_superseded) return refuse(Code::INVALID_REQUEST, "superseded");
    return document;
  };
  change.operator_name = options.operator_name;
  change.action = "catalogue.import";
  change.rule = options.rule;
  change.digest = options.digest;
  change.has_joined = options.has_joined;
  change.render = [&](const Result<CataloguePlan>& plan, const Catalogue&, TimePoint) {
    if (plan) outcome.summary = plan->summary;
    else refusal = plan.error();
    return Answer{};
  };
  change.reply = [&answer](Answer final_answer) { answer = std::move(final_answer); };
  change.submit = [&lane](std::unique_ptr<Command> next) { lane.submit(std::move(next)); };
  lane.submit(std::make_unique<ChangeCatalogue>(std::move(change)));
  while (!answer) lane.run_once();
  if (answer->refusal) return Refusal{.code = *answer->refusal, .message = answer->body};
  if (refusal && !outcome.is_superseded) return *refusal;
  return outcome;
}

}  // namespace stagedoor::catalogue
