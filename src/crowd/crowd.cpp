#include "crowd/crowd.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <deque>
#include <queue>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "crowd/call.h"
#include "crowd/client.h"
#include "crowd/draw_check.h"
#include "crowd/schedule.h"

namespace stagedoor::crowd {
namespace {

namespace json = boost::json;

struct EventPage {
  std::int64_t id = 0;
  std::string name;
  std::int64_t seats_left = 0;
};

EventPage read_event(const json::value& value) {
  const json::object& event = value.as_object();
  return {event.at("id").to_number<std::int64_t>(), std::string(event.at("name").as_string()),
          event.at("seatCount").to_number<std::int64_t>()};
}

json::value read_data(const Reply& reply, std::string_view what) {
  if (reply.status == 0)
    throw std::runtime_error(fmt::format("{}: {}. Is the server running?", what, reply.error));
  if (reply.status != 200) throw std::runtime_error(fmt::format("{}: {} {}", what, reply.status, reply.body));
  return json::parse(reply.body).at("data");
}

// The event of the options; without one, the only event on sale.
EventPage find_event(const CrowdOptions& options) {
  Caller caller(options.url, std::chrono::seconds(5));
  if (options.event != 0) {
    const std::string target = fmt::format("/events/{}", options.event);
    return read_event(read_data(caller.call({.target = target}), options.url + target));
  }
  const json::value events =
      read_data(caller.call({.target = "/events?status=ON_SALE"}), options.url + "/events");
  if (events.as_array().size() == 1) return read_event(events.as_array().front());
  std::string names;
  for (const json::value& event : events.as_array()) {
    const EventPage page = read_event(event);
    names += fmt::format("\n  --event {}   {}, {} seats left", page.id, page.name, page.seats_left);
  }
  throw std::runtime_error(names.empty() ? "no event is on sale"
                                         : "several events are on sale, choose one:" + names);
}

PublishedDraw find_draw(const CrowdOptions& options) {
  Caller caller(options.url, std::chrono::seconds(5));
  const std::string target = fmt::format("/queue/draw/{}", options.event);
  return read_draw(read_data(caller.call({.target = target}), options.url + target).as_object());
}

PublishedDraw find_coming_draw(const CrowdOptions& options) {
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(fmt::format(
        "--prequeue: {}. It needs an event whose sale is not open yet (on_sale.from), whose order "
        "is drawn (queue.order: draw) and whose queue is already open (queue.gather_from)",
        why));
  };
  if (options.event == 0) refuse("name the event with --event");
  Caller caller(options.url, std::chrono::seconds(5));
  const Reply reply = caller.call({.target = fmt::format("/queue/draw/{}", options.event)});
  if (reply.status == 404) refuse(fmt::format("event {} has no draw", options.event));
  const PublishedDraw draw = find_draw(options);
  if (draw.drawn_at) refuse(fmt::format("the draw of event {} has already taken place", options.event));
  return draw;
}

// The event loop around the journeys: starts fans, sends due requests, reads answers.
class Crowd {
 public:
  // `opens`: the start of the sale; fans beyond the pre-queue arrive from then on.
  Crowd(const CrowdOptions& options, const EventPage& event, Clock::time_point opens,
        const std::atomic<int>& stop)
      : options_(options),
        stop_(stop),
        client_(resolve(options.url), {.connections = static_cast<std::size_t>(options.connections)},
                [this](Client::Tag tag, const Response& response) { answered(tag, response); }),
        journey_(client_.endpoint(),
                 {.event = event.id,
                  .abandon = options.abandon,
                  .vanish = options.vanish,
                  .seats_per_fan = static_cast<int>(options.seats_per_fan),
                  .pick = options.pick,
                  .think = options.think,
                  .look_again = options.look_again,
                  .on_place = witnesses()},
                 options.seed),
        event_page_(render(client_.endpoint(), {.target = fmt::format("/events/{}", event.id)})),
        start_(Clock::now()),
        early_arrivals_(start_, options.rate),
        arrivals_(std::max(start_, opens), options.rate) {
    report_.url = options.url;
    report_.event = event.id;
    report_.event_name = event.name;
    report_.seed = options.seed;
    report_.fans_wanted = options.prequeue + options.fans;
    report_.seats_left_before = report_.seats_left = event.seats_left;
  }

  CrowdReport run(const std::function<void(const CrowdReport&)>& on_progress) {
    auto next_progress = start_ + std::chrono::seconds(1);
    while (stop_ < 2 && (gate_open() || walking_ > 0)) {
      auto now = Clock::now();
      if (stop_ > 0) end_early("stopped");
      if (options_.limit.count() > 0 && now - start_ >= options_.limit)
        end_early("the time limit was reached");
      while (gate_open() && due(fans_.size()) <= now) start_next_fan();
      while (!due_.empty() && due_.top().at <= now) {
        const Due due = due_.top();
        due_.pop();
        send(due.fan, due.at);
      }
      if (now >= next_request_) request_event_page(now);
      if (now >= next_progress) {
        next_progress += std::chrono::seconds(1);
        on_progress(state());
        report_.recent = Histogram();
      }
      auto until = std::min(next_progress, next_request_);
      if (gate_open()) until = std::min(until, due(fans_.size()));
      if (!due_.empty()) until = std::min(until, due_.top().at);
      client_.poll(until - Clock::now());
    }
    if (report_.ended_because.empty())
      report_.ended_because = stop_ > 0 ? "stopped" : "all fans have finished";
    return state();
  }

  // Checks the draw after run(). A server counts a fan as absent only after at least twice the longest poll
  // interval that it asked for.
  void check(const PublishedDraw& before, const PublishedDraw& after, CrowdReport& report) const {
    report.draw =
        check_draw(EventId{report_.event}, before, after, witnesses_, 2 * longest_poll_, report.breaches);
  }

 private:
  static constexpr Client::Tag kEventPage = ~Client::Tag{0};
  static constexpr std::chrono::seconds kSweptWithin{2};  // R-S4 says one

  struct Walker {
    Fan fan;
    Clock::time_point intended;  // send time of the request in flight
  };
  struct Due {
    Clock::time_point at;
    std::size_t fan;
    bool operator<(const Due& other) const { return at > other.at; }  // the queue's top is the earliest
  };

  bool gate_open() const { return !gate_closed_ && std::cmp_less(fans_.size(), report_.fans_wanted); }

  // When fan number `number` arrives.
  Clock::time_point due(std::uint64_t number) const {
    const auto early = static_cast<std::uint64_t>(options_.prequeue);
    return number < early ? early_arrivals_.due(number) : arrivals_.due(number - early);
  }

  void start_next_fan() {
    const std::size_t number = fans_.size();
    fans_.push_back({journey_.arrive(static_cast<std::uint32_t>(number)), {}});
    ++walking_;
    send(number, due(number));
  }

  // Records what the fans are told about their places, if there is a draw to check.
  std::function<void(const Fan&, const PlaceAnswer&)> witnesses() {
    if (options_.prequeue == 0) return {};
    return [this](const Fan& fan, const PlaceAnswer& place) { witness(fan.number, place); };
  }

  void witness(std::size_t number, const PlaceAnswer& place) {
    if (witnesses_.size() <= number) witnesses_.resize(number + 1);
    Witness& witness = witnesses_[number];
    if (witness.was_let_in()) return;
    const auto now = Clock::now();
    const auto sent = fans_[number].intended;
    if (!place.token.empty() && !read_token(place.token, witness)) throw std::runtime_error("not a token");
    if (witness.last_sent != Clock::time_point())
      witness.longest_silence = std::max(witness.longest_silence, now - witness.last_sent);
    witness.last_sent = sent;
    if (place.activated_at) {
      witness.activated_at = *place.activated_at;
      witness.admission_seen = now;
    } else if (place.waits) {
      witness.last_waiting_sent = sent;
      longest_poll_ = std::max(longest_poll_, place.poll_after);
      if (place.position && witness.position < 0) {
        witness.position = *place.position;
        witness.sent = sent;
        witness.answered = now;
      }
    }
  }

  void send(std::size_t index, Clock::time_point intended) {
    fans_[index].intended = intended;
    client_.send(fans_[index].fan.request, index);
  }

  void answered(Client::Tag tag, const Response& response) {
    if (tag == kEventPage) return read_event_page(response);
    Walker& walker = fans_[tag];
    const auto now = Clock::now();
    report_.latency[static_cast<std::size_t>(walker.fan.step)].record(now - walker.intended);
    report_.recent.record(now - walker.intended);
    go_on(tag, journey_.answered(walker.fan, response), now);
    const bool refused = walker.fan.stage == Stage::not_on_sale && std::cmp_less(tag, options_.prequeue);
    if (refused && witnesses_.empty())
      throw std::runtime_error("--prequeue: the queue is not open (queue.gather_from)");
  }

  void go_on(std::size_t index, const Journey::Next& next, Clock::time_point now) {
    if (next.over) {
      --walking_;
      const Fan& fan = fans_[index].fan;
      if (fan.stage == Stage::vanished)
        vanished_until_ = std::max(vanished_until_, now + fan.hold_lasts + kSweptWithin);
    } else if (next.after.count() == 0) {
      send(index, now);
    } else {
      due_.push({now + next.after, index});
    }
  }

  void request_event_page(Clock::time_point now) {
    next_request_ = now + std::chrono::milliseconds(500);
    if (!std::exchange(requested_, true)) client_.send(event_page_, kEventPage);
  }

  void read_event_page(const Response& response) {
    requested_ = false;
    if (response.status != 200) return;
    report_.seats_left = read_event(json::parse(response.body).at("data")).seats_left;
    // A held seat may become free again, also that of a fan who has vanished, so the fans go on until all
    // holds are paid. Two answers in a row must agree, because answers to holds may still be in flight at the
    // first one.
    const bool is_held = journey_.tally().in(Stage::holding) > 0 || Clock::now() < vanished_until_;
    const bool gone = report_.seats_left == 0 && !is_held;
    if (std::exchange(saw_none_left_, gone) && gone && report_.ended_because.empty()) {
      report_.ended_because = "sold out";
      gate_closed_ = true;
      journey_.announce_sold_out();
      interrupt_waiting();
    }
  }

  void end_early(const char* because) {
    if (std::exchange(ending_, true)) return;
    if (report_.ended_because.empty()) report_.ended_because = because;
    gate_closed_ = true;
    journey_.stop_all();
    interrupt_waiting();
  }

  void interrupt_waiting() {
    const auto now = Clock::now();
    for (std::priority_queue<Due> waiting = std::exchange(due_, {}); !waiting.empty(); waiting.pop()) {
      const Due due = waiting.top();
      const auto next = journey_.interrupted(fans_[due.fan].fan);
      next ? go_on(due.fan, *next, now) : due_.push(due);
    }
  }

  const CrowdReport& state() {
    report_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    report_.busy = 1 - std::chrono::duration<double>(client_.waited()).count() / report_.seconds;
    report_.arrived = static_cast<std::int64_t>(fans_.size());
    report_.tally = journey_.tally();
    report_.breaches = journey_.breaches();
    return report_;
  }

  const CrowdOptions& options_;
  const std::atomic<int>& stop_;
  Client client_;
  Journey journey_;
  const std::string event_page_;  // the request for it
  Clock::time_point start_;
  Schedule early_arrivals_;  // of the pre-queue
  Schedule arrivals_;
  std::vector<Witness> witnesses_;  // by fan; empty without a pre-queue
  Millis longest_poll_{0};          // the longest poll interval that a waiting fan got
  std::deque<Walker> fans_;         // a deque: requests in flight must not move
  std::priority_queue<Due> due_;
  std::size_t walking_ = 0;
  Clock::time_point vanished_until_;  // when the holds of those who vanished have expired
  bool gate_closed_ = false;
  bool ending_ = false;
  bool requested_ = false;
  bool saw_none_left_ = false;  // in the latest answer
  Clock::time_point next_request_{};
  CrowdReport report_;
};

std::atomic<int> interrupts = 0;
static_assert(std::atomic<int>::is_always_lock_free);

// Counts SIGINT and SIGTERM during its lifetime.
class CatchInterrupts {
 public:
  CatchInterrupts() {
    interrupts = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++interrupts; };
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~CatchInterrupts() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

}  // namespace

CrowdReport walk_crowd(const CrowdOptions& wanted, const std::atomic<int>& stop,
                       const std::function<void(const CrowdReport&)>& on_progress) {
  CrowdOptions options = wanted;
  std::optional<PublishedDraw> draw;
  auto opens = Clock::time_point::min();
  if (options.prequeue > 0) {
    draw = find_coming_draw(options);
    opens = Clock::now() + (draw->opens_at - std::chrono::system_clock::now());
  }
  const EventPage event = find_event(options);
  if (options.seed == 0) options.seed = std::random_device{}();
  if (options.fans == 0) {
    const std::int64_t enough = event.seats_left * 11 / (10 * options.seats_per_fan) + 1;
    options.fans = std::max<std::int64_t>(0, enough - options.prequeue);
  }
  options.event = event.id;
  Crowd crowd(options, event, opens, stop);
  CrowdReport report = crowd.run(on_progress);
  try {
    report.seats_left = find_event(options).seats_left;
  } catch (const std::exception&) {
    // The server has gone away; the report has the errors that the fans saw.
  }
  try {
    if (draw) crowd.check(*draw, find_draw(options), report);
  } catch (const std::exception& error) {
    report.breaches.add(Rule::draw_commitment_broken,
                        fmt::format("the draw cannot be read: {}", error.what()));
  }
  return report;
}

int run_crowd(const CrowdOptions& options) {
  const CatchInterrupts catching;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  winsize window{};
  const bool measured = terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
  const std::size_t columns = measured ? window.ws_col - 1u : std::string::npos;
  try {
    const CrowdReport report = walk_crowd(options, interrupts, [&](const CrowdReport& state) {
      const std::string line = progress_line(state).substr(0, columns);
      fmt::print(stderr, "{}{}{}", terminal ? "\r\x1b[K" : "", line, terminal ? "" : "\n");
      std::fflush(stderr);
    });
    if (terminal) fmt::print(stderr, "\r\x1b[K");
    if (options.json) {
      fmt::print("{}\n", to_json(report));
    } else {
      fmt::print("{}", to_text(report));
    }
    return report.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "crowd: {}\n", error.what());
    return 2;
  }
}

}  // namespace stagedoor::crowd
