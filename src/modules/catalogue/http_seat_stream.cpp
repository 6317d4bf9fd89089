#include "modules/catalogue/http_seat_stream.h"

#include "api/bind.h"
#include "api/query_enum.h"
#include "core/refusals.h"
#include "modules/queue/http.h"
#include "modules/queue/http_stream.h"
#include "modules/queue/place_watcher.h"

namespace stagedoor::catalogue {
namespace {

constexpr std::size_t kCopyMax =
    4 * 1024;  // events up to this are sent together, larger ones from the shared bytes

// Until the visit ends.
class SeatStream : public EventStream {
 public:
  // `heard`: the version that the listener has received; nullopt: none.
  SeatStream(queue::PlaceWatcher watcher, std::shared_ptr<SeatFeed> feed, std::optional<std::uint64_t> heard)
      : watcher_(std::move(watcher)), feed_(std::move(feed)), heard_(heard) {}

  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    const auto observed = watcher_.poll();
    if (observed && (!observed->fan || observed->fan->standing.status != queue::QueueStatus::ACTIVATED))
      return false;
    while (!shared) {
      auto event = feed_->after(heard_);
      if (!event) return false;
      if (!event->text) return true;
      heard_ = event->version;
      if (event->text->size() > kCopyMax) shared = std::move(event->text);
      else text += *event->text;
    }
    return true;
  }

 private:
  queue::PlaceWatcher watcher_;
  std::shared_ptr<SeatFeed> feed_;
  std::optional<std::uint64_t> heard_;
};

Result<Answer> open(const SeatStreamDeps& deps, const http::Request& request) {
  const auto token = deps.tokens.check(deps.tokens.presented_on_stream(request));
  if (!token) return token.error();
  const auto id = request.id<DateId>("eventDateId");
  const auto form = api::query_enum<SeatForm>(request, "form");
  if (const auto refusal = refusal_of(id, form)) return *refusal;
  const auto event = deps.read_model.event_of(*id);
  if (!event) return unknown_date(*id);
  if (const auto turn = deps.turns.check(*token, *event); !turn) return turn.error();
  if (const Millis wait = deps.rooms.ask_again(*token); wait > Millis(0)) return queue::polls_too_soon(wait);
  auto feed = deps.feeds.feed(*id, form->value_or(SeatForm::seats));
  const auto heard = feed->version_of(request.header("Last-Event-ID"));
  return deps.tokens.open_stream(
      request, *token,
      std::make_shared<SeatStream>(
          queue::PlaceWatcher(deps.rooms, deps.clock, *token, deps.tokens.end_of(*token)), std::move(feed),
          heard));
}

std::vector<http::Parameter> parameters() {
  auto all = queue::stream_parameters();
  all.push_back({.name = "form",
                 .description = "seats (without it), or bits: indices into the layout and one bit a seat",
                 .schema = &json::schema<SeatForm>});
  return all;
}

}  // namespace

void add_seat_stream_route(http::Router& router, const SeatStreamDeps& deps) {
  router.add({.method = http::Method::GET,
              .path = "/events/properties/{eventDateId}/seats/stream",
              .id = "streamSeats",
              .summary = "The seats of a date, sent as they change",
              .tag = "catalogue",
              .access = http::Access::stream_token,
              .parameters = parameters(),
              .successes =
                  {{.description =
                        "Server-sent events until the visit ends. `snapshot`: {version, seat}, all seats as "
                        "GET /events/properties/{eventDateId}/seats has them; `seats`: {version, "
                        "seat:[{id, status}]}, those that have changed since the previous event. With "
                        "form=bits, `bits`: all seats as GET /events/properties/{eventDateId}/availability "
                        "has them, first and whenever that is shorter; `changes`: [[index, free], …], those "
                        "that have changed, free is 1 or 0. `reconnect`: the server is stopping",
                    .content_type = "text/event-stream"}},
              .refusals = {Code::WRONG_TOKEN_TURN, Code::WRONG_TOKEN_EVENT, Code::EVENT_DATE_NOT_FOUND,
                           Code::POLL_TOO_SOON},
              .read = api::bind_read(deps, open),
              .limit_class = http::LimitClass::stream});
}

}  // namespace stagedoor::catalogue
