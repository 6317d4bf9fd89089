// A sale in memory that implements the part of the API that the crowd uses, for the tests of the crowd. It
// can break one rule on purpose. Single-threaded use through ScriptedServer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crowd/rules.h"
#include "support/scripted_server.h"

namespace stagedoor::crowd {

class FakeSale {
 public:
  struct Options {
    int seats = 20;
    int polls_before_turn = 1;
    // The rule to break, once in a while.
    bool break_a_rule = false;
    Rule broken = Rule::position_grew;
    int overloaded_every = 0;  // every so many requests are answered 503 OVERLOADED; 0: none
  };

  explicit FakeSale(Options options) : options_(options), seats_(static_cast<std::size_t>(options.seats)) {}
  std::string answer_to(const ScriptedServer::Request& request);

  int overloads() const { return overloads_; }
  int paid() const { return paid_; }
  std::int64_t won() const { return won_; }
  int polls_too_soon() const { return polls_too_soon_; }

 private:
  struct Place {
    int polls = 0;
    bool left = false;
    std::int64_t next_poll_ms = 0;
  };
  struct Seat {
    std::string holder;  // "": free
    bool paid = false;
  };

  std::string queue(const ScriptedServer::Request& request, const std::string& user);
  std::string free_bits() const;
  std::string hold(const std::string& user, const std::string& body);
  std::string hold_best(const std::string& user, const std::string& body);
  std::string hold_seat(const std::string& user, std::size_t seat);
  std::string pay(const std::string& user, std::size_t seat);
  std::string reservation(std::size_t seat, const char* status) const;
  bool breaks(Rule rule) const { return options_.break_a_rule && options_.broken == rule; }
  int seats_left() const;

  Options options_;
  std::map<std::string, Place> places_;
  std::vector<Seat> seats_;
  std::map<std::string, std::int64_t> balances_;
  std::map<std::string, std::string> remembered_;  // by Idempotency-Key
  std::int64_t version_ = 0;                       // of the seat map
  int asked_ = 0;
  int overloads_ = 0;
  int paid_ = 0;
  int polls_too_soon_ = 0;
  std::int64_t won_ = 0;
};

}  // namespace stagedoor::crowd
