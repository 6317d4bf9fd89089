// Bytes to be sent to a client: rendered but unsent answers.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>
#include <string>

namespace stagedoor::http {

// Heads and small bodies, then optionally one large body that is not copied.
struct Output {
  std::string text;
  std::shared_ptr<const std::string> tail;
  std::size_t sent = 0;

  std::size_t size() const { return text.size() + (tail ? tail->size() : 0); }
  bool empty() const { return size() == 0; }
  std::array<boost::asio::const_buffer, 2> unsent() const;
  void clear();
};

enum class Sent { all, some, failed };

// Sends as much as the socket takes without waiting. Adds the number of bytes to `output.sent`.
Sent send(int fd, Output& output);

}  // namespace stagedoor::http
