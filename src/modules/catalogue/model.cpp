#include "modules/catalogue/model.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/mp11/algorithm.hpp>
#include <set>
#include <utility>

#include "json/read.h"
#include "json/write.h"
#include "modules/catalogue/merge.h"
#include "modules/catalogue/seating.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::int64_t kSeatsPerImportMax = 2'000'000;
constexpr std::size_t kSeatsNamedMax = 10;

// The names of the members in which two documents differ, "queue.people" for those of a policy.
template <class Document>
void add_differences(const Document& before, const Document& after, const std::string& prefix,
                     std::vector<std::string>& names) {
  using Members = boost::describe::describe_members<Document, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    const auto& a = before.*member.pointer;
    const auto& b = after.*member.pointer;
    using Member = std::remove_cvref_t<decltype(a)>;
    if constexpr (std::same_as<Member, Omitted<QueueDocument>> ||
                  std::same_as<Member, Omitted<SalePolicyDocument>>) {
      add_differences(*a, *b, std::string(member.name) + ".", names);
    } else if (json::to_text(a) != json::to_text(b)) {
      names.push_back(prefix + member.name);
    }
  });
}

template <class Row>
std::vector<std::string> differences(const Row& before, const Row& after) {
  std::vector<std::string> names;
  add_differences(document_of(before), document_of(after), "", names);
  return names;
}

std::string name_of(const Event& event) { return fmt::format("event {} {}", event.id.value, event.name); }

std::string name_of(const EventDate& date) {
  return fmt::format("date {} of event {} ({}, {} seats)", date.id.value, date.event.value,
                     to_rfc3339(date.starts_at), date.seats.size());
}

template <class Document>
boost::json::object as_json(const Document& document) {
  return boost::json::parse(json::to_text(document)).as_object();
}

// A field that imports said last; "" if there is none. For texts and times.
std::string last_said(const std::string& imported, std::string_view field) {
  if (imported.empty()) return "";
  const auto said = boost::json::parse(imported).as_object();
  const auto* value = said.if_contains(field);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : "";
}

class Planner {
 public:
  Planner(const CatalogueDocument& document, const Catalogue& current, const SeatsTaken& taken, TimePoint now,
          Ids& ids, PlanRule rule, const Additions* stored)
      : document_(document),
        current_(current),
        taken_(taken),
        now_(now),
        ids_(ids),
        rule_(rule == PlanRule::edit_taken ? PlanRule::edit : rule),
        may_change_taken_(rule == PlanRule::edit_taken),
        stored_(stored ? *stored : kNothing) {}

  Result<CataloguePlan> plan() {
    if (document_.layouts) {
      for (const auto& [name, layout] : *document_.layouts) plan_layout(name, layout_of(layout));
    }
    if (document_.events) {
      note_ids();
      for (std::size_t i = 0; i < document_.events->size(); ++i) {
        plan_event((*document_.events)[i], fmt::format("events[{}]", i));
      }
    }
    if (new_seats_ > kSeatsPerImportMax) {
      add_error("",
                fmt::format("adds {} seats; one import may add at most {}", new_seats_, kSeatsPerImportMax));
    }
    if (errors_.empty()) return std::move(plan_);
    Refusal refusal{.code = only_seats_ ? Code::SEAT_OCCUPIED : Code::INVALID_REQUEST};
    refusal.message =
        fmt::format("{} {}", errors_[0].path.empty() ? "The catalogue" : errors_[0].path, errors_[0].message);
    if (errors_.size() > 1) refusal.message += fmt::format(", and {} more", errors_.size() - 1);
    refusal.details = std::move(errors_);
    return refusal;
  }

 private:
  void add_error(std::string path, std::string message) {
    errors_.push_back({std::move(path), std::move(message)});
    only_seats_ = false;
  }
  // Checks changes that remove or move seats. True if none of these seats is held or sold.
  bool is_free(const EventDate& date, const std::string& path, std::string_view what) {
    const auto seats = taken_(date);
    if (seats.empty()) return true;
    errors_.push_back({path, fmt::format("cannot {} of {}: {} {} held or sold", what, name_of(date),
                                         seat_names(date, seats), seats.size() == 1 ? "is" : "are")});
    return false;
  }

  void note_ids() {
    for (const auto& event : *document_.events) {
      if (event.id) event_ids_.insert(*event.id);
      if (!event.dates) continue;
      for (const auto& date : *event.dates) {
        if (date.id) date_ids_.insert(*date.id);
      }
    }
  }

  // A new id that neither the catalogue nor the document uses.
  template <class SomeId, class Rows>
  SomeId new_id(const Rows& rows, const absl::flat_hash_set<SomeId>& named) {
    for (;;) {
      const auto id = ids_.next<SomeId>();
      if (!rows.contains(id) && !named.contains(id)) return id;
    }
  }

  EventId new_event_id(const std::string& path) {
    const auto at = stored_.events.find(path);
    return at != stored_.events.end() && !current_.event(at->second)
               ? at->second
               : new_id<EventId>(current_.events, event_ids_);
  }

  // The date of this path whose seats are stored; nullptr if there is none that is still free to be added.
  const EventDate* stored_date(const std::string& path, EventId event) const {
    const auto at = stored_.dates.find(path);
    return at != stored_.dates.end() && at->second->event == event && !current_.date(at->second->id)
               ? at->second.get()
               : nullptr;
  }

  void plan_layout(const std::string& name, Layout layout) {
    const auto at = current_.layouts.find(name);
    const std::string line = fmt::format("layout {}", name);
    if (at != current_.layouts.end() &&
        json::to_text(document_of(at->second)) == json::to_text(document_of(layout))) {
      plan_.summary.left.push_back(line);
      return;
    }
    (at == current_.layouts.end() ? plan_.summary.added : plan_.summary.changed).push_back(line);
    plan_.changes.layouts.emplace_back(name, std::move(layout));
  }

  // The row that a document entry without an id matches; nullptr if none or several match.
  template <class Row, class Named, class Matches>
  const Row* find_unnamed(const std::multimap<std::string, const Row*>& rows, const std::string& key,
                          const Named& named, const std::string& path, Matches matches) {
    const Row* found = nullptr;
    for (auto [at, end] = rows.equal_range(key); at != end; ++at) {
      const Row& row = *at->second;
      if (named.contains(row.id) || !matches(row)) continue;
      if (found) {
        add_error(path, fmt::format("matches both {} and {}; give the id", name_of(*found), name_of(row)));
        break;
      }
      found = &row;
    }
    return found;
  }

  // The events by the names, the dates by the starts that files know them by. An operator who renames or
  // moves one does not hide it from its file.
  void note_keys() {
    if (has_keys_) return;
    has_keys_ = true;
    for (const auto& [id, event] : current_.events) {
      const std::string said = last_said(event->imported, "name");
      events_by_name_.emplace(said.empty() ? event->name : said, event.get());
    }
    for (const auto& [id, date] : current_.dates) {
      const std::string said = last_said(date->imported, "starts_at");
      dates_by_start_.emplace(start_key(date->event, said.empty() ? to_rfc3339(date->starts_at) : said),
                              date.get());
    }
  }
  static std::string start_key(EventId event, const std::string& start) {
    return fmt::format("{} {}", event.value, start);
  }

  const Event* find_event(const EventDocument& document, const std::string& path) {
    if (document.id) return current_.event(*document.id);
    if (rule_ == PlanRule::edit) return nullptr;
    note_keys();
    return find_unnamed(events_by_name_, document.name, event_ids_, path + ".name",
                        [](const Event&) { return true; });
  }

  const EventDate* find_date(const DateDocument& document, EventId event, const std::string& path) {
    if (document.id) return current_.date(*document.id);
    if (rule_ == PlanRule::edit) return nullptr;
    note_keys();
    const std::string key = start_key(event, to_rfc3339(document.starts_at));
    const EventDate* live = find_unnamed(dates_by_start_, key, date_ids_, path + ".starts_at",
                                         [](const EventDate& date) { return !date.deleted_at; });
    // One that an operator has taken from the sale stays so.
    return live ? live
                : find_unnamed(dates_by_start_, key, date_ids_, path + ".starts_at",
                               [](const EventDate& date) { return !date.imported.empty(); });
  }

  // What an import makes of a row that exists. `now` is its document, `label` names it in the summary.
  template <class Document>
  Document merged(const boost::json::object& file, const boost::json::object& now, const std::string& last,
                  const std::string& label, const std::string& path) {
    Merged result =
        merge_import(file, now, rule_ == PlanRule::overwrite ? boost::json::serialize(now) : last);
    for (const auto& field : result.kept) {
      plan_.summary.kept.push_back(
          fmt::format("{}: {}, file {}, now {}", label, field.name, field.file, field.now));
    }
    Document document;
    json::FieldErrors errors;
    json::detail::read_into(boost::json::value(result.document), document, errors);
    if (result.document == now) return document;  // as it was stored, whatever the rules are today
    for (auto& error : errors.take()) {
      add_error(
          fmt::format("{}.{}", path, error.path),
          error.message + ", together with what is stored; an import with --overwrite takes the file's");
    }
    return document;
  }

  void plan_event(EventDocument document, const std::string& path) {
    const auto dates = std::exchange(document.dates, {});
    const Event* before = find_event(document, path);
    Event event = before ? *before : Event{};
    if (!before) {
      event.id = document.id ? *document.id : new_event_id(path);
      plan_.additions.events[path] = event.id;
    }
    if (before && rule_ != PlanRule::edit) {
      const auto file = as_json(document);
      document = merged<EventDocument>(file, as_json(document_of(*before)), before->imported,
                                       fmt::format("event {}", event.id.value), path);
      event.imported = remember_import(file, before->imported);
    }
    event.name = document.name;
    event.performer = document.performer.value_or("");
    event.venue = document.venue.value_or("");
    event.time_zone = document.time_zone.value_or(kDefaultTimeZone);
    event.on_sale = document.on_sale;
    event.queue = queue_policy(document.queue.value_or(QueueDocument{}));
    event.policy = sale_policy(document.policy.value_or(SalePolicyDocument{}));
    if (document.closed) event.closed = *document.closed;
    if (document.paused) event.paused = *document.paused;
    if (document.paused_text) event.paused_text = *document.paused_text;
    if (!event.paused) {
      event.paused_since.reset();
      event.paused_text.clear();
    } else if (!event.paused_since) {
      event.paused_since = now_;
    }
    if (!before && rule_ != PlanRule::edit)
      event.imported = boost::json::serialize(as_json(document_of(event)));
    keep(before, event, plan_.changes.events);
    if (dates) {
      for (std::size_t i = 0; i < dates->size(); ++i)
        plan_date((*dates)[i], before, event, fmt::format("{}.dates[{}]", path, i));
    }
    if (before) move_windows(*before, event);
  }

  // Adds the row to the changes if it differs, and a line to the summary.
  template <class Row>
  void keep(const Row* before, Row& after, std::vector<Row>& changes) {
    const auto names = before ? differences(*before, after) : std::vector<std::string>();
    if (before && names.empty()) {
      plan_.summary.left.push_back(name_of(after));
      if (after.imported != before->imported) changes.push_back(after);
      return;
    }
    if (!before) {
      after.created_at = now_;
      plan_.summary.added.push_back(name_of(after));
    } else {
      plan_.summary.changed.push_back(fmt::format("{}: {}", name_of(after), fmt::join(names, ", ")));
    }
    after.updated_at = now_;
    changes.push_back(after);
  }

  // Dates whose booking window equals the event's sale window follow it when it moves.
  void move_windows(const Event& before, const Event& event) {
    if (before.on_sale == event.on_sale) return;
    for (const auto& [id, date] : current_.dates) {
      if (date->event != event.id || seen_dates_.contains(id) || date->booking != before.on_sale) continue;
      EventDate moved = *date;
      moved.booking = event.on_sale;
      keep(date.get(), moved, plan_.changes.dates);
    }
  }

  // Replaces the document of a date that exists by what an import makes of it. Without `booking` a date has
  // the sale window of its event, also when that moves.
  void merge_date(const EventDate& before, const Event& event_before, const std::string& path,
                  DateDocument& document, std::string& imported) {
    const auto file = as_json(document);
    const auto now = as_json(document_of(before));
    const bool follows = before.booking == event_before.on_sale;
    std::string last = before.imported;
    if (!last.empty() && follows) {
      auto said = boost::json::parse(last).as_object();
      said.emplace("booking", now.at("booking"));  // unless it is there
      last = boost::json::serialize(said);
    }
    document = merged<DateDocument>(file, now, last, fmt::format("date {}", before.id.value), path);
    if (follows && !file.contains("booking")) document.booking.reset();
    imported = remember_import(file, before.imported);
  }

  void plan_date(DateDocument document, const Event* event_before, const Event& event,
                 const std::string& path) {
    const EventDate* before = find_date(document, event.id, path);
    if (before && before->event != event.id) {
      return add_error(path + ".id", fmt::format("belongs to {}", name_of(*before)));
    }
    EventDate date = before ? *before : EventDate{};
    if (before) seen_dates_.insert(before->id);
    const bool has_booking = document.booking.has_value();
    if (before && rule_ != PlanRule::edit) merge_date(*before, *event_before, path, document, date.imported);
    const EventDate* stored = before ? nullptr : stored_date(path, event.id);
    if (!plan_seats(document, before, stored, path, date) || !plan_prices(document, path, date)) return;
    if (!before) {
      if (document.id) date.id = *document.id;
      else date.id = stored ? stored->id : new_id<DateId>(current_.dates, date_ids_);
      date.event = event.id;
    } else if (before->starts_at != document.starts_at) {
      move_start(*before, event, path + ".starts_at", document.starts_at);
    }
    date.starts_at = document.starts_at;
    date.booking = document.booking.value_or(event.on_sale);
    const bool was_deleted = date.deleted_at.has_value();
    const bool is_cancelled = current_.cancellation(date.id) != nullptr;
    if (is_cancelled && rule_ == PlanRule::edit && !document.deleted.value_or(true))
      add_error(path + ".deleted", "cannot be taken back, because the date was cancelled");
    const bool is_deleted = is_cancelled || document.deleted.value_or(was_deleted);
    if (is_deleted && !was_deleted) {
      if (before && !may_change_taken_) is_free(*before, path + ".deleted", "take away the seats");
      date.deleted_at = now_;
    } else if (!is_deleted) {
      date.deleted_at.reset();
    }
    if (!before && rule_ != PlanRule::edit) {
      auto said = as_json(document_of(date));
      if (!has_booking) said.erase("booking");
      date.imported = boost::json::serialize(said);
    }
    keep(before, date, plan_.changes.dates);
    if (!before) plan_.additions.dates[path] = std::make_shared<const EventDate>(plan_.changes.dates.back());
  }

  // Holds end when their performance begins (I-32), so one with held seats begins after all of them.
  void move_start(const EventDate& date, const Event& event, const std::string& path, TimePoint start) {
    if (!may_change_taken_) {
      is_free(date, path, "move the start");
    } else if (start < now_ + event.queue.visit_max) {
      add_error(path, fmt::format("must be {} or later, because seats may be held until then",
                                  to_rfc3339(now_ + event.queue.visit_max)));
    }
  }

  // Creates the seats of a new date; for an existing date, checks that the layout is unchanged.
  bool plan_seats(const DateDocument& document, const EventDate* before, const EventDate* stored,
                  const std::string& path, EventDate& date) {
    const std::string name = document.layout.value_or("");
    const bool is_in_document = document_.layouts && document_.layouts->contains(name);
    if (before && before->layout == name && !is_in_document) return true;
    const Layout* layout = find_layout(name);
    if (!layout) {
      add_error(path + ".layout",
                fmt::format("is {}, which is not a layout; known layouts: {}", name, layout_names()));
      return false;
    }
    Seating seating = seating_of(*layout);
    if (before) {
      date.layout = name;
      if (has_seating(*before, seating)) return true;
      const std::string at = path + (document.layout ? ".layout" : "");
      if (is_free(*before, at, "change the layout")) {
        add_error(at, fmt::format("differs from the {} seats of {}; the layout of a date cannot change: "
                                  "delete the date and add another",
                                  before->seats.size(), name_of(*before)));
      }
      return false;
    }
    new_seats_ += std::int64_t(seating.seats.size());
    if (new_seats_ > kSeatsPerImportMax) return false;
    date.layout = name;
    date.first_seat = stored && has_seating(*stored, seating)
                          ? stored->first_seat
                          : SeatId{ids_.block(std::int64_t(seating.seats.size()))};
    date.sections = std::move(seating.sections);
    date.seats = std::move(seating.seats);
    for (auto& category : seating.categories)
      date.categories.push_back({ids_.next<CategoryId>(), std::move(category), {}});
    return true;
  }

  bool plan_prices(const DateDocument& document, const std::string& path, EventDate& date) {
    const auto found = price_errors(document.prices, names_of(date.categories));
    for (const auto& one : found) add_error(fmt::format("{}.{}", path, one.path), one.message);
    if (!found.empty()) return false;
    for (auto& category : date.categories) category.price = document.prices.at(category.name);
    return true;
  }

  const Layout* find_layout(const std::string& name) {
    if (name.empty()) return &kDefaultLayout;
    for (const auto& [known, layout] : plan_.changes.layouts) {
      if (known == name) return &layout;
    }
    const auto at = current_.layouts.find(name);
    return at == current_.layouts.end() ? nullptr : &at->second;
  }

  std::string layout_names() const {
    std::vector<std::string> names;
    for (const auto& [name, layout] : current_.layouts) names.push_back(name);
    for (const auto& [name, layout] : plan_.changes.layouts) {
      if (!current_.layouts.contains(name)) names.push_back(name);
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  }

  inline static const Additions kNothing{};

  const CatalogueDocument& document_;
  const Catalogue& current_;
  const SeatsTaken& taken_;
  TimePoint now_;
  Ids& ids_;
  PlanRule rule_;
  bool may_change_taken_;
  const Additions& stored_;
  bool has_keys_ = false;
  std::multimap<std::string, const Event*> events_by_name_;      // see note_keys()
  std::multimap<std::string, const EventDate*> dates_by_start_;  // by the event and its start
  CataloguePlan plan_;
  std::vector<FieldError> errors_;
  bool only_seats_ = true;
  std::int64_t new_seats_ = 0;
  absl::flat_hash_set<EventId> event_ids_;  // that the document names
  absl::flat_hash_set<DateId> date_ids_;
  absl::flat_hash_set<DateId> seen_dates_;
};

}  // namespace

Result<CataloguePlan> plan_import(const CatalogueDocument& document, const Catalogue& current,
                                  const SeatsTaken& taken, TimePoint now, Ids& ids, PlanRule rule,
                                  const Additions* stored) {
  return Planner(document, current, taken, now, ids, rule, stored).plan();
}

Catalogue with_changes(const Catalogue& current, const CatalogueChanges& changes) {
  Catalogue next = current;
  for (const auto& event : changes.events) next.events[event.id] = std::make_shared<const Event>(event);
  for (const auto& date : changes.dates) {
    auto row = std::make_shared<EventDate>(date);
    if (const auto* before = current.date(date.id)) {
      row->first_seat = before->first_seat;
      row->seats = before->seats;
    }
    next.dates_by_first_seat[row->first_seat] = row->id;
    next.dates[row->id] = std::move(row);
  }
  for (const auto& [name, layout] : changes.layouts) next.layouts[name] = layout;
  for (const auto& text : changes.imports) next.imports[text.digest] = text.log;
  for (const auto& row : changes.cancellations) next.cancellations[row.date] = row;
  return next;
}

std::string seat_name(const EventDate& date, SeatId id) {
  const Seat& seat = date.seat(id);
  if (seat.row == 0) return fmt::format("seat {}", seat.number);
  return fmt::format("seat {}-{}-{}", date.sections[seat.section], seat.row, seat.number_in_row);
}

std::string seat_names(const EventDate& date, const std::vector<SeatId>& seats) {
  std::string out;
  for (std::size_t i = 0; i < seats.size() && i < kSeatsNamedMax; ++i) {
    out += (i ? ", " : "") + seat_name(date, seats[i]);
  }
  if (seats.size() > kSeatsNamedMax) out += fmt::format(" and {} more", seats.size() - kSeatsNamedMax);
  return out;
}

}  // namespace stagedoor::catalogue
