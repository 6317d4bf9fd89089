#include "modules/catalogue/document.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <numbers>

#include "core/time_zone.h"
#include "json/read.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::int64_t kPeopleMax = 100'000'000;
constexpr std::int64_t kPlacesMax = 1'000'000'000;
constexpr std::int64_t kPriceMax = 1'000'000'000'000;
constexpr std::size_t kNameMax = 200;
constexpr std::size_t kTextMax = 500;
constexpr Millis kPollFloor{1000};  // the shortest advice to fans of an event without poll limit
constexpr Millis kEveryMax{3'600'000};
constexpr double kDrawingMax = 100'000;  // seats from the stage
constexpr std::size_t kSectionsMax = 10'000;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

// Calls f(a's member, b's member) for the members that both have by name.
template <class A, class B, class F>
void for_common_members(A& a, B& b, F f) {
  boost::mp11::mp_for_each<Members<std::remove_const_t<A>>>([&](auto of_a) {
    constexpr std::string_view name = decltype(of_a)::name;
    boost::mp11::mp_for_each<Members<std::remove_const_t<B>>>([&](auto of_b) {
      if constexpr (name == decltype(of_b)::name) f(a.*of_a.pointer, b.*of_b.pointer);
    });
  });
}

template <class Policy, class Document>
Policy policy_from(const Document& document) {
  Policy policy;
  for_common_members(document, policy, [](const auto& from, auto& to) {
    if (from) to = *from;
  });
  return policy;
}

template <class Document, class Policy>
Document document_from(const Policy& policy) {
  Document document;
  for_common_members(policy, document, [](const auto& from, auto& to) {
    if constexpr (json::detail::is_optional<std::remove_cvref_t<decltype(from)>>) {
      if (from) to = *from;
    } else {
      to = from;
    }
  });
  return document;
}

void check_range(json::FieldErrors& errors, std::string_view field, const Omitted<std::int64_t>& value,
                 std::int64_t min, std::int64_t max) {
  if (value && (*value < min || *value > max))
    errors.add(field, fmt::format("must be from {} to {}", min, max));
}

void check_positive(json::FieldErrors& errors, std::string_view field, const Omitted<Millis>& value) {
  if (value && *value <= Millis(0)) errors.add(field, "must be longer than 0s, such as 5m");
}

// U+0000 – U+001F, and U+007F – U+009F, in UTF-8. A store may not take them, and nobody can read them.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

void check_name(json::FieldErrors& errors, std::string_view field, const std::string& text,
                bool may_be_empty) {
  if (text.size() > kNameMax) errors.add(field, fmt::format("must be at most {} bytes", kNameMax));
  if (text.empty() && !may_be_empty) errors.add(field, "must not be empty");
  if (has_control_character(text)) errors.add(field, "must not have control characters");
}

void check_window(json::FieldErrors& errors, const std::string& field, const Window& window) {
  const bool is_absent = window.from == TimePoint{} && window.until == TimePoint{};  // already an error
  if (!is_absent && window.from >= window.until) {
    errors.add(field + ".until",
               fmt::format("must be later than {}.from ({})", field, to_rfc3339(window.from)));
  }
}

// Of a section with sound sizes: where it is drawn (R-C9).
void check_shape(const LayoutSectionDocument& section, const std::string& path, json::FieldErrors& errors) {
  const auto check_number = [&](std::string_view field, double value, double min, double max) {
    if (!(value >= min && value <= max))
      errors.add(path + "." + std::string(field), fmt::format("must be from {} to {}", min, max));
  };
  if (section.at && section.at->size() != 2) {
    errors.add(path + ".at", "must be two numbers: [x, y], the middle of the front row");
  } else if (section.at) {
    for (std::size_t i = 0; i < 2; ++i)
      check_number(fmt::format("at[{}]", i), (*section.at)[i], -kDrawingMax, kDrawingMax);
  }
  if (!section.at && (section.angle || section.curve))
    errors.add(path + ".at", "is required where there is an angle or a curve");
  if (section.angle) check_number("angle", *section.angle, -360, 360);
  if (!section.curve || *section.curve == 0) return;
  // The front row is not longer than its circle.
  const double radius_min = std::ceil(double(section.seats_per_row) / (2 * std::numbers::pi) * 10) / 10;
  if (!(*section.curve >= radius_min && *section.curve <= kDrawingMax)) {
    errors.add(
        path + ".curve",
        fmt::format("must be 0 for straight rows, or the radius of the front row: from {}, the circle of "
                    "{} seats, to {}",
                    radius_min, section.seats_per_row, kDrawingMax));
  }
}

void check_sections(const std::vector<LayoutSectionDocument>& sections, json::FieldErrors& errors) {
  if (sections.empty()) errors.add("sections", "must name at least one section");
  if (sections.size() > kSectionsMax)
    return errors.add("sections", fmt::format("must be at most {} sections", kSectionsMax));
  absl::flat_hash_set<std::string_view> names;
  std::int64_t seats = 0;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto& section = sections[i];
    const auto field = [&](std::string_view name) { return fmt::format("sections[{}].{}", i, name); };
    check_name(errors, field("name"), section.name, false);
    check_name(errors, field("category"), section.category, false);
    if (!names.insert(section.name).second)
      errors.add(field("name"), "is already used by another section of this layout");
    const std::pair<const char*, std::int64_t> sizes[] = {{"rows", section.rows},
                                                          {"seats_per_row", section.seats_per_row}};
    bool is_sound = true;
    for (const auto& [name, size] : sizes) {
      const std::int64_t max = std::string_view(name) == "rows" ? 65'535 : kSeatsPerDateMax;
      if (size >= 1 && size <= max) continue;
      errors.add(field(name), fmt::format("must be from 1 to {}", max));
      is_sound = false;
    }
    if (is_sound) seats += section.rows * section.seats_per_row;
    if (is_sound) check_shape(section, fmt::format("sections[{}]", i), errors);
    if (section.at.has_value() != sections[0].at.has_value())
      errors.add(field("at"), "must be given for all sections of a layout, or for none");
  }
  if (seats > kSeatsPerDateMax) {
    errors.add("sections",
               fmt::format("have {} seats in total; a date has at most {}", seats, kSeatsPerDateMax));
  }
}

}  // namespace

void check_text_for_fans(json::FieldErrors& errors, std::string_view field, const std::string& text) {
  const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; };
  const auto is_visible = [](unsigned char byte) { return byte > 0x20; };
  if (text.size() > kTextMax || std::ranges::any_of(text, is_control) ||
      std::ranges::none_of(text, is_visible)) {
    errors.add(field, fmt::format("must have 1 to {} bytes of visible text, in one line", kTextMax));
  }
}

void LayoutSectionDocument::refine(boost::json::object& properties) {
  auto& point = properties["at"].as_object();
  point["minItems"] = point["maxItems"] = 2;
  point["examples"] = boost::json::array{boost::json::value{0, 4}};
}

void check(const LayoutDocument& layout, json::FieldErrors& errors) {
  if (layout.sections) {
    if (layout.seats) errors.add("seats", "must be omitted when there are sections");
    if (layout.category)
      errors.add("category", "must be omitted when there are sections; each section has its own");
    return check_sections(*layout.sections, errors);
  }
  if (!layout.seats) errors.add("seats", "is required unless sections is given: the number of seats");
  check_range(errors, "seats", layout.seats, 1, kSeatsPerDateMax);
  if (!layout.category) errors.add("category", "is required: the key of the price in `prices`");
  else check_name(errors, "category", *layout.category, false);
}

void check(const QueueDocument& queue, json::FieldErrors& errors) {
  check_range(errors, "people", queue.people, 1, kPeopleMax);
  check_range(errors, "capacity", queue.capacity, 1, kPeopleMax);
  check_range(errors, "places_max", queue.places_max, 1, kPlacesMax);
  if (queue.every && (*queue.every < Millis(1) || *queue.every > kEveryMax)) {
    errors.add("every", "must be from 1ms to 1h");
  }
  check_positive(errors, "active_ttl", queue.active_ttl);
  check_positive(errors, "visit_max", queue.visit_max);
  check_positive(errors, "presence_timeout", queue.presence_timeout);
  check_positive(errors, "poll_max", queue.poll_max);
  if (queue.return_share && !(*queue.return_share >= 0 && *queue.return_share <= 1)) {
    errors.add("return_share", "must be from 0 to 1");
  }
  if (queue.priority_share && !(*queue.priority_share >= 0 && *queue.priority_share <= 1)) {
    errors.add("priority_share", "must be from 0 to 1");
  }
  check_name(errors, "beacon", queue.beacon.value_or(""), true);
  const QueuePolicy policy = queue_policy(queue);
  if (policy.visit_max < policy.active_ttl) {
    errors.add(queue.visit_max ? "visit_max" : "active_ttl",
               fmt::format("is wrong: visit_max ({}) must not be shorter than active_ttl ({})",
                           format_duration(policy.visit_max), format_duration(policy.active_ttl)));
  }
  if (policy.poll_max < policy.poll_min) {
    errors.add(queue.poll_max ? "poll_max" : "poll_min",
               fmt::format("is wrong: poll_max ({}) must not be shorter than poll_min ({})",
                           format_duration(policy.poll_max), format_duration(policy.poll_min)));
  }
  // A fan who does as told must not count as absent (R-Q12, R-Q15).
  const Millis presence_least = std::max(policy.poll_min, kPollFloor) * 2;
  if (policy.presence_timeout < presence_least) {
    errors.add(queue.presence_timeout ? "presence_timeout" : "poll_min",
               fmt::format("is wrong: presence_timeout ({}) must be {} or longer, twice the poll_min of at "
                           "least 1s, or fans who poll as told would count as absent",
                           format_duration(policy.presence_timeout), format_duration(presence_least)));
  }
}

void check(const SalePolicyDocument& policy, json::FieldErrors& errors) {
  check_range(errors, "seats_per_user", policy.seats_per_user, 1, kSeatsPerDateMax);
  check_positive(errors, "hold_ttl", policy.hold_ttl);
}

void check(const DateDocument& date, json::FieldErrors& errors) {
  if (date.booking) check_window(errors, "booking", *date.booking);
  if (date.prices.empty())
    errors.add("prices", "must give a price for each category, such as {Standard: 110000}");
  for (const auto& [category, price] : date.prices) {
    check_name(errors, "prices." + category, category, false);
    if (price.amount < 0 || price.amount > kPriceMax) {
      errors.add("prices." + category, fmt::format("must be from 0 to {}", kPriceMax));
    }
  }
}

void check(const EventDocument& event, json::FieldErrors& errors) {
  check_name(errors, "name", event.name, false);
  check_name(errors, "performer", event.performer.value_or(""), true);
  check_name(errors, "venue", event.venue.value_or(""), true);
  if (event.time_zone && !find_time_zone(*event.time_zone)) {
    errors.add("time_zone", "is not a known time zone; write a name such as Asia/Seoul or Europe/Berlin");
  }
  check_window(errors, "on_sale", event.on_sale);
  if (event.paused_text) check_text_for_fans(errors, "paused_text", *event.paused_text);
  if (event.queue && event.queue->gather_from && *event.queue->gather_from > event.on_sale.from) {
    errors.add("queue.gather_from", "must not be later than on_sale.from");
  }
}

std::vector<std::string> categories_of(const Layout& layout) {
  if (layout.sections.empty()) return {layout.category};
  std::vector<std::string> names;
  for (const auto& section : layout.sections) {
    if (std::find(names.begin(), names.end(), section.category) == names.end())
      names.push_back(section.category);
  }
  return names;
}

std::vector<FieldError> price_errors(const std::map<std::string, Won>& prices,
                                     const std::vector<std::string>& categories) {
  std::vector<FieldError> errors;
  for (const auto& category : categories) {
    if (!prices.contains(category)) {
      errors.push_back({"prices", fmt::format("must give a price for the category {}", category)});
    }
  }
  for (const auto& [name, price] : prices) {
    if (std::find(categories.begin(), categories.end(), name) != categories.end()) continue;
    errors.push_back({"prices." + name, fmt::format("is not a category of its layout; known categories: {}",
                                                    fmt::join(categories, ", "))});
  }
  return errors;
}

namespace {

// Checks prices against a layout of the same document, so that these errors are reported with the others.
void check_prices(const CatalogueDocument& document, const DateDocument& date, const std::string& path,
                  json::FieldErrors& errors) {
  const std::string name = date.layout.value_or("");
  const bool is_here = document.layouts && document.layouts->contains(name);
  if (!is_here && !name.empty()) return;
  const Layout layout = is_here ? layout_of(document.layouts->at(name)) : kDefaultLayout;
  for (const auto& error : price_errors(date.prices, categories_of(layout))) {
    errors.add(fmt::format("{}.{}", path, error.path), error.message);
  }
}

}  // namespace

void check(const CatalogueDocument& document, json::FieldErrors& errors) {
  absl::flat_hash_map<std::int64_t, std::string> event_ids, date_ids;
  absl::flat_hash_map<std::string, std::string> names;
  const auto unique = [&](auto& seen, const auto& key, const std::string& path, std::string_view field) {
    const auto [at, is_new] = seen.try_emplace(key, path);
    if (!is_new)
      errors.add(fmt::format("{}.{}", path, field), fmt::format("is already used by {}", at->second));
  };
  if (document.layouts) {
    for (const auto& [name, layout] : *document.layouts) {
      if (name.empty() || name.size() > kNameMax || has_control_character(name)) {
        errors.add("layouts",
                   fmt::format("must have names of 1 to {} bytes without control characters", kNameMax));
      }
    }
  }
  if (!document.events) return;
  // Entries without an id are matched by name or start at the next import.
  for (std::size_t i = 0; i < document.events->size(); ++i) {
    const auto& event = (*document.events)[i];
    const std::string path = fmt::format("events[{}]", i);
    if (event.id) unique(event_ids, event.id->value, path, "id");
    else unique(names, event.name, path, "name");
    if (!event.dates) continue;
    absl::flat_hash_map<std::int64_t, std::string> starts;
    for (std::size_t j = 0; j < event.dates->size(); ++j) {
      const auto& date = (*event.dates)[j];
      const std::string date_path = fmt::format("{}.dates[{}]", path, j);
      check_prices(document, date, date_path, errors);
      if (date.id) unique(date_ids, date.id->value, date_path, "id");
      else unique(starts, to_ms(date.starts_at), date_path, "starts_at");
    }
  }
}

QueuePolicy queue_policy(const QueueDocument& document) { return policy_from<QueuePolicy>(document); }
SalePolicy sale_policy(const SalePolicyDocument& document) { return policy_from<SalePolicy>(document); }

Layout layout_of(const LayoutDocument& document) {
  Layout layout{
      .seats = document.seats.value_or(0), .category = document.category.value_or(""), .sections = {}};
  if (!document.sections) return layout;
  for (const auto& section : *document.sections) {
    auto& row = layout.sections.emplace_back(
        LayoutSection{section.name, section.rows, section.seats_per_row, section.category});
    if (section.at && section.at->size() == 2) row.at = Point{section.at->front(), section.at->back()};
    row.angle = section.angle.value_or(0);
    row.curve = section.curve.value_or(0);
  }
  return layout;
}

EventDocument document_of(const Event& event) {
  EventDocument document{.id = event.id,
                         .name = event.name,
                         .performer = event.performer,
                         .venue = event.venue,
                         .time_zone = event.time_zone,
                         .on_sale = event.on_sale,
                         .queue = document_from<QueueDocument>(event.queue),
                         .policy = document_from<SalePolicyDocument>(event.policy),
                         .closed = event.closed,
                         .paused = event.paused,
                         .paused_text = {},
                         .dates = {}};
  if (!event.paused_text.empty()) document.paused_text = event.paused_text;
  return document;
}

DateDocument document_of(const EventDate& date) {
  DateDocument document{.id = date.id,
                        .starts_at = date.starts_at,
                        .booking = date.booking,
                        .layout = {},
                        .prices = {},
                        .deleted = date.deleted_at.has_value()};
  if (!date.layout.empty()) document.layout = date.layout;
  for (const auto& category : date.categories) document.prices[category.name] = category.price;
  return document;
}

LayoutDocument document_of(const Layout& layout) {
  LayoutDocument document;
  if (layout.sections.empty()) {
    document.seats = layout.seats;
    document.category = layout.category;
  } else {
    document.sections.emplace();
    for (const auto& section : layout.sections) {
      auto& of_document = document.sections->emplace_back(LayoutSectionDocument{
          section.name, section.rows, section.seats_per_row, section.category, {}, {}, {}});
      if (section.at) of_document.at = std::vector{section.at->x, section.at->y};
      if (section.angle != 0) of_document.angle = section.angle;
      if (section.curve != 0) of_document.curve = section.curve;
    }
  }
  return document;
}

namespace {

Result<CatalogueDocument> read_document(const YamlText& yaml, json::FieldErrors& errors) {
  if (!yaml.value()) return json::invalid(errors);
  CatalogueDocument document;
  json::detail::read_into(*yaml.value(), document, errors);
  if (!errors.empty()) return json::invalid(errors);
  return document;
}

}  // namespace

CatalogueText::CatalogueText(std::string_view text)
    : yaml_(text, errors_), document_(read_document(yaml_, errors_)) {}

std::string CatalogueText::explain(std::string_view file_name, const Refusal& refusal) const {
  if (refusal.details.empty()) return fmt::format("{}: {}\n", file_name, refusal.message);
  std::string out;
  for (const auto& error : refusal.details) {
    out += fmt::format("{}:{}: {} {}\n", file_name, yaml_.line_of(error.path),
                       error.path.empty() ? "the catalogue" : error.path, error.message);
  }
  if (refusal.more_details > 0) out += fmt::format("{}: {} more errors\n", file_name, refusal.more_details);
  return out;
}

Refusal CatalogueText::with_lines(Refusal refusal) const {
  for (auto& error : refusal.details) {
    error.message = fmt::format("line {}: {}", yaml_.line_of(error.path), error.message);
  }
  return refusal;
}

}  // namespace stagedoor::catalogue
