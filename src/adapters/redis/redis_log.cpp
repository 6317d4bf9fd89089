#include "adapters/redis/redis_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/log.h"
#include "core/parse_number.h"

namespace stagedoor::redis {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string key_of(EventId event) { return fmt::format("{{event:{}}}:line", event.value); }
std::string id_of(LogPosition at) { return fmt::format("{}-{}", at.high, at.low); }

std::string_view bytes_of(const Uuid& uuid) {
  return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}
Uuid uuid_of(std::string_view bytes) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes.data(), std::min(bytes.size(), uuid.bytes.size()));
  return uuid;
}

LogPosition position_of(std::string_view id) {
  const std::size_t dash = id.find('-');
  const auto high = parse_number<std::int64_t>(id.substr(0, dash));
  const auto low = dash == std::string_view::npos ? std::optional<std::int64_t>(0)
                                                  : parse_number<std::int64_t>(id.substr(dash + 1));
  if (!high || !low) throw LogUnavailable(fmt::format("a record of the stream has the id '{}'", id));
  return {*high, *low};
}

// [id, [name, value, …]]
LogRecord record_of(EventId event, const redisReply& reply) {
  const auto parts = elements_of(reply);
  if (parts.size() != 2) throw LogUnavailable("the stream has an entry of another form");
  LogRecord record{.event = event, .at = position_of(text_of(*parts[0]))};
  const auto fields = elements_of(*parts[1]);
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view name = text_of(*fields[i]), value = text_of(*fields[i + 1]);
    if (name == "u") record.user = uuid_of(value);
    if (name == "r") record.random = uuid_of(value);
    if (name == "p") record.place = parse_number<Place>(value).value_or(0);
    if (name == "e") record.epoch = parse_number<std::int32_t>(value).value_or(0);
  }
  return record;
}

void send_append(Connection& connection, const LogRecord& record) {
  const std::string key = key_of(record.event);
  const std::string place = std::to_string(record.place), epoch = std::to_string(record.epoch);
  std::vector<std::string_view> parts = {
      "XADD", key, "*", "u", bytes_of(record.user), "r", bytes_of(record.random)};
  if (record.place > 0) parts.insert(parts.end(), {"p", place, "e", epoch});
  connection.send(parts);
}

}  // namespace

RedisLog::RedisLog(Options options) : options_(std::move(options)), thread_([this] { run(); }) {}

RedisLog::~RedisLog() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RedisLog::append(const LogRecord& record, Done done) {
  {
    const MutexLock lock(mutex_);
    if (!is_stopping_ && waiting_.size() < options_.waiting_max) {
      waiting_.push_back({record, std::move(done)});
      done = nullptr;
    }
  }
  if (done) done(Outcome::not_appended);
  else changed_.notify_one();
}

void RedisLog::run() {
  for (auto records = take(); !records.empty(); records = take()) send(records);
  std::deque<Waiting> left;
  {
    const MutexLock lock(mutex_);
    left.swap(waiting_);
  }
  for (Waiting& one : left) one.done(Outcome::not_appended);
}

std::vector<RedisLog::Waiting> RedisLog::take() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !is_stopping_) lock.wait(changed_);
  std::vector<Waiting> records;
  if (is_stopping_) return records;
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), options_.sent_at_once));
  records.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return records;
}

// While there is no server the callers are answered at once; an attempt to connect is made for one of them
// now and then.
void RedisLog::connect_appender() {
  if (appender_ && appender_->is_closed()) appender_.reset();  // before a record's outcome would be unknown
  if (appender_) return;
  if (SteadyClock::now() < connect_at_) throw Disconnected("the server was not there a moment ago");
  try {
    appender_.emplace(options_.url, options_.timeout);
    if (std::exchange(pause_, Millis(0)) != Millis(0))
      log(LogLevel::info, "joins are kept again", {{"server.address", options_.url.shown()}});
  } catch (const Disconnected& cause) {
    if (pause_ == Millis(0))
      log(LogLevel::error, "new places are not given: the line's server cannot be reached",
          {{"server.address", options_.url.shown()}, {"error.message", cause.what()}});
    pause_ = std::clamp(pause_ * 2, options_.pause_min, options_.pause_max);
    connect_at_ = SteadyClock::now() + pause_;
    throw;
  }
}

void RedisLog::send(std::vector<Waiting>& records) {
  auto next = records.begin();  // the first without an answer
  Outcome of_the_rest = Outcome::not_appended;
  try {
    connect_appender();
    for (const Waiting& one : records) send_append(*appender_, one.record);
    of_the_rest = Outcome::unknown;
    bool is_replica = false;
    while (next != records.end()) {
      Outcome outcome = Outcome::appended;
      try {
        appender_->reply();
      } catch (const Refused& refused) {
        outcome = Outcome::not_appended;
        log(LogLevel::error, "the line's server refuses a join", {{"error.message", refused.what()}});
        is_replica = is_replica || std::string_view(refused.what()).starts_with("READONLY");
      }
      (next++)->done(outcome);
    }
    if (is_replica) appender_.reset();  // it was a primary when the connection began
  } catch (const Disconnected&) {
    appender_.reset();
    for (; next != records.end(); ++next) next->done(of_the_rest);
  }
}

template <class F>
auto RedisLog::with_reader(F&& f) {
  try {
    if (!reader_) reader_.emplace(options_.url, options_.timeout);
    return f(*reader_);
  } catch (const LogUnavailable&) {
    reader_.reset();
    throw;
  } catch (const std::runtime_error& cause) {
    reader_.reset();
    throw LogUnavailable(cause.what());
  }
}

std::vector<LogRecord> RedisLog::read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                                      Millis wait) {
  if (after.empty()) return {};
  return with_reader([&](Connection& connection) {
    std::vector<std::string> keys, ids;
    std::map<std::string, EventId, std::less<>> events;
    for (const auto& [event, position] : after) {
      events.emplace(keys.emplace_back(key_of(event)), event);
      ids.push_back(id_of(position));
    }
    const std::string count = std::to_string(limit), block = std::to_string(wait.count());
    std::vector<std::string_view> parts = {"XREAD", "COUNT", count};
    if (wait > Millis(0)) parts.insert(parts.end(), {"BLOCK", block});  // Redis looks ten times a second
    parts.push_back("STREAMS");
    parts.insert(parts.end(), keys.begin(), keys.end());
    parts.insert(parts.end(), ids.begin(), ids.end());
    connection.set_timeout(options_.timeout + wait);
    connection.send(parts);
    const Reply streams = connection.reply();
    std::vector<LogRecord> records;
    for (const redisReply* stream : elements_of(*streams)) {
      const auto [name, entries] = std::pair(elements_of(*stream)[0], elements_of(*stream)[1]);
      const EventId event = events.at(std::string(text_of(*name)));
      // Asked for after what is behind it: if it is still there, they were read of one piece.
      const std::string id = id_of(after.at(event));
      const Reply first = connection.ask({"XRANGE", text_of(*name), id, id});
      for (const redisReply* entry : elements_of(*first)) records.push_back(record_of(event, *entry));
      for (const redisReply* entry : elements_of(*entries)) records.push_back(record_of(event, *entry));
    }
    return records;
  });
}

std::optional<LogRecord> RedisLog::find(EventId event, LogPosition at) {
  return with_reader([&](Connection& connection) -> std::optional<LogRecord> {
    connection.set_timeout(options_.timeout);
    const std::string id = id_of(at);
    const Reply reply = connection.ask({"XRANGE", key_of(event), id, id});
    const auto entries = elements_of(*reply);
    return entries.empty() ? std::nullopt : std::optional(record_of(event, *entries.front()));
  });
}

LogPosition RedisLog::head(EventId event) {
  return with_reader([&](Connection& connection) {
    connection.set_timeout(options_.timeout);
    const Reply reply = connection.ask({"XREVRANGE", key_of(event), "+", "-", "COUNT", "1"});
    const auto entries = elements_of(*reply);
    return entries.empty() ? LogPosition{} : record_of(event, *entries.front()).at;
  });
}

}  // namespace stagedoor::redis
