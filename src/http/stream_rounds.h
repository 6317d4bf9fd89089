// Polls the event streams of one loop in rounds: one round per interval, in slices, so that other connections
// are served between them. For the loop's thread only.
#pragma once

#include <boost/intrusive/list.hpp>

#include "http/asio_types.h"
#include "http/server_config.h"

namespace stagedoor::http {

class StreamRounds {
 public:
  // A connection that carries a stream.
  class Listener : public boost::intrusive::list_base_hook<boost::intrusive::tag<Listener>> {
   public:
    // Sends new events. May remove this listener, but no other.
    virtual void send_news(SteadyClock::time_point now) = 0;

   protected:
    ~Listener() = default;
  };

  StreamRounds(asio::io_context& context, Millis interval)
      : context_(context), interval_(interval), timer_(context) {}

  void add(Listener& listener);
  void remove(Listener& listener);
  // Polls all streams at once.
  void ask_all();

 private:
  void schedule_round();
  void ask_slice();

  asio::io_context& context_;
  Millis interval_;
  Timer timer_;
  boost::intrusive::list<Listener, boost::intrusive::base_hook<
                                       boost::intrusive::list_base_hook<boost::intrusive::tag<Listener>>>>
      listeners_;
  bool is_running_ = false;  // a round is scheduled or running
  std::size_t left_ = 0;     // listeners still to be polled in this round
  SteadyClock::time_point began_;
};

}  // namespace stagedoor::http
