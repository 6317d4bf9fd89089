#include "modules/catalogue/export_document.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "modules/catalogue/seating.h"

namespace stagedoor::catalogue {
namespace {

// The layouts that were given another form after a date was made from them.
std::set<std::string> changed_layouts(const Catalogue& catalogue) {
  std::map<std::string, Seating> seatings;
  std::set<std::string> changed;
  for (const auto& [id, date] : catalogue.dates) {
    const Layout* layout = catalogue.layout_of(*date);
    if (!layout) continue;
    const auto [at, is_new] = seatings.try_emplace(date->layout);
    if (is_new) at->second = seating_of(*layout);
    if (!has_seating(*date, at->second)) changed.insert(date->layout);
  }
  return changed;
}

}  // namespace

CatalogueDocument export_document(const Catalogue& catalogue) {
  CatalogueDocument document{.layouts = std::map<std::string, LayoutDocument>(),
                             .events = std::vector<EventDocument>()};
  const auto changed = changed_layouts(catalogue);
  for (const auto& [name, layout] : catalogue.layouts) {
    if (!changed.contains(name)) document.layouts->emplace(name, document_of(layout));
  }
  std::map<EventId, std::vector<DateDocument>> dates;
  for (const auto& [id, date] : catalogue.dates) {
    DateDocument row = document_of(*date);
    // So that the date goes on following the event's sale window.
    const Event* event = catalogue.event(date->event);
    if (event && date->booking == event->on_sale) row.booking.reset();
    dates[date->event].push_back(std::move(row));
  }
  for (const auto& [id, event] : catalogue.events) {
    EventDocument row = document_of(*event);
    if (auto at = dates.find(id); at != dates.end()) row.dates = std::move(at->second);
    document.events->push_back(std::move(row));
  }
  return document;
}

}  // namespace stagedoor::catalogue
