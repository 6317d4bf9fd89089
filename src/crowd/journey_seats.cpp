// How a fan who is inside comes to seats: dates, layout, availability, hold.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <utility>

#include "crowd/journey.h"
#include "crowd/members.h"

namespace stagedoor::crowd {
namespace {

namespace json = boost::json;

constexpr double kAimHigh = 0.5;     // share of fans who pick from the first fifth of the free seats
constexpr std::size_t kChoices = 8;  // seats remembered to be picked

}  // namespace

Journey::Next Journey::read_dates(Fan& fan, const json::value& data) {
  std::vector<const json::object*> bookable;
  for (const json::value& value : data.as_array()) {
    const json::object& date = value.as_object();
    const std::int64_t left = whole(date, "seatCount");
    if (left < 0)
      record_breach(Rule::negative_seat_count, fan, fmt::format("{} on date {}", left, whole(date, "id")));
    if (left > 0) bookable.push_back(&date);
  }
  if (bookable.empty()) return nothing_left(fan);
  const json::object& chosen = *bookable[random_() % bookable.size()];
  if (const std::int64_t date = whole(chosen, "id"); date != fan.date) {
    fan.date = date;
    fan.availability_etag.clear();
    fan.choices.clear();
  }
  if (!options_.pick) fan.category = any_category(chosen);
  fan.seats_wanted = static_cast<std::size_t>(options_.seats_per_fan) - fan.held.size();
  return fan.layout_of == fan.date ? look_at_availability(fan) : look_at_layout(fan);
}

// The name of a price category that has seats left.
std::string Journey::any_category(const json::object& date) {
  std::vector<std::string_view> names;
  const json::value* prices = date.if_contains("prices");
  if (!prices) return "";
  for (const json::value& price : prices->as_array())
    if (whole(price.as_object(), "left") > 0) names.push_back(text(price.as_object(), "category"));
  return names.empty() ? "" : std::string(names[random_() % names.size()]);
}

// Every fan fetches the layout once, but the process reads the same bytes only once.
Journey::Next Journey::read_layout(Fan& fan, const Response& response) {
  const std::string_view etag = response.header("ETag");
  auto& [etag_read, layout] = layouts_[fan.date];
  if (etag.empty() || etag != etag_read) {
    layout = crowd::read_layout(plain_body(response));
    etag_read = etag;
  }
  fan.layout_of = fan.date;
  return look_at_availability(fan);
}

Journey::Next Journey::read_availability(Fan& fan, const Response& response) {
  if (response.status == 304) {
    // Nothing has changed, and all remembered seats were tried.
    if (options_.pick && fan.choices.empty()) fan.availability_etag.clear();
    return options_.pick && fan.choices.empty() ? look_at_availability(fan) : choose(fan);
  }
  fan.availability_etag = response.header("ETag");
  if (!options_.pick) return choose(fan);
  const std::string which =
      fan.availability_etag.empty() ? "" : fmt::format("{} {}", fan.date, fan.availability_etag);
  if (which.empty() || which != free_of_) {
    free_of_.clear();
    read_free_seats(plain_body(response), layouts_.at(fan.date).second, free_);
    free_of_ = which;
  }
  remember_choices(fan, chance() < kAimHigh ? (free_.size() + 4) / 5 : free_.size());
  if (fan.choices.empty()) remember_choices(fan, free_.size());
  return fan.choices.empty() ? nothing_left(fan) : choose(fan);
}

// A few random seats of the first `among` free ones, without the seat that was just refused.
void Journey::remember_choices(Fan& fan, std::size_t among) {
  fan.choices.clear();
  const auto consider = [&](std::int64_t seat) {
    const bool known = std::find(fan.choices.begin(), fan.choices.end(), seat) != fan.choices.end();
    if (!known && seat != fan.wanted_seat) fan.choices.push_back(seat);
  };
  if (among <= 2 * kChoices) {
    std::for_each_n(free_.begin(), among, consider);
    std::shuffle(fan.choices.begin(), fan.choices.end(), random_);
  } else {
    while (fan.choices.size() < kChoices) consider(free_[random_() % among]);
  }
}

Journey::Next Journey::read_holds(Fan& fan, const json::object& data) {
  if (options_.pick) {
    if (whole(data, "seatId") != fan.wanted_seat) throw std::runtime_error("not the requested seat");
    read_hold(fan, data);
    return fan.held.size() < static_cast<std::size_t>(options_.seats_per_fan) ? choose(fan) : has_seats(fan);
  }
  const json::array& rows = data.at("reservations").as_array();
  if (rows.size() != fan.seats_wanted) throw std::runtime_error("not as many seats as requested");
  for (const json::value& row : rows) {
    if (&row != &rows.front() && whole(row.as_object(), "seatId") != fan.held.back().seat + 1)
      throw std::runtime_error("the seats are not side by side");
    read_hold(fan, row.as_object());
  }
  return has_seats(fan);
}

void Journey::read_hold(Fan& fan, const json::object& hold) {
  const Fan::Held held{whole(hold, "id"), whole(hold, "seatId"), whole(hold, "price")};
  if (text(hold, "status") != "RESERVED" || text(hold, "userId") != fan.user)
    throw std::runtime_error("not the requested hold");
  const TimePoint begins = instant(hold, "createdAt"), ends = instant(hold, "expiresAt");
  fan.hold_lasts = std::max(fan.hold_lasts, ends - begins);
  if (!seats_.hold(held.seat, fan.number, begins, ends)) {
    record_breach(Rule::seat_held_twice, fan, fmt::format("seat {}", held.seat));
  }
  ++tally_.holds;
  fan.held.push_back(held);
  move_to(fan, Stage::holding);
}

Journey::Next Journey::look_at_dates(Fan& fan) {
  return ask(fan, Step::dates, "GET", fmt::format("/events/{}/dates", options_.event));
}

Journey::Next Journey::look_at_layout(Fan& fan) {
  return ask(fan, Step::layout, "GET", fmt::format("/events/properties/{}/layout", fan.date));
}

Journey::Next Journey::look_at_availability(Fan& fan) {
  return ask(fan, Step::availability, "GET", fmt::format("/events/properties/{}/availability", fan.date));
}

Journey::Next Journey::choose(Fan& fan) {
  Next next = options_.pick ? try_seat(fan) : try_best(fan);
  next.after += thinking();
  return next;
}

Journey::Next Journey::try_seat(Fan& fan) {
  if (fan.choices.empty()) return look_at_availability(fan);
  fan.wanted_seat = fan.choices.back();
  fan.choices.pop_back();
  return ask(fan, Step::hold, "POST", "/events/seats",
             fmt::format(R"({{"seatId":{},"userId":"{}"}})", fan.wanted_seat, fan.user));
}

Journey::Next Journey::try_best(Fan& fan) {
  json::object body{{"eventDateId", fan.date}, {"count", fan.seats_wanted}, {"userId", fan.user}};
  if (!fan.category.empty()) body["category"] = fan.category;
  return ask(fan, Step::hold, "POST", "/events/seats/best", json::serialize(body));
}

// In any category; then as many as there are.
Journey::Next Journey::try_fewer(Fan& fan, const Response& response) {
  if (!std::exchange(fan.category, "").empty()) return try_best(fan);
  const auto largest = json::parse(response.body).at("largest").to_number<std::size_t>();
  if (largest == 0 || largest >= fan.seats_wanted) return nothing_left(fan);
  fan.seats_wanted = largest;
  return try_best(fan);
}

}  // namespace stagedoor::crowd
