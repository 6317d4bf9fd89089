// What it takes to find lapsed holds among many: bench_lapsed HOLDS (for ./x study rows). Fills the sweep
// with holds as a start does and collects 500 that are due, five times. Prints one JSON line.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "modules/reservation/hold_expiry.h"

namespace stagedoor {
namespace {

constexpr TimePoint kStart = from_ms(1'800'000'000'000);

// A store whose reservations are all held. Their ends are in no order.
class Holds final : public StartupState {
 public:
  explicit Holds(std::int64_t count) : count_(count) {}
  Catalogue catalogue() override { return {}; }
  void read(const StartupRows& rows) override {
    Reservation row;
    row.status = ReservationStatus::RESERVED;
    for (std::int64_t i = 1; i <= count_; ++i) {
      row.id = ReservationId{i};
      row.expires_at = kStart + Millis(i * 7919 % count_);
      rows.reservation(row);
    }
  }
  std::int64_t ids_reserved_to() override { return count_; }
  TimePoint latest_moment() override { return kStart; }
  std::string ticket_secret() override { return {}; }

 private:
  std::int64_t count_;
};

double collect_ms(reservation::HoldExpiry& expiry, TimePoint now) {
  std::vector<std::unique_ptr<Command>> due;
  const auto begin = std::chrono::steady_clock::now();
  expiry.collect(now, due);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace
}  // namespace stagedoor

int main(int count, char** words) {
  const std::int64_t holds = count == 2 ? std::atoll(words[1]) : 0;
  if (holds < 10'000) {
    std::cerr << "bench_lapsed HOLDS (at least 10000)\n";
    return 2;
  }
  stagedoor::Holds store(holds);
  stagedoor::reservation::HoldExpiry expiry;
  expiry.restore(store);
  std::cout << "{\"holds\":" << holds << ",\"collectMs\":[";
  for (int round = 0; round < 5; ++round)
    std::cout << (round ? "," : "")
              << stagedoor::collect_ms(expiry, stagedoor::kStart + stagedoor::Millis(holds));
  std::cout << "]}\n";
}
