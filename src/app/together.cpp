#include "app/together.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "core/log.h"
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

// Ends when the instance is behind: who listens connects again, to another one.
class FreshStream final : public EventStream {
 public:
  FreshStream(std::shared_ptr<EventStream> inside, const Lane& lane)
      : inside_(std::move(inside)), lane_(lane) {}
  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    return lane_.is_fresh(kStaleMax) && inside_->next(text, shared);
  }

 private:
  std::shared_ptr<EventStream> inside_;
  const Lane& lane_;
};

// A read and who waits for its answer.
struct Read {
  std::shared_ptr<const KeptRequest> request;
  const http::Handler& handler;
  Lane& lane;
  http::Reply reply;

  void pass_on(Answer&& answer) {
    if (answer.stream) answer.stream = std::make_shared<FreshStream>(std::move(answer.stream), lane);
    reply(std::move(answer));
  }
};

// Passes on whatever is answered now.
class SecondLook final : public http::Reply::Sink {
 public:
  explicit SecondLook(Read read) : read_(std::move(read)) {}
  void take(Answer&& answer) noexcept override {
    read_.pass_on(std::move(answer));
    delete this;
  }

 private:
  Read read_;
};

// Does nothing, but is answered when the lane has heard of what was committed before.
class CatchUp final : public Command {
 public:
  explicit CatchUp(Read read) : Command(LaneClass::wallet, {}), read_(std::move(read)) {}

  void keys(const View&, Keys&) const override {}
  Decided decide(const View&, Moment&) override { return {{}, {}, false}; }
  void reply(Answer answer) override {
    if (answer.status >= 500) return read_.reply(std::move(answer));  // the lane has not caught up
    const auto request = read_.request;
    const auto& handler = read_.handler;
    auto* look = new SecondLook(std::move(read_));  // deletes itself when answered
    try {
      handler(request->get(), http::Reply(*look));
    } catch (const std::exception& error) {  // the Reply answered 500 when it was destroyed
      log(LogLevel::error, "a handler failed",
          {{"error.message", error.what()}, {"http.request.id", request->get().request_id}});
    }
  }

 private:
  Read read_;
};

// Takes the first answer, and passes it on or looks again.
class FirstLook final : public http::Reply::Sink {
 public:
  explicit FirstLook(Read read) : read_(std::move(read)) {}

  void take(Answer&& answer) noexcept override {
    if (may_be_outdated(answer)) {
      Lane& lane = read_.lane;
      lane.submit(std::make_unique<CatchUp>(std::move(read_)));
    } else {
      read_.pass_on(std::move(answer));
    }
    delete this;
  }

 private:
  Read read_;
};

}  // namespace

http::Handler together(const http::Route& route, Lane& lane) {
  const auto handler = std::make_shared<const http::Handler>(route.handler);
  const bool is_stream = route.path.ends_with("/stream");  // so are all named that answer with one
  const bool looks_again =
      route.method == http::Method::GET &&
      (is_stream || std::ranges::find(route.refusals, Code::WRONG_TOKEN_TURN) != route.refusals.end());
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
    auto* look = new FirstLook({std::make_shared<KeptRequest>(request), *handler, lane, std::move(reply)});
    (*handler)(request, http::Reply(*look));
  };
}

}  // namespace stagedoor
