// Plans what a catalogue document changes in the current catalogue: one function for file imports and for all
// operator changes (R-K4, R-O1). Pure.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/refusal.h"
#include "engine/command.h"
#include "modules/catalogue/document.h"
#include "state/catalogue.h"
#include "state/changes.h"

namespace stagedoor::catalogue {

// One line for each event, date and layout of the document, with the names of what changed; and one for each
// field that an operator changed, which stays: "event 1: capacity, file 1000, now 7".
struct ImportSummary {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> left;
  std::vector<std::string> kept;
};
BOOST_DESCRIBE_STRUCT(ImportSummary, (), (added, changed, left, kept))

// What a plan adds, by its path in the document ("events[0].dates[1]"). A plan that is made again after its
// seats were stored takes the ids from here (decision 0021).
struct Additions {
  std::map<std::string, EventId> events;
  std::map<std::string, std::shared_ptr<const EventDate>> dates;
};

struct CataloguePlan {
  CatalogueChanges changes;
  ImportSummary summary;
  Additions additions;
};

// The held or sold seats of a date, in order. Called only for dates whose seats a plan would remove or move.
using SeatsTaken = std::function<std::vector<SeatId>(const EventDate&)>;

// What a document means for the events and dates that exist (R-K4).
enum class PlanRule {
  edit,          // an operator's change: the document is what they become; an omitted field gets its default
  edit_taken,    // the same, also of the start or the end of dates with held or sold seats
  keep_changes,  // an import: what operators changed since the last one stays, as do omitted fields
  overwrite,     // an import that takes back what operators changed
};

// All or nothing. Imports are idempotent: entries without an id are matched by the name (events) or by the
// start within the event (dates) that the last import gave them, or that they have. Events, dates and layouts
// that the document does not mention stay.
//
// Refuses with all errors at once, with the paths of the document: INVALID_REQUEST, or SEAT_OCCUPIED (names
// each seat) if held or sold seats are the only reason. The layout of an existing date cannot change.
Result<CataloguePlan> plan_import(const CatalogueDocument& document, const Catalogue& current,
                                  const SeatsTaken& taken, TimePoint now, Ids& ids,
                                  PlanRule rule = PlanRule::keep_changes, const Additions* stored = nullptr);

// The catalogue with the changes applied; unchanged parts are shared.
Catalogue with_changes(const Catalogue& current, const CatalogueChanges& changes);

// "seat 12", or "seat A-3-12" (section, row, number in the row).
std::string seat_name(const EventDate& date, SeatId seat);

// "seat 1, seat 2, seat 3 and 7 more"
std::string seat_names(const EventDate& date, const std::vector<SeatId>& seats);

}  // namespace stagedoor::catalogue
