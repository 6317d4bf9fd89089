#include "work.h"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

namespace locks {

std::optional<Cell> decide(const Cell& cell, const Task& task) {
  const std::int64_t value = cell.value + task.amount;
  if (value < 0 || value > task.max) return std::nullopt;
  return Cell{value, cell.seq + 1, cell.fence};
}

Task Work::task(int number) const {
  switch (kind) {
    case Kind::wallet:
      return {.number = number, .amount = number % 2 == 0 ? 100 : -60};
    case Kind::seat:
      return {.number = number, .cell = kSeat, .amount = 1, .max = 1};
    case Kind::payment:
      return {.number = number, .cell = kPayment, .amount = 1, .max = 1, .price = kPrice};
    case Kind::paused:
      return {.number = number, .amount = -1, .pauses = number % 20 == 10};
  }
  return {};
}

std::int64_t Work::money() const {
  switch (kind) {
    case Kind::wallet:
      return 60LL * size;  // no use is refused
    case Kind::seat:
      return 0;
    case Kind::payment:
      return kPrice * size;
    case Kind::paused:
      return size / 2;
  }
  return 0;
}

void Tally::answer(int number, Answer answer) {
  answers_[static_cast<std::size_t>(number)] = {answer, Steady::now() - begin_};
  ++answered_;
}

void Tally::wait_for_all() {
  while (answered_.load() < static_cast<int>(answers_.size()))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
}

int Tally::count(Answer answer) const {
  return static_cast<int>(std::ranges::count(answers_, answer, &One::answer));
}

std::vector<Tally::Answer> Tally::answers() const {
  std::vector<Answer> all;
  for (const One& one : answers_) all.push_back(one.answer);
  return all;
}

double Tally::seconds() const {
  return std::chrono::duration<double>(std::ranges::max_element(answers_, {}, &One::after)->after).count();
}

double Tally::quantile_ms(double share) const {
  std::vector<Steady::duration> times;
  for (const One& one : answers_) times.push_back(one.after);
  std::ranges::sort(times);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(times.size())));
  return std::chrono::duration<double, std::milli>(times[std::max<std::size_t>(rank, 1) - 1]).count();
}

void run_clients(const Work& work, Tally& tally, const std::function<Client()>& make_client) {
  const int clients = std::min(work.clients, work.size);
  std::atomic<int> next{0};
  std::mutex lock;
  std::exception_ptr failure;
  std::barrier ready(clients, [&]() noexcept { tally.start(); });
  std::vector<std::jthread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      Client client;
      try {
        client = make_client();
      } catch (...) {
        const std::lock_guard held(lock);
        failure = std::current_exception();
      }
      ready.arrive_and_wait();
      for (int number = next++; client && number < work.size; number = next++) {
        try {
          tally.answer(number, client(work.task(number)));
        } catch (const std::exception&) {
          tally.answer(number, Tally::Answer::failed);
        }
      }
    });
  }
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

void pause_if_told(const Work& work, const Task& task) {
  if (task.pauses) std::this_thread::sleep_for(3 * work.lock_ttl);
}

}  // namespace locks
