#include "crowd/report.h"

#include <fmt/format.h>

#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/mp11/algorithm.hpp>
#include <iterator>

namespace stagedoor::crowd {
namespace {

namespace json = boost::json;

// Calls each(enumerator, "name") for every enumerator, in order.
template <class Enum, class Each>
void for_each_of(Each each) {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto one) { each(one.value, one.name); });
}

// 1234567 as "1,234,567".
std::string grouped(std::int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}
std::string grouped(std::uint64_t count) { return grouped(static_cast<std::int64_t>(count)); }

std::string readable(Histogram::Duration time) {
  const auto us = static_cast<double>(time.count()) / 1000;
  if (us < 1000) return fmt::format("{:.0f} µs", us);
  if (us < 100'000) return fmt::format("{:.1f} ms", us / 1000);
  return us < 1'000'000 ? fmt::format("{:.0f} ms", us / 1000) : fmt::format("{:.1f} s", us / 1e6);
}

double ms(Histogram::Duration time) { return static_cast<double>(time.count()) / 1e6; }

std::uint64_t answers_of(const CrowdReport& report, Step step) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : report.tally.answers[static_cast<std::size_t>(step)]) total += count;
  return total;
}

bool draw_is_fair(const CrowdReport& report) {
  return report.breaches.count(Rule::draw_commitment_broken) == 0 &&
         report.breaches.count(Rule::draw_list_differs) == 0 &&
         report.breaches.count(Rule::position_beyond_rank) == 0 &&
         report.breaches.count(Rule::admitted_out_of_order) == 0;
}

std::string draw_text(const CrowdReport& report) {
  const DrawReport& draw = *report.draw;
  if (!draw.is_drawn) return "Draw      the rehearsal ended before it\n\n";
  std::string text = fmt::format("Draw      {:>10} took part, drawn {} ms after the opening\n",
                                 grouped(draw.gathered), grouped(draw.drawn_after.count()));
  auto out = std::back_inserter(text);
  fmt::format_to(out, "          {:>10} of them from this crowd, so the list of joins {}\n",
                 grouped(draw.of_crowd), draw.list_recomputed ? "was recomputed" : "could not be recomputed");
  fmt::format_to(out, "          {:>10} positions and {} admissions compared with the recomputed ranks\n",
                 grouped(draw.positions), grouped(draw.admissions));
  if (draw.absent > 0)
    fmt::format_to(out, "          {:>10} polled too late to be compared\n", grouped(draw.absent));
  if (draw_is_fair(report)) text += "                     commitment kept, all agree\n";
  return text += '\n';
}

}  // namespace

std::string progress_line(const CrowdReport& report) {
  const Tally& tally = report.tally;
  return fmt::format(
      "{:4.0f} s  arrived {}  waiting {}  active {}  holding {}  paid {}  seats left {}  refused {}  errors "
      "{}  "
      "p50 {}  p99 {}",
      report.seconds, grouped(report.arrived), grouped(tally.in(Stage::waiting)),
      grouped(tally.in(Stage::active)), grouped(tally.in(Stage::holding)), grouped(tally.in(Stage::paid)),
      grouped(report.seats_left), grouped(tally.refusals), grouped(tally.errors),
      readable(report.recent.percentile(0.5)), readable(report.recent.percentile(0.99)));
}

std::string to_text(const CrowdReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  const Tally& tally = report.tally;
  fmt::format_to(out, "\n{} (event {}) at {}: {} after {:.1f} s\n\n", report.event_name, report.event,
                 report.url, report.ended_because, report.seconds);
  fmt::format_to(out, "Fans      {:>10} arrived\n", grouped(report.arrived));
  for_each_of<Stage>([&](Stage stage, std::string_view name) {
    if (tally.in(stage) == 0) return;
    std::string words(name);
    for (char& c : words) c = c == '_' ? ' ' : c;
    fmt::format_to(out, "          {:>10} {}\n", grouped(tally.in(stage)), words);
  });
  fmt::format_to(out, "Seats     {:>10} held, {} paid for ({} won), {} of {} left\n\n", grouped(tally.holds),
                 grouped(tally.seats_paid), grouped(tally.won_paid), grouped(report.seats_left),
                 grouped(report.seats_left_before));
  if (report.draw) text += draw_text(report);
  fmt::format_to(out, "{:<11} {:>9} {:>9} {:>9} {:>9} {:>9}   answers\n", "call", "count", "p50", "p90",
                 "p99", "max");
  for_each_of<Step>([&](Step step, std::string_view name) {
    const Histogram& latency = report.latency[static_cast<std::size_t>(step)];
    if (answers_of(report, step) == 0) return;
    const auto aligned = [&](double q) { return fmt::format("{:>9}", readable(latency.percentile(q))); };
    fmt::format_to(out, "{:<11} {:>9} {} {} {} {}  ", name, grouped(answers_of(report, step)), aligned(0.5),
                   aligned(0.9), aligned(0.99), aligned(1));
    for (const auto& [answer, count] : tally.answers[static_cast<std::size_t>(step)]) {
      fmt::format_to(out, " {} × {}", grouped(count), answer);
    }
    text += '\n';
  });
  text += '\n';
  if (report.busy > 0.8) {
    fmt::format_to(
        out, "The crowd's thread was busy {:.0f} % of the time: the latencies include its own delays.\n\n",
        report.busy * 100);
  }
  if (report.breaches.total() == 0) return text += "No answer broke a rule.\n";
  for_each_of<Rule>([&](Rule rule, std::string_view name) {
    if (report.breaches.count(rule) == 0) return;
    fmt::format_to(out, "BROKEN  {} × {}, the first: {}\n", grouped(report.breaches.count(rule)), name,
                   report.breaches.example(rule));
  });
  return text;
}

std::string to_json(const CrowdReport& report) {
  const Tally& tally = report.tally;
  json::object fans{{"arrived", report.arrived}};
  for_each_of<Stage>([&](Stage stage, std::string_view name) { fans[name] = tally.in(stage); });
  json::object calls;
  for_each_of<Step>([&](Step step, std::string_view name) {
    const Histogram& latency = report.latency[static_cast<std::size_t>(step)];
    json::object answers;
    for (const auto& [answer, count] : tally.answers[static_cast<std::size_t>(step)]) answers[answer] = count;
    calls[name] = json::object{{"count", answers_of(report, step)},
                               {"answers", std::move(answers)},
                               {"latencyMs", json::object{{"mean", ms(latency.mean())},
                                                          {"p50", ms(latency.percentile(0.5))},
                                                          {"p90", ms(latency.percentile(0.9))},
                                                          {"p99", ms(latency.percentile(0.99))},
                                                          {"p999", ms(latency.percentile(0.999))},
                                                          {"max", ms(latency.max())}}}};
  });
  json::object breaches;
  for_each_of<Rule>([&](Rule rule, std::string_view name) {
    if (report.breaches.count(rule) == 0) return;
    breaches[name] =
        json::object{{"count", report.breaches.count(rule)}, {"first", report.breaches.example(rule)}};
  });
  json::object draw;
  if (report.draw) {
    draw = {{"drawn", report.draw->is_drawn},
            {"gathered", report.draw->gathered},
            {"ofThisCrowd", report.draw->of_crowd},
            {"drawnAfterMs", report.draw->drawn_after.count()},
            {"listRecomputed", report.draw->list_recomputed},
            {"positionsCompared", report.draw->positions},
            {"admissionsCompared", report.draw->admissions},
            {"askedTooLate", report.draw->absent},
            {"fair", report.draw->is_drawn && draw_is_fair(report)}};
  }
  return json::serialize(json::object{{"url", report.url},
                                      {"event", report.event},
                                      {"eventName", report.event_name},
                                      {"seed", report.seed},
                                      {"seconds", report.seconds},
                                      {"busy", report.busy},
                                      {"endedBecause", report.ended_because},
                                      {"fans", std::move(fans)},
                                      {"seats", json::object{{"leftBefore", report.seats_left_before},
                                                             {"left", report.seats_left},
                                                             {"held", tally.holds},
                                                             {"paid", tally.seats_paid},
                                                             {"wonPaid", tally.won_paid}}},
                                      {"draw", std::move(draw)},
                                      {"refusals", tally.refusals},
                                      {"overloaded", tally.overloaded},
                                      {"errors", tally.errors},
                                      {"calls", std::move(calls)},
                                      {"rulesKept", report.breaches.total() == 0},
                                      {"breaches", std::move(breaches)}});
}

}  // namespace stagedoor::crowd
