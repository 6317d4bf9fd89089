// Plans what a catalogue document changes in the current catalogue: one function for file imports and for all
// operator changes (R-K4, R-O1). Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/refusal.h"
#include "engine/command.h"
#include "modules/catalogue/document.h"
#include "state/catalogue.h"
#include "state/changes.h"

namespace stagedoor::catalogue {

// One line for each event, date and layout of the document, with the names of what changed.
struct ImportSummary {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> left;
};
BOOST_DESCRIBE_STRUCT(ImportSummary, (), (added, changed, left))

struct CataloguePlan {
  CatalogueChanges changes;
  ImportSummary summary;
};

// The held or sold seats of a date, in order. Called only for dates whose seats a plan would remove or move.
using SeatsTaken = std::function<std::vector<SeatId>(const EventDate&)>;

// All or nothing. Idempotent: entries without an id are matched by name (events) or by start within the event
// (dates). Events, dates and layouts that the document does not mention stay; an omitted queue or policy
// field gets its default.
//
// Refuses with all errors at once, with the paths of the document: INVALID_REQUEST, or SEAT_OCCUPIED (names
// each seat) if held or sold seats are the only reason. The layout of an existing date cannot change.
Result<CataloguePlan> plan_import(const CatalogueDocument& document, const Catalogue& current,
                                  const SeatsTaken& taken, TimePoint now, Ids& ids);

// The catalogue with the changes applied; unchanged parts are shared.
Catalogue with_changes(const Catalogue& current, const CatalogueChanges& changes);

// "seat 12", or "seat A-3-12" (section, row, number in the row).
std::string seat_name(const EventDate& date, SeatId seat);

// "seat 1, seat 2, seat 3 and 7 more"
std::string seat_names(const EventDate& date, const std::vector<SeatId>& seats);

}  // namespace stagedoor::catalogue
