// The single consumer of a log or queue: decides messages in their order and writes them to the cells. The
// number of the last message is written in the same transaction, so a message that comes again is skipped.
#pragma once

#include "cells.h"

namespace locks {

class Consumer {
 public:
  Consumer(const std::string& postgres, const Work& work, Tally& tally)
      : cells_(postgres), work_(work), tally_(tally) {}

  // Messages that follow each other, in one transaction; then their answers.
  void take(const std::vector<int>& numbers) {
    std::vector<Task> granted;
    std::vector<Cell> after;
    std::vector<bool> answers;
    Cell cell = cells_.read(work_.task(0).cell);
    for (const int number : numbers) {
      if (number <= done_) continue;
      const Task task = work_.task(number);
      const auto next = decide(cell, task);
      answers.push_back(next.has_value());
      if (!next) continue;
      cell = *next;
      granted.push_back(task);
      after.push_back(cell);
    }
    if (answers.empty()) return;
    cells_.write_all(granted, after, numbers.back());
    for (std::size_t i = 0; i < answers.size(); ++i)
      tally_.answer(static_cast<int>(done_ + 1 + static_cast<std::int64_t>(i)), answers[i]);
    done_ = numbers.back();
  }
  bool is_finished() const { return done_ + 1 >= work_.size; }

 private:
  Cells cells_;
  const Work& work_;
  Tally& tally_;
  std::int64_t done_ = -1;
};

}  // namespace locks
