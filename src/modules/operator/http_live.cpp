// What consoles watch: the live numbers, and the audit log.
#include <algorithm>
#include <iterator>

#include "json/schema.h"
#include "json/types.h"
#include "modules/identity/operator_limit.h"
#include "modules/operator/http_common.h"
#include "modules/operator/http_live_feed.h"

namespace stagedoor::operators {

struct LogDto {
  LogId id;
  TimePoint createdAt{};
  std::string operatorName;
  std::string action;
  json::Omitted<EventId> eventId;
  json::Raw detail;
};
BOOST_DESCRIBE_STRUCT(LogDto, (), (id, createdAt, operatorName, action, eventId, detail))

namespace {

constexpr std::size_t kStreamsMax = 16;     // of an operator
constexpr std::size_t kCopyMax = 4 * 1024;  // larger events are sent from the shared bytes

// Of every listener a cursor, which ends when keys were changed: its own may be gone.
class LiveStream final : public EventStream {
 public:
  LiveStream(std::shared_ptr<LiveFeed> feed, const identity::OperatorKeys& keys,
             std::shared_ptr<const void> counted)
      : feed_(std::move(feed)), keys_(keys), keys_version_(keys.version()), counted_(std::move(counted)) {}

  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    if (keys_.version() != keys_version_) return false;
    auto event = feed_->after(seen_, LiveFeed::SteadyClock::now());
    if (!event.text) return true;
    seen_ = event.version;
    if (event.text->size() > kCopyMax) shared = std::move(event.text);
    else text += *event.text;
    return true;
  }

 private:
  const std::shared_ptr<LiveFeed> feed_;
  const identity::OperatorKeys& keys_;
  const std::uint64_t keys_version_;
  const std::shared_ptr<const void> counted_;
  std::uint64_t seen_ = 0;  // the version of the newest event that was sent
};

http::Route live_route(const OperatorDeps& deps, const std::shared_ptr<LiveFeed>& feed) {
  const auto show = [feed](const OperatorDeps&, const identity::Operator&, http::Reply reply) {
    reply(http::ok(200, feed->numbers().at(LiveFeed::SteadyClock::now())));
  };
  return operator_route({.method = http::Method::GET,
                         .path = "/admin/live",
                         .id = "adminGetLive",
                         .summary =
                             "People waiting and inside, holds, sales and revenue of every event, and what "
                             "this instance refuses and how long its answers take, now",
                         .successes = {{.description = "The numbers", .schema = &json::schema<LiveDto>}},
                         .handler = api::bind(deps, show, identity::by_operator("adminGetLive")),
                         .shows_staleness = true});
}

http::Route live_stream_route(const OperatorDeps& deps, const std::shared_ptr<LiveFeed>& feed) {
  const auto limit =
      std::make_shared<identity::OperatorLimit>(identity::OperatorLimit::Rule{.at_once = kStreamsMax});
  const auto open = [feed, limit](const OperatorDeps& of, const identity::Operator& who, http::Reply reply) {
    auto counted = limit->begin(who.name, LiveFeed::SteadyClock::now());
    if (!counted) return reply(http::render_refusal(counted.error()));
    reply({.stream = std::make_shared<LiveStream>(feed, of.keys, std::move(*counted))});
  };
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/live/stream",
       .id = "adminStreamLive",
       .summary = "The numbers of GET /admin/live, sent once a second",
       .successes =
           {{.description =
                 "Server-sent events. `live`: its data is that of GET /admin/live, whole. The stream "
                 "ends when operator keys are changed. `reconnect`: the server is stopping",
             .content_type = "text/event-stream"}},
       .handler = api::bind(deps, open, identity::by_operator("adminStreamLive")),
       .shows_staleness = true});
}

LogDto log_dto(const LogRow& row) {
  LogDto dto{.id = row.id,
             .createdAt = row.created_at,
             .operatorName = row.operator_name,
             .action = row.action,
             .eventId = {},
             .detail = {row.detail.empty() ? "{}" : row.detail}};
  if (row.event) dto.eventId = row.event;
  return dto;
}

void show_log(const OperatorDeps& deps, const identity::Operator&, PageAt at, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [at](Queries& queries) {
    auto rows = queries.log(api::one_more(at));
    const auto next = api::cut_page(rows, at, [](const LogRow& row) { return row.id.value; });
    std::vector<LogDto> dtos;
    std::transform(rows.begin(), rows.end(), std::back_inserter(dtos), log_dto);
    return http::page(dtos, next);
  });
}

http::Route log_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::GET,
       .path = "/admin/log",
       .id = "adminListLog",
       .summary = "What operators changed, newest first",
       .successes = {{.description = "A page",
                      .schema = &json::schema<LogDto>,
                      .envelope = http::Envelope::page}},
       .refusals = {Code::STORE_UNAVAILABLE},
       .handler = api::bind(deps, show_log, identity::by_operator("adminListLog"), api::with_page)});
}

}  // namespace

void add_live_routes(http::Router& router, const OperatorDeps& deps) {
  const auto feed = std::make_shared<LiveFeed>(deps);
  router.add(live_route(deps, feed));
  router.add(live_stream_route(deps, feed));
  router.add(log_route(deps));
}

}  // namespace stagedoor::operators
