#include "crowd/rules.h"

#include <numeric>

namespace stagedoor::crowd {

bool SeatLedger::hold(std::int64_t seat, FanNumber fan, TimePoint from, TimePoint until) {
  const auto [found, is_new] = owners_.try_emplace(seat, Owner{fan, until});
  if (is_new) return true;
  const bool free = found->second.fan == fan || from >= found->second.until;
  found->second = {fan, until};
  return free;
}

void SeatLedger::release(std::int64_t seat, FanNumber fan) {
  const auto found = owners_.find(seat);
  if (found != owners_.end() && found->second.fan == fan) owners_.erase(found);
}

bool SeatLedger::sell(std::int64_t seat, FanNumber fan) {
  const auto [found, is_new] = owners_.try_emplace(seat, Owner{fan, kNever});
  if (is_new) return true;
  const bool free = found->second.fan == fan || found->second.until != kNever;
  found->second = {fan, kNever};
  return free;
}

void Breaches::add(Rule rule, std::string_view example) {
  const auto index = static_cast<std::size_t>(rule);
  if (counts_[index]++ == 0) examples_[index] = example;
}

std::uint64_t Breaches::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace stagedoor::crowd
