// A rush of fans who do what fans do, over many connections from one thread, and remember every success they
// were answered. None of them is owed anything for a call that got no answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "crash/stored.h"
#include "support/calls.h"

namespace stagedoor::test {

class Rush {
 public:
  // `seats`: ids of the seats that the fans fight for.
  Rush(std::size_t fans, std::vector<std::int64_t> seats, unsigned seed);

  // Sends calls until the server is gone; `kill` is called once, after `answers` answers (polls not counted),
  // and must end it.
  void run(std::string_view url, std::size_t answers, const std::function<void()>& kill);

  // What was promised and is not so; one line each.
  std::vector<std::string> broken_promises(const Stored& stored) const;
  // How much of each kind was promised so far.
  std::map<std::string, std::size_t> promised() const;

 private:
  enum class Doing { join, wait, hold, charge, pay, cancel, leave };
  struct Fan {
    Visitor who;
    Doing doing = Doing::join;
    std::int64_t hold = 0;  // the newest one, live as far as the fan knows
    std::string request;    // bytes under way
  };
  struct Hold {
    std::int64_t seat = 0;
    std::string user;
    // What the owner has asked for since: a call without an answer may have been done or not.
    bool maybe_paid = false, maybe_cancelled = false;
    std::int64_t payment = 0;  // answered
    bool cancelled = false;    // answered
  };

  Call next_call(Fan& fan);
  void heard(Fan& fan, const ApiReply& reply);

  std::vector<Fan> fans_;
  std::vector<std::int64_t> seats_;
  std::mt19937 random_;
  std::map<std::string, std::string> tokens_;  // every token ever answered → its user
  std::map<std::int64_t, Hold> holds_;
  std::map<std::int64_t, std::int64_t> charges_;  // posting → amount
};

}  // namespace stagedoor::test
