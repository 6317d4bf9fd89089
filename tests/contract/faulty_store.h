// A store that fails when told to: each call of begin, load, apply and commit is counted, and the Nth one
// throws StoreUnavailable. Around any store; same threads as that one.
#pragma once

#include <cstdint>
#include <memory>

#include "ports/store.h"

namespace stagedoor::contract {

class FaultyStore final : public Store {
 public:
  // Before the call has had its effect, or after it. (After a commit: the answer was lost, the rows are
  // there. The port promises that this does not happen; crash tests want it all the same.)
  enum class Moment { before, after };

  explicit FaultyStore(Store& store) : store_(store) {}

  // The `nth` call from now on fails, once; 1 = the next. 0: none.
  void fail_at(std::int64_t nth, Moment moment = Moment::before) {
    calls_ = 0;
    fail_at_ = nth;
    moment_ = moment;
  }
  std::int64_t calls() const { return calls_; }  // since fail_at()
  bool has_failed() const { return fail_at_ != 0 && calls_ >= fail_at_; }

  bool is_exclusive() const override { return store_.is_exclusive(); }
  std::unique_ptr<Transaction> begin() override;
  Catalogue catalogue() override { return store_.catalogue(); }
  void each_taking_reservation(const std::function<void(const Reservation&)>& row) override {
    store_.each_taking_reservation(row);
  }
  void each_block(const std::function<void(SeatId)>& row) override { store_.each_block(row); }
  void each_place(const std::function<void(const LinePlace&)>& row) override { store_.each_place(row); }
  void each_visit(const std::function<void(const Visit&)>& row) override { store_.each_visit(row); }
  std::int64_t ids_reserved_to() override { return store_.ids_reserved_to(); }
  TimePoint latest_moment() override { return store_.latest_moment(); }
  std::size_t forget(const Retention& retention, std::size_t rows_max) override {
    return store_.forget(retention, rows_max);
  }

 private:
  class FaultyTransaction;
  template <class Call>
  auto count(Call&& call);

  Store& store_;
  std::int64_t calls_ = 0;
  std::int64_t fail_at_ = 0;
  Moment moment_ = Moment::before;
};

}  // namespace stagedoor::contract
