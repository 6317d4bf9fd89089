// One fan's way through the sale, as a state machine: the input is an answer, the output is the next request
// and its delay. Reads the answers, checks the rules that a fan can see, counts. Sockets, clock and timers
// are in crowd.cpp.
//
//   join (some fans also from a second tab) → poll until admitted → dates → layout → availability →
//   hold (the best seats, or seats that they pick) → [give up] → charge → pay → read the balance
#pragma once

#include <array>
#include <boost/describe/enum.hpp>
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "crowd/endpoint.h"
#include "crowd/response.h"
#include "crowd/rules.h"
#include "crowd/seat_map.h"

namespace stagedoor::crowd {

BOOST_DEFINE_ENUM_CLASS(Step, join, join_again, poll, dates, layout, availability, hold, cancel, charge, pay,
                        balance, leave)
constexpr std::size_t kSteps = static_cast<std::size_t>(Step::leave) + 1;

// The state of a fan; from `paid` on the journey is over, and the stage says how it ended.
BOOST_DEFINE_ENUM_CLASS(Stage, waiting, active, holding,
                        paid,          // has every seat wanted, or as many as the policy allows
                        nothing_left,  // the event is sold out, or the fan lost every race for a seat
                        abandoned,     // gave up as planned
                        vanished,      // stopped answering while holding a seat
                        too_late,      // the visit or the hold ended before the payment
                        not_on_sale,   // the sale is not open
                        sent_home,     // the rehearsal ended first
                        failed)        // got an unexplained answer, or none
constexpr std::size_t kStages = static_cast<std::size_t>(Stage::failed) + 1;

struct Fan {
  std::uint32_t number = 0;
  Stage stage = Stage::waiting;
  Step step = Step::join;
  std::string request;  // the bytes of the current step
  std::string user;
  std::string token;

  enum class Plan : std::uint8_t { buy, leave_line, cancel_hold, leave_holding, vanish };
  Plan plan = Plan::buy;
  bool second_tab = false;  // joins twice
  bool forgetful = false;   // tries to pay before charging
  Stage leaving_as = Stage::abandoned;

  std::int64_t position = -1;  // of the latest answer; -1: none yet
  int place_status = 0;        // index into CREATED, ACTIVATED, EXPIRED
  Millis poll_after{1000};
  std::int64_t date = 0;
  std::string category;  // of the best seats; empty: any
  std::size_t seats_wanted = 0;
  std::int64_t layout_of = 0;  // the date whose layout the fan has
  std::string availability_etag;
  std::vector<std::int64_t> choices;  // seats to try, the next one last
  std::int64_t wanted_seat = 0;
  struct Held {
    std::int64_t reservation, seat, price;
  };
  std::vector<Held> held;
  Millis hold_lasts{0};      // the longest of them
  std::size_t paid = 0;      // number of paid seats at the front of `held`
  std::int64_t balance = 0;  // expected after the answers so far
  bool charged = false;
  std::uint16_t keys_used = 0;
  std::uint16_t races_lost = 0;  // for a seat
  std::uint8_t looks = 0;        // at the dates without finding a seat
  std::uint8_t retries = 0;
};

struct Tally {
  std::array<std::int64_t, kStages> fans{};  // by stage
  std::array<std::map<std::string, std::uint64_t, std::less<>>, kSteps> answers;
  std::uint64_t refusals = 0;  // answers 4xx
  std::uint64_t errors = 0;    // answers 5xx, and no answer
  std::uint64_t overloaded = 0;
  std::uint64_t holds = 0;
  std::uint64_t seats_paid = 0;
  std::int64_t won_paid = 0;

  std::int64_t in(Stage stage) const { return fans[static_cast<std::size_t>(stage)]; }
};

// A fan's place in an answer.
struct PlaceAnswer {
  std::string_view token = {};  // only in answers to a join
  bool waits = false;
  std::optional<std::int64_t> position = {};  // nullopt before a draw
  std::optional<TimePoint> activated_at = {};
  Millis poll_after{};
};

class Journey {
 public:
  struct Options {
    std::int64_t event = 0;
    double abandon = 0;  // share of fans who give up
    double vanish = 0;   // share of fans who stop answering while holding
    int seats_per_fan = 1;
    bool pick = false;        // single seats from the map, not the best ones
    Millis think{0};          // before choosing a seat and before paying
    Millis look_again{1000};  // after finding no seat; three times
    std::function<void(const Fan&, const PlaceAnswer&)> on_place = {};  // called for every such answer
  };
  struct Next {
    bool over = false;
    Millis after{0};  // then send Fan::request
  };

  Journey(Endpoint to, Options options, std::uint64_t seed);

  // A new fan: the plan is drawn at random, the first request is ready.
  Fan arrive(std::uint32_t number);
  Next answered(Fan& fan, const Response& response);

  // From now on fans who wait for their turn leave instead of polling again.
  void announce_sold_out() { sold_out_ = true; }
  // From now on every fan leaves at the next step.
  void stop_all() { ending_ = true; }
  // The next step of a fan whose request is not due yet, after one of the two calls above; nothing: goes on
  // waiting.
  std::optional<Next> interrupted(Fan& fan);

  const Tally& tally() const { return tally_; }
  const Breaches& breaches() const { return breaches_; }

 private:
  Next retry_or_fail(Fan& fan, const Response& response);
  Next refused(Fan& fan, const Response& response);
  Next read(Fan& fan, const Response& response);
  Next read_place(Fan& fan, const boost::json::object& place, int status);
  Next read_dates(Fan& fan, const boost::json::value& data);
  std::string any_category(const boost::json::object& date);
  Next read_layout(Fan& fan, const Response& response);
  Next read_availability(Fan& fan, const Response& response);
  void remember_choices(Fan& fan, std::size_t among);
  Next read_holds(Fan& fan, const boost::json::object& data);
  void read_hold(Fan& fan, const boost::json::object& reservation);
  Next has_seats(Fan& fan);
  Next read_payment(Fan& fan, const boost::json::object& reservation);

  Next ask(Fan& fan, Step step, std::string_view method, std::string_view target, std::string_view body = "");
  Next look_at_dates(Fan& fan);
  Next look_at_layout(Fan& fan);
  Next look_at_availability(Fan& fan);
  Next choose(Fan& fan);
  Next try_seat(Fan& fan);
  Next try_best(Fan& fan);
  Next try_fewer(Fan& fan, const Response& response);
  Next charge(Fan& fan);
  Next pay(Fan& fan);
  Next leave(Fan& fan, Stage as);
  Next nothing_left(Fan& fan);
  Next end(Fan& fan, Stage as);
  void move_to(Fan& fan, Stage stage);
  void record_breach(Rule rule, const Fan& fan, std::string_view what);
  Millis thinking();
  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }

  Endpoint to_;
  Options options_;
  std::mt19937_64 random_;
  Tally tally_;
  Breaches breaches_;
  SeatLedger seats_;
  std::map<std::int64_t, std::pair<std::string, SeatLayout>> layouts_;  // by date, with the ETag
  std::vector<std::int64_t> free_;                                      // of the latest answer that was read
  std::string free_of_;  // its date and ETag; empty when it had no ETag
  bool sold_out_ = false;
  bool ending_ = false;
};

}  // namespace stagedoor::crowd
