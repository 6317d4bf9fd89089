#include "crowd/call.h"

namespace stagedoor::crowd {

Caller::Caller(std::string_view url, std::chrono::milliseconds answer_within)
    : client_(resolve(url), {.connections = 1, .answer_within = answer_within},
              [this](Client::Tag, const Response& response) { reply_ = Reply(response); }) {}

Reply Caller::call(const Request& request) { return call_raw(render(client_.endpoint(), request)); }

Reply Caller::call_raw(std::string_view bytes) {
  client_.poll(std::chrono::nanoseconds(0));  // notices that the server has closed the connection meanwhile
  client_.send(bytes, 0);
  while (client_.unanswered() > 0) client_.poll(std::chrono::milliseconds(100));
  return std::move(reply_);
}

Reply call(std::string_view url, const Request& request) { return Caller(url).call(request); }

}  // namespace stagedoor::crowd
