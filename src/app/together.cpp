#include "app/together.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "http/problem.h"

namespace stagedoor {
namespace {

// A request that lasts as long as it is needed.
class KeptRequest {
 public:
  explicit KeptRequest(const http::Request& from) : request_(from) {
    request_.body = {};  // of reads only
    for (std::string_view* view :
         {&request_.path, &request_.raw_query, &request_.request_id, &request_.traceparent, &request_.peer})
      *view = keep(*view);
    for (auto& parameter : request_.parameters) parameter = keep(parameter);
    for (const auto& [name, value] : from.headers) headers_.push_back({keep(name), keep(value)});
    request_.headers = headers_;
  }
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;
  const http::Request& get() const { return request_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  http::Request request_;
  std::deque<std::string> texts_;
  std::vector<http::Header> headers_;
};

bool may_be_outdated(const Answer& answer) {
  return answer.status == 403 ||
         (answer.status == 401 && answer.body.find("\"TOKEN_EXPIRED\"") != std::string::npos);
}

// Does nothing, but is answered when the lane has heard of what was committed before.
class CatchUp final : public Command {
 public:
  CatchUp(std::shared_ptr<const KeptRequest> request, const http::Handler& handler, http::Reply reply)
      : Command(LaneClass::wallet, {}),
        request_(std::move(request)),
        handler_(handler),
        reply_(std::move(reply)) {}

  void keys(const View&, Keys&) const override {}
  Decided decide(const View&, Moment&) override { return {{}, {}, false}; }
  void reply(Answer answer) override {
    if (answer.status >= 500) return reply_(std::move(answer));  // the lane has not caught up
    handler_(request_->get(), std::move(reply_));
  }

 private:
  std::shared_ptr<const KeptRequest> request_;
  const http::Handler& handler_;
  http::Reply reply_;
};

// Takes the first answer, and passes it on or looks again.
class FirstLook final : public http::Reply::Sink {
 public:
  FirstLook(const http::Request& request, const http::Handler& handler, Lane& lane, http::Reply reply)
      : request_(std::make_shared<KeptRequest>(request)),
        handler_(handler),
        lane_(lane),
        reply_(std::move(reply)) {}

  void take(Answer&& answer) noexcept override {
    if (may_be_outdated(answer))
      lane_.submit(std::make_unique<CatchUp>(request_, handler_, std::move(reply_)));
    else reply_(std::move(answer));
    delete this;
  }

 private:
  std::shared_ptr<const KeptRequest> request_;
  const http::Handler& handler_;
  Lane& lane_;
  http::Reply reply_;
};

}  // namespace

http::Handler together(const http::Route& route, Lane& lane) {
  const auto handler = std::make_shared<const http::Handler>(route.handler);
  const bool looks_again = route.method == http::Method::GET &&
                           std::ranges::find(route.refusals, Code::WRONG_TOKEN_TURN) != route.refusals.end();
  return [handler, &lane, looks_again](const http::Request& request, http::Reply reply) {
    if (!lane.is_fresh(kStaleMax)) {
      return reply(
          http::problem({Code::STORE_UNAVAILABLE,
                         "This instance does not reach the store. Nothing was done; ask again shortly.",
                         {},
                         {},
                         {}}));
    }
    if (!looks_again) return (*handler)(request, std::move(reply));
    auto* look = new FirstLook(request, *handler, lane, std::move(reply));  // deletes itself when answered
    (*handler)(request, http::Reply(*look));
  };
}

}  // namespace stagedoor
