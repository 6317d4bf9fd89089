// The coroutine machinery of a connection: a coroutine that owns itself, and the wait for one operation. Used
// only by connection.cpp.
#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <utility>

#include "core/ensure.h"

namespace stagedoor::http {

// A coroutine that starts immediately and frees itself at its end.
struct Task {
  struct promise_type {
    Task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { die_of_bug("an exception left a connection"); }
  };
};

// Waits for one asynchronous operation. `start` is called with the completion handler. Asio never calls the
// handler before `start` has returned, so the coroutine is always suspended when it is resumed.
//
// g++ 12 destroys some temporaries of a co_await expression twice. So store the operation in a variable,
// await that, then read `error` and `bytes`.
template <class Start>
class Await {
 public:
  explicit Await(Start start) : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    start_([this, waiting](boost::system::error_code outcome, std::size_t transferred = 0) {
      error = outcome;
      bytes = transferred;
      waiting.resume();
    });
  }
  void await_resume() const noexcept {}

  boost::system::error_code error;
  std::size_t bytes = 0;

 private:
  Start start_;
};

}  // namespace stagedoor::http
