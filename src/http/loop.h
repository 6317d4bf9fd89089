// One thread with its connections: accepts clients, resumes connections whose answer comes from another
// thread, closes connections past their deadline, and stops. Only its thread uses its io_context and
// connections, so they need no locks; other threads use its mailbox.
#pragma once

#include <boost/intrusive/list.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "http/connection.h"
#include "http/lateness_probe.h"
#include "http/shared_state.h"

namespace stagedoor::http {

// An address that clients connect to.
struct Listener {
  Acceptor acceptor;
  bool is_v6 = false;
  bool is_admin = false;
  bool is_waiting = false;
};

class Loop {
 public:
  // Throws std::runtime_error when the process is out of file descriptors.
  Loop(ServerState& server, Metrics::Block& block);
  ~Loop();

  // Before start(): this loop accepts clients, for all `loops`.
  void listen(std::vector<Listener> listeners, std::vector<Loop*> loops);
  asio::io_context& context() { return context_; }
  void start();
  void join();

  // From any thread. Closes connections that are still handling a request at `deadline`.
  void stop(SteadyClock::time_point deadline) { state_.mailbox.post_stop(deadline); }

  // After join(): frees connections whose answer has arrived since. Returns true if no connection still waits
  // for one.
  bool free_answered();

 private:
  void run();
  void add_client(NewClient client);
  void read_mail();
  void wait_for_clients(Listener& listener);
  // Accepts all clients in the kernel's queue. Returns false if descriptors or memory ran out before.
  bool accept_clients(Listener& listener);
  // Out of descriptors or memory: refuses some of the waiting clients with the spare descriptor.
  void refuse_clients(Listener& listener);
  void reject(int fd, const Refusal& refusal);
  std::int64_t load() const { return state_.metrics.connections.load(std::memory_order_relaxed); }
  void wait_for_sweep();
  void sweep();
  void begin_to_stop(SteadyClock::time_point deadline);
  bool end_if_done();

  asio::io_context context_;
  LoopState state_;
  Timer sweeper_;
  std::vector<Listener> listeners_;  // of the loop that accepts clients
  int spare_ = -1;                   // a descriptor to accept and close a client when there is no other one
  SteadyClock::time_point next_warning_;
  LatenessProbe lateness_probe_;
  std::vector<Loop*> loops_;
  std::thread thread_;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<ConnectionHook>,
                         boost::intrusive::constant_time_size<false>>
      connections_;
  SteadyClock::time_point stop_deadline_;
  std::int64_t date_second_ = 0;
};

}  // namespace stagedoor::http
