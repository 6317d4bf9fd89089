#include "modules/queue/http_stream.h"

#include <utility>

#include "api/bind.h"
#include "core/refusals.h"
#include "json/write.h"
#include "modules/queue/http.h"
#include "modules/queue/place_watcher.h"

namespace stagedoor::queue {
namespace {

// `event: status` with the data of GET /queue, and `id:` with its tag. A status, its times and a pause are
// sent immediately, a position every pollAfterMs.
class StatusStream : public EventStream {
 public:
  // `told`: the id of the last event that the listener has received; empty: none.
  StatusStream(PlaceWatcher watcher, const protocol::TokenClaims& claims, std::string token, std::string told,
               const StockOf& stock)
      : watcher_(std::move(watcher)),
        claims_(claims),
        token_(std::move(token)),
        told_(std::move(told)),
        stock_(stock) {}

  bool next(std::string& text, std::shared_ptr<const std::string>&) override {
    const auto stock = stock_(claims_.event);
    const bool is_sold_out = stock && stock->sold_out;
    const bool stock_changed = std::exchange(was_sold_out_, is_sold_out) != is_sold_out;
    const auto observed = watcher_.poll(stock_changed);
    if (!observed) return true;
    if (!observed->fan) return false;
    const Standing& standing = observed->fan->standing;
    const Turn turn(*observed->fan);
    const bool status_changed = std::exchange(last_, turn) != turn;
    if (status_changed || stock_changed || observed->poll_due) tell(*observed->fan, stock, text);
    return standing.status != QueueStatus::EXPIRED;
  }

 private:
  struct Turn {
    QueueStatus status = QueueStatus::CREATED;
    std::optional<TimePoint> activated_at, expires_at;
    std::uint64_t pause = 0;

    Turn() = default;
    explicit Turn(const FanView& fan)
        : status(fan.standing.status),
          activated_at(fan.standing.activated_at),
          expires_at(fan.standing.expires_at),
          pause(pause_tag(fan.paused)) {}
    bool operator==(const Turn&) const = default;
  };

  void tell(const FanView& fan, const std::optional<StockUpdate>& stock, std::string& text) {
    std::string tag = status_tag(claims_, fan, stock);
    if (tag == told_) return;
    told_ = std::move(tag);
    text += "event: status\nid: ";
    text += told_;
    text += "\ndata: ";
    json::write(text, to_dto(claims_, token_, fan, stock));
    text += "\n\n";
  }

  PlaceWatcher watcher_;
  protocol::TokenClaims claims_;
  std::string token_;
  std::string told_;
  const StockOf& stock_;
  bool was_sold_out_ = false;
  Turn last_;
};

Result<Answer> open(const QueueStreamDeps& deps, const http::Request& request) {
  std::string token = deps.tokens.presented_on_stream(request);
  const auto claims = deps.tokens.check_place(token);
  if (!claims) return claims.error();
  const auto fan = deps.rooms.look(*claims);
  if (!fan) return unknown_token();
  const std::string_view told = request.header("Last-Event-ID");
  // A 204 makes a browser stop reconnecting.
  if (fan->standing.status == QueueStatus::EXPIRED &&
      told == status_tag(*claims, *fan, deps.stock(claims->event)))
    return Answer{.status = 204};
  if (const Millis wait = deps.rooms.ask_again(*claims); wait > Millis(0)) return polls_too_soon(wait);
  return deps.tokens.open_stream(
      request, *claims,
      std::make_shared<StatusStream>(
          PlaceWatcher(deps.rooms, deps.clock, *claims, deps.tokens.end_of(*claims)), *claims,
          std::move(token), std::string(told), deps.stock));
}

}  // namespace

std::vector<http::Parameter> stream_parameters() {
  return {{.name = "Last-Event-ID",
           .description = "The id of the last event received: its content is not sent again",
           .in = http::ParameterPlace::header}};
}

void add_queue_stream_route(http::Router& router, const QueueStreamDeps& deps) {
  router.add(
      {.method = http::Method::GET,
       .path = "/queue/stream",
       .id = "streamPlace",
       .summary = "The caller's place, sent as it changes",
       .tag = "queue",
       .access = http::Access::stream_token,
       .parameters = stream_parameters(),
       .successes = {{.description =
                          "Server-sent events. `status`: its data is that of GET /queue; a change of status "
                          "is sent at once, a position every pollAfterMs; after EXPIRED the "
                          "stream ends. `reconnect`: the server is stopping",
                      .content_type = "text/event-stream"},
                     {.status = 204, .description = "EXPIRED was already sent, and no event follows it"}},
       .refusals = {Code::POLL_TOO_SOON},
       .read = api::bind_read(deps, open),
       .limit_class = http::LimitClass::stream});
}

}  // namespace stagedoor::queue
