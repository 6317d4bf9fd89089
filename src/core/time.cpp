#include "core/time.h"

#include <fmt/format.h>

#include <charconv>

namespace stagedoor {
namespace {

// Writes `value` with leading zeros before `end`; returns where it begins. Without a call for each digit:
// an answer to a poll has several times in it.
template <int digits>
char* digits_before(char* end, unsigned value) {
  for (int i = 0; i < digits; ++i) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return end;
}

constexpr std::size_t kDaySize = 10;  // 2026-12-01

void write_day(char* text, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  char* end = digits_before<2>(text + kDaySize, static_cast<unsigned>(date.day()));
  *--end = '-';
  end = digits_before<2>(end, static_cast<unsigned>(date.month()));
  *--end = '-';
  digits_before<4>(end, static_cast<unsigned>(static_cast<int>(date.year())));
}

// Takes exactly `digits` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void append_rfc3339(std::string& out, TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto ms = static_cast<unsigned>((at - day).count());
  char text[kDaySize + 14];
  char* end = text + sizeof text;
  *--end = 'Z';
  end = digits_before<3>(end, ms % 1000);
  *--end = '.';
  end = digits_before<2>(end, ms / 1000 % 60);
  *--end = ':';
  end = digits_before<2>(end, ms / 60'000 % 60);
  *--end = ':';
  end = digits_before<2>(end, ms / 3'600'000);
  *--end = 'T';
  write_day(text, day);
  out.append(text, sizeof text);
}

std::string to_rfc3339(TimePoint at) {
  std::string out;
  append_rfc3339(out, at);
  return out;
}

std::string utc_day(TimePoint at) {
  char text[kDaySize];
  write_day(text, std::chrono::floor<std::chrono::days>(at));
  return {text, sizeof text};
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  int ms = 0;
  if (take(text, ".")) {
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (digits < 3) ms = ms * 10 + (text.front() - '0');
      ++digits;
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) ms *= 10;
  }
  int offset_minutes = 0;
  if (!take(text, "Zz")) {
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) return std::nullopt;
    const auto offset_hour = take_number(text, 2);
    if (!offset_hour || !take(text, ":")) return std::nullopt;
    const auto offset_minute = take_number(text, 2);
    if (!offset_minute || *offset_hour > 23 || *offset_minute > 59) return std::nullopt;
    offset_minutes = (*offset_hour * 60 + *offset_minute) * (west ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t minutes = *hour * 60 + *minute - offset_minutes;
  return TimePoint(std::chrono::sys_days(date)) + Millis(minutes * 60'000 + *second * 1000 + ms);
}

std::optional<Millis> parse_duration(std::string_view text) {
  constexpr std::int64_t kMax = 10'000LL * 86'400'000;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0 || count > kMax) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t unit_size = text.starts_with("ms") ? 2 : 1;
    const std::string_view unit = text.substr(0, unit_size);
    const std::int64_t scale = unit == "ms"  ? 1
                               : unit == "s" ? 1000
                               : unit == "m" ? 60'000
                               : unit == "h" ? 3'600'000
                               : unit == "d" ? 86'400'000
                                             : 0;
    if (scale == 0 || count > kMax / scale) return std::nullopt;
    total += count * scale;
    if (total > kMax) return std::nullopt;
    text.remove_prefix(unit_size);
  }
  return Millis(total);
}

std::string format_duration(Millis duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string out;
  for (const auto& [scale, unit] : {std::pair<std::int64_t, const char*>{86'400'000, "d"},
                                    {3'600'000, "h"},
                                    {60'000, "m"},
                                    {1000, "s"},
                                    {1, "ms"}}) {
    if (left < scale) continue;
    out += fmt::format("{}{}", left / scale, unit);
    left %= scale;
  }
  return out;
}

}  // namespace stagedoor
