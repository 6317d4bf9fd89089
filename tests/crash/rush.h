// A rush of fans who do what fans do, over many connections from one thread, and remember every success they
// were answered. None of them is owed anything for a call that got no answer; what was answered 503 with
// another code than OUTCOME_UNKNOWN must not have been done.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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

  // Sends each call to the next of the servers, whatever becomes of them, as long as `goes_on`; fans who wait
  // ask again when they were told to. A call without an answer, or answered 503, is sent anew elsewhere.
  void run_through(const std::vector<std::string>& urls, const std::function<bool()>& goes_on);

  // What no fan should ever see, whichever server answers: a position that grew, a token that is not known, a
  // turn that went back, a fault of the server. One line each.
  const std::vector<std::string>& strange() const { return strange_; }

  // What was promised and is not so; one line each.
  std::vector<std::string> broken_promises(const Stored& stored) const;
  // How much of each kind was promised so far.
  std::map<std::string, std::size_t> promised() const;

 private:
  enum class Doing { join, wait, hold, charge, pay, cancel, leave };
  struct Fan {
    Visitor who;
    Doing doing = Doing::join;
    std::int64_t hold = 0;                      // the newest one, live as far as the fan knows
    std::string request;                        // bytes under way
    bool was_maybe = false;                     // what next_call() found where it left `true`
    std::optional<std::int64_t> position = {};  // told last, of this token
    bool was_inside = false;                    // so told, of this token
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
  void was_refused(Fan& fan);  // the call under way was certainly not done
  void watch(Fan& fan, const ApiReply& reply);

  std::vector<Fan> fans_;
  std::vector<std::int64_t> seats_;
  std::mt19937 random_;
  std::map<std::string, std::string> tokens_;  // every token ever answered → its user
  std::map<std::int64_t, Hold> holds_;
  std::map<std::int64_t, std::int64_t> charges_;  // posting → amount
  std::vector<std::string> strange_;
};

}  // namespace stagedoor::test
