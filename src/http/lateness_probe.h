// Measures how late a loop is: makes a descriptor of its own ready now and then, and sees when the loop comes
// to it. It waits in the kernel's list of ready descriptors behind all requests that have arrived, and then
// in the loop's queue behind the connections whose turn comes again, as a request may. (A timer does not: a
// loop looks at its timers every 128 events.) For the loop's thread.
#pragma once

#include <array>
#include <cstdint>

#include "http/asio_types.h"
#include "http/lateness.h"

namespace stagedoor::http {

class LatenessProbe {
 public:
  // Throws std::runtime_error when the process is out of file descriptors.
  LatenessProbe(asio::io_context& context, Lateness& lateness);

  void start();

 private:
  Lateness& lateness_;
  Timer timer_;
  Descriptor probe_;
  std::array<std::uint64_t, 1> count_{};
  SteadyClock::time_point ready_at_{};
};

}  // namespace stagedoor::http
