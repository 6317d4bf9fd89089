#include "http/lateness_probe.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "core/time.h"

namespace stagedoor::http {
namespace {

constexpr Millis kInterval{20};

}  // namespace

LatenessProbe::LatenessProbe(asio::io_context& context, Lateness& lateness)
    : lateness_(lateness), timer_(context), probe_(context) {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::runtime_error("the process is out of file descriptors");
  probe_.assign(fd);
}

void LatenessProbe::start() {
  // The read is begun first: begun on a ready descriptor it would not wait.
  probe_.async_read_some(asio::buffer(count_), [this](error_code error, std::size_t) {
    if (error) return;
    // A connection that let others run waits behind what is queued now; so does this.
    asio::post(timer_.get_executor(), [this] {
      lateness_.measure(SteadyClock::now() - ready_at_);
      start();
    });
  });
  timer_.expires_after(kInterval);
  timer_.async_wait([this](error_code error) {
    if (error) return;
    ready_at_ = SteadyClock::now();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(probe_.native_handle(), &one, sizeof one);
  });
}

}  // namespace stagedoor::http
