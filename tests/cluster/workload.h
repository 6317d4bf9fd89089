// A rush of clients at a few seats and wallets that records what each asked and was told. Every call goes to
// the next server; none is ever sent again. What happens to the servers meanwhile is the caller's business.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/history.h"
#include "crowd/client.h"
#include "support/calls.h"

namespace stagedoor::test {

struct WorkloadOptions {
  std::vector<std::string> urls = {};
  unsigned seed = 1;
  std::size_t clients = 60;  // each with one call at a time
  std::size_t users = 30;    // clients share them, and so their wallets and reservations
  std::size_t seats = 30;
  std::uint64_t first_user = 1;                   // test users from here on must be new to the servers
  std::chrono::milliseconds answer_within{5000};  // then the outcome is unknown
};

// Single-threaded. Of event 1 and its date 1.
class Workload {
 public:
  // For the servers: visits and holds outlast the recording, and nobody is refused but for what others did.
  static std::string catalogue(std::size_t seats);

  // Lets the users in and gives each a seat besides that nobody else asks for: while it is not paid their
  // visits go on. Throws when a server does not answer, or the date has fewer free seats than seats and users
  // together.
  explicit Workload(WorkloadOptions options);
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  // Until `goes_on` says no and every call has its answer. May be called again.
  void run(const std::function<bool()>& goes_on);
  // Reads every wallet, and every reservation that somebody may still ask about: when all is quiet again, so
  // that what was lost last is missed too.
  void look_at_everything();

  const History& history() const { return recorder_.history(); }
  // How often each was answered: "hold: 409 SEAT_OCCUPIED", "pay: no answer: Connection reset by peer".
  const std::map<std::string, std::size_t>& answers() const { return answers_; }

 private:
  struct Reservation {
    std::int64_t id = 0, seat = 0, price = 0;
    bool is_over = false;  // so told
  };
  struct User {
    Visitor who;
    std::deque<Reservation> known;  // the newest first
  };
  // One call of a client and what is recorded of it.
  struct Asked {
    Kind kind = Kind::balance;  // of a payment or refund: of the seat
    std::size_t user = 0;
    Reservation of = {};
    std::int64_t amount = 0;
    Recorder::Id recorded = 0, of_wallet = 0;
    std::string bytes = {};
  };

  Asked choose(std::size_t user);
  Call call_of(const Asked& asked) const;
  void send(std::size_t client, Asked asked);
  void heard(std::size_t client, const crowd::Response& response);
  void learn(User& user, const Asked& asked, const Told& told, const ApiReply& reply);
  // Until every call has its answer.
  void wait(const std::function<bool()>& goes_on);

  WorkloadOptions options_;
  std::mt19937 random_;
  std::vector<std::int64_t> seats_;
  std::vector<User> users_;
  std::vector<Asked> asked_;  // by client
  std::vector<std::unique_ptr<crowd::Client>> servers_;
  std::size_t next_server_ = 0;
  // A client has its answer. `is_decided`: the call was done, or was refused for what others did.
  std::function<void(std::size_t client, bool is_decided)> on_free_;
  Recorder recorder_;
  std::map<std::string, std::size_t> answers_;
};

}  // namespace stagedoor::test
