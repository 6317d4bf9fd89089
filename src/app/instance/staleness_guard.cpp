#include "app/instance/staleness_guard.h"

#include <algorithm>

#include "api/call.h"
#include "core/refusals.h"
#include "http/kept_request.h"
#include "http/render_refusal.h"

namespace stagedoor {
namespace {

// Ends when the instance is stale, so that the client reconnects to another one.
class FreshStream final : public EventStream {
 public:
  FreshStream(std::shared_ptr<EventStream> inner, const Lane& lane) : inner_(std::move(inner)), lane_(lane) {}
  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    return lane_.is_fresh(kStaleMax) && inner_->next(text, shared);
  }

 private:
  std::shared_ptr<EventStream> inner_;
  const Lane& lane_;
};

bool may_be_stale(const Answer& answer) {
  return answer.refusal == Code::WRONG_TOKEN_TURN || answer.refusal == Code::TOKEN_EXPIRED;
}

// Reads again after a sync, which is one for all that wait.
void read_after_sync(Lane& lane, const http::Request& request, const http::Read& read, http::Reply reply) {
  api::answer_after_sync(
      lane, std::move(reply),
      [kept = std::make_shared<const http::KeptRequest>(request, http::KeptRequest::Body::left_out),
       read](http::Reply answer) { answer(read(kept->get())); },
      std::string(request.request_id));
}

}  // namespace

http::Handler with_staleness_guard(const http::Route& route, Lane& lane) {
  http::Handler handler = route.handler;
  if (route.shows_staleness) return handler;
  if (route.read) {
    http::Read read = [read = route.read, &lane](const http::Request& request) {
      Answer answer = read(request);
      if (answer.stream) answer.stream = std::make_shared<FreshStream>(std::move(answer.stream), lane);
      return answer;
    };
    const bool reads_again =
        std::ranges::find(route.refusals, Code::WRONG_TOKEN_TURN) != route.refusals.end();
    handler = [read = std::move(read), reads_again, &lane](const http::Request& request, http::Reply reply) {
      Answer answer = read(request);
      if (reads_again && may_be_stale(answer)) return read_after_sync(lane, request, read, std::move(reply));
      reply(std::move(answer));
    };
  }
  return [handler = std::move(handler), &lane](const http::Request& request, http::Reply reply) {
    if (lane.is_fresh(kStaleMax)) return handler(request, std::move(reply));
    reply(http::render_refusal(
        refuse(Code::STORE_UNAVAILABLE,
               "This instance cannot reach the store. Nothing was done; try again shortly.")));
  };
}

}  // namespace stagedoor
