// Messages of other threads to a loop: connections whose answer has arrived, new clients, the
// request to stop. Answered connections form a lock-free list, and only the first of a list wakes the loop: a
// thousand answers cost one wake-up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "http/asio_types.h"

namespace stagedoor::http {

// A client that was accepted, and by which address.
struct NewClient {
  int fd = -1;
  bool is_v6 = false;
  bool is_admin = false;
};

class Mailbox {
 public:
  // The base of posted items, that is of Connection. Must not be posted again before it is taken.
  class Item {
    friend class Mailbox;
    Item* next_ = nullptr;
  };

  struct Orders {
    std::vector<NewClient> clients;                  // to be adopted by the loop
    std::optional<SteadyClock::time_point> stop_by;  // set if the loop was asked to stop
  };

  // Throws std::runtime_error when the process is out of file descriptors.
  explicit Mailbox(asio::io_context& context);
  // Closes the clients that were not taken.
  ~Mailbox();

  // From any thread.
  void post(Item& item) noexcept;
  bool post_client(NewClient client);  // false: the loop has ended
  void post_stop(SteadyClock::time_point deadline);

  // The following are for the loop's thread, or for any thread after it has ended.

  // `on_mail` is called whenever something has arrived.
  void listen(std::function<void()> on_mail);
  Orders take_orders();
  // Calls f(item) for all items, oldest first for fairness. `f` may destroy its item.
  template <class F>
  void take_items(F f) {
    for (Item* item = reversed(items_.exchange(nullptr, std::memory_order_acquire)); item;) {
      Item* const next = item->next_;
      f(*item);
      item = next;
    }
  }
  // Refuses clients from now on. Returns false without effect if clients are waiting.
  bool close();

 private:
  static Item* reversed(Item* newest);
  void wait();
  void wake() noexcept;

  Descriptor wake_;
  std::array<std::uint64_t, 1> wake_count_{};
  std::function<void()> on_mail_;
  std::atomic<Item*> items_{nullptr};  // newest first

  Mutex mutex_;
  Orders orders_ ABSL_GUARDED_BY(mutex_);
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagedoor::http
