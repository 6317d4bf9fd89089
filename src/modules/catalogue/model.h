// What a catalogue document does to the catalogue that is there: one planning function for the import of a
// file and for every change an operator makes (R-K4, R-O1). Pure.
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

// The seats of a date that are held or sold now, in order. Asked only for dates whose seats a plan would take
// away or move.
using SeatsTaken = std::function<std::vector<SeatId>(const EventDate&)>;

// All or nothing. The same document again changes nothing: what has no id in the document is found by its
// name (events) or by its start within the event (dates). Events, dates and layouts that the document does
// not mention stay; a queue or policy field that is left out gets its default.
//
// Refuses with every fault at once, paths as in the document: INVALID_REQUEST, or SEAT_OCCUPIED when all
// there is against it are seats held or sold (each is named). A date that is there keeps its layout.
Result<CataloguePlan> plan_import(const CatalogueDocument& document, const Catalogue& current,
                                  const SeatsTaken& taken, TimePoint now, Ids& ids);

// The catalogue with the changes in it; what did not change is shared.
Catalogue with_changes(const Catalogue& current, const CatalogueChanges& changes);

// "seat 12", or "seat A-3-12" (section, row, number in the row).
std::string seat_name(const EventDate& date, SeatId seat);

// "seat 1, seat 2, seat 3 and 7 more"
std::string seat_names(const EventDate& date, const std::vector<SeatId>& seats);

}  // namespace stagedoor::catalogue
