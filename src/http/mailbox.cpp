#include "http/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <stdexcept>

namespace stagedoor::http {

Mailbox::Mailbox(asio::io_context& context) : wake_(context) {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::runtime_error("the process is out of file descriptors");
  wake_.assign(fd);
}

Mailbox::~Mailbox() {
  for (const NewClient& client : orders_.clients) ::close(client.fd);
}

void Mailbox::post(Item& item) noexcept {
  Item* newest = items_.load(std::memory_order_relaxed);
  do {
    item.next_ = newest;
  } while (
      !items_.compare_exchange_weak(newest, &item, std::memory_order_release, std::memory_order_relaxed));
  if (!newest) wake();  // otherwise the thread that posted the first item has woken the loop
}

bool Mailbox::post_client(NewClient client) {
  {
    const MutexLock lock(mutex_);
    if (is_closed_) return false;
    orders_.clients.push_back(client);
  }
  wake();
  return true;
}

void Mailbox::post_stop(SteadyClock::time_point deadline) {
  {
    const MutexLock lock(mutex_);
    orders_.stop_by = deadline;
  }
  wake();
}

void Mailbox::listen(std::function<void()> on_mail) {
  on_mail_ = std::move(on_mail);
  wait();
}

void Mailbox::wait() {
  wake_.async_read_some(asio::buffer(wake_count_), [this](error_code error, std::size_t) {
    if (error) return;
    on_mail_();
    wait();
  });
}

void Mailbox::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only if the counter is full, and then the loop is awake.
  [[maybe_unused]] const ssize_t written = ::write(wake_.native_handle(), &one, sizeof one);
}

Mailbox::Orders Mailbox::take_orders() {
  const MutexLock lock(mutex_);
  return std::exchange(orders_, {});
}

Mailbox::Item* Mailbox::reversed(Item* newest) {
  Item* oldest = nullptr;
  while (newest) {
    Item* const older = newest->next_;
    newest->next_ = oldest;
    oldest = std::exchange(newest, older);
  }
  return oldest;
}

bool Mailbox::close() {
  const MutexLock lock(mutex_);
  if (!orders_.clients.empty()) return false;
  is_closed_ = true;
  return true;
}

}  // namespace stagedoor::http
