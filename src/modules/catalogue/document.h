// The catalogue document (R-K4): an operator describes the events on sale in a file or in the body of an
// /admin call. Described structs with the names of the file; every member with a default may be omitted.
// model.h decides what a document changes in the current catalogue.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/fwd.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/refusal.h"
#include "json/field_errors.h"
#include "json/types.h"
#include "modules/catalogue/yaml.h"
#include "state/catalogue.h"

namespace stagedoor::catalogue {

using json::Omitted;

inline constexpr std::int64_t kSeatsPerDateMax = 100'000;
inline const Layout kDefaultLayout{.seats = 50, .category = "Standard", .sections = {}};  // R-C6

// As LayoutSection.
struct LayoutSectionDocument {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t seats_per_row = 0;
  std::string category;
  Omitted<std::vector<double>> at;  // [x, y]
  Omitted<double> angle;
  Omitted<double> curve;

  static void refine(boost::json::object& properties);
};
BOOST_DESCRIBE_STRUCT(LayoutSectionDocument, (), (name, rows, seats_per_row, category, at, angle, curve))

// Either `seats` (numbered from 1) of one `category`, or `sections`.
struct LayoutDocument {
  Omitted<std::int64_t> seats;
  Omitted<std::string> category;
  Omitted<std::vector<LayoutSectionDocument>> sections;
};
BOOST_DESCRIBE_STRUCT(LayoutDocument, (), (seats, category, sections))

// Fields and defaults as in QueuePolicy.
struct QueueDocument {
  Omitted<Admission> admission;
  Omitted<std::int64_t> people;
  Omitted<Millis> every;
  Omitted<std::int64_t> capacity;
  Omitted<Millis> active_ttl;
  Omitted<Millis> visit_max;
  Omitted<Millis> presence_timeout;
  Omitted<double> return_share;
  Omitted<double> priority_share;
  Omitted<Millis> poll_min;
  Omitted<Millis> poll_max;
  Omitted<bool> spread;
  Omitted<LineOrder> order;
  Omitted<TimePoint> gather_from;
  Omitted<std::string> beacon;
  Omitted<std::int64_t> places_max;
};
BOOST_DESCRIBE_STRUCT(QueueDocument, (),
                      (admission, people, every, capacity, active_ttl, visit_max, presence_timeout,
                       return_share, priority_share, poll_min, poll_max, spread, order, gather_from, beacon,
                       places_max))

// Fields and defaults as in SalePolicy.
struct SalePolicyDocument {
  Omitted<std::int64_t> seats_per_user;
  Omitted<Millis> hold_ttl;
  Omitted<Millis> rehold_cooldown;
  Omitted<TimePoint> refund_until;
};
BOOST_DESCRIBE_STRUCT(SalePolicyDocument, (), (seats_per_user, hold_ttl, rehold_cooldown, refund_until))

struct DateDocument {
  Omitted<DateId> id;  // default: assigned by the server
  TimePoint starts_at{};
  Omitted<Window> booking;      // default: the event's sale window
  Omitted<std::string> layout;  // default: 50 seats of category "Standard" (R-C6)
  std::map<std::string, Won> prices;
  Omitted<bool> deleted;  // default: unchanged
};
BOOST_DESCRIBE_STRUCT(DateDocument, (), (id, starts_at, booking, layout, prices, deleted))

struct EventDocument {
  Omitted<EventId> id;  // default: assigned by the server
  std::string name;
  Omitted<std::string> performer;
  Omitted<std::string> venue;
  Omitted<std::string> time_zone;  // IANA name; default: kDefaultTimeZone
  Window on_sale;
  Omitted<QueueDocument> queue;
  Omitted<SalePolicyDocument> policy;
  Omitted<bool> closed;              // default: unchanged
  Omitted<bool> paused;              // default: unchanged
  Omitted<std::string> paused_text;  // what fans are told while it is paused; default: unchanged
  Omitted<std::vector<DateDocument>> dates;
};
BOOST_DESCRIBE_STRUCT(EventDocument, (),
                      (id, name, performer, venue, time_zone, on_sale, queue, policy, closed, paused,
                       paused_text, dates))

struct CatalogueDocument {
  Omitted<std::map<std::string, LayoutDocument>> layouts;
  Omitted<std::vector<EventDocument>> events;
};
BOOST_DESCRIBE_STRUCT(CatalogueDocument, (), (layouts, events))

// Checks that do not need the catalogue: ranges, order of times, duplicate ids. Called by json::read_value.
void check(const LayoutDocument& layout, json::FieldErrors& errors);
void check(const QueueDocument& queue, json::FieldErrors& errors);
void check(const SalePolicyDocument& policy, json::FieldErrors& errors);
void check(const DateDocument& date, json::FieldErrors& errors);
void check(const EventDocument& event, json::FieldErrors& errors);
void check(const CatalogueDocument& document, json::FieldErrors& errors);

// Text that pages show to fans: one line, visible, not too long.
void check_text_for_fans(json::FieldErrors& errors, std::string_view field, const std::string& text);

// The names of a layout's price categories, in the order of its seats.
std::vector<std::string> categories_of(const Layout& layout);
// The errors of `prices`, which must name exactly these categories; paths are relative to the date.
std::vector<FieldError> price_errors(const std::map<std::string, Won>& prices,
                                     const std::vector<std::string>& categories);

QueuePolicy queue_policy(const QueueDocument& document);
SalePolicy sale_policy(const SalePolicyDocument& document);
Layout layout_of(const LayoutDocument& document);

// The document of this event (without its dates) or date.
EventDocument document_of(const Event& event);
DateDocument document_of(const EventDate& date);
LayoutDocument document_of(const Layout& layout);

// A catalogue document as text (YAML or JSON), with the line of each part.
class CatalogueText {
 public:
  explicit CatalogueText(std::string_view text);

  // The document, or INVALID_REQUEST with all errors.
  const Result<CatalogueDocument>& document() const { return document_; }

  // The errors of a refused read or import of this document, one per line, in the form of compilers:
  // "demo.yaml:12: events[0].queue.people must be at least 1".
  std::string explain(std::string_view file_name, const Refusal& refusal) const;
  // The same refusal with "line 12: " before each error.
  Refusal with_lines(Refusal refusal) const;

 private:
  static constexpr std::size_t kErrorsMax = 1000;  // who corrects a file wants more than one answer has

  json::FieldErrors errors_{kErrorsMax};
  YamlText yaml_;
  Result<CatalogueDocument> document_;
};

}  // namespace stagedoor::catalogue
