#include "core/rate.h"

#include <algorithm>

#include "core/parse_number.h"

namespace stagedoor {
namespace {

constexpr std::int64_t kMost = 1'000'000;

struct Unit {
  std::string_view name;
  std::chrono::nanoseconds length;
};
constexpr Unit kUnits[] = {
    {"s", std::chrono::seconds(1)}, {"min", std::chrono::minutes(1)}, {"h", std::chrono::hours(1)}};

std::optional<std::int64_t> count_of(std::string_view text) {
  const auto count = parse_number<std::int64_t>(text);
  return count && *count >= 1 && *count <= kMost ? count : std::nullopt;
}

}  // namespace

std::optional<Rate> parse_rate(std::string_view text) {
  if (text == "0") return Rate{};
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::size_t plus = text.find('+', slash);
  const auto count = count_of(text.substr(0, slash));
  const auto burst = plus == text.npos ? count : count_of(text.substr(plus + 1));
  const std::string_view name = text.substr(slash + 1, plus == text.npos ? text.npos : plus - slash - 1);
  const auto* unit = std::ranges::find(kUnits, name, &Unit::name);
  if (!count || !burst || unit == std::end(kUnits)) return std::nullopt;
  return Rate{*burst, unit->length / *count};
}

std::chrono::nanoseconds take_token(std::atomic<std::int64_t>& full_at, const Rate& rate,
                                    std::int64_t now_ns) {
  if (rate.is_off()) return {};
  const std::int64_t interval = rate.interval.count();
  std::int64_t seen = full_at.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t from = std::max(seen, now_ns);
    const std::int64_t missing = from - now_ns - (rate.burst - 1) * interval;
    if (missing > 0) return std::chrono::nanoseconds(missing);
    if (full_at.compare_exchange_weak(seen, from + interval, std::memory_order_relaxed)) return {};
  }
}

}  // namespace stagedoor
