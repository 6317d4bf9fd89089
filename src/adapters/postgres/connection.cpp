#include "adapters/postgres/connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/ensure.h"
#include "core/log.h"

namespace stagedoor::postgres {
namespace {

constexpr int kOldestServer = 140'000;  // 14
constexpr int kBinary = 1;

// The message as one line.
std::string line_of(const char* message) {
  std::string line = message ? message : "";
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

template <class Number>
Number from_network(const char* bytes) {
  std::make_unsigned_t<Number> number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number = static_cast<decltype(number)>(number << 8 | static_cast<unsigned char>(bytes[i]));
  return static_cast<Number>(number);
}

template <class Number>
void append_network(std::string& out, Number number) {
  for (int shift = int(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::make_unsigned_t<Number>>(number) >> shift);
}

std::int64_t number_from(const char* bytes, int size) {
  switch (size) {
    case 2:
      return from_network<std::int16_t>(bytes);
    case 4:
      return from_network<std::int32_t>(bytes);
    case 8:
      return from_network<std::int64_t>(bytes);
  }
  die_of_bug("a number has 2, 4 or 8 bytes");
}

// Replaces each $name by $1, $2…, in the order of first appearance.
std::string numbered(std::string_view text, std::vector<std::string>& names) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    const std::string name(text.substr(at, end - at));
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) found = names.insert(names.end(), name);
    out += fmt::format("${}", found - names.begin() + 1);
    at = end;
  }
  return out;
}

const Value& value_of(std::span<const Param> params, const std::string& name) {
  for (const auto& param : params)
    if (param.name == name) return param.value;
  die_of_bug("a query is given every parameter that it has");
}

std::string milliseconds(Millis limit) { return std::to_string(limit.count()); }

}  // namespace

// --- values ---

void Value::append_number(std::int64_t number) {
  append_network(bytes_, std::int32_t(sizeof number));
  append_network(bytes_, number);
}

void Value::append_bytes(std::string_view bytes) {
  append_network(bytes_, static_cast<std::int32_t>(bytes.size()));
  bytes_ += bytes;
}

void Value::begin_array(Oid element, std::size_t size) {
  switch (element) {
    case kBool:
      type_ = 1000;
      break;
    case kBytea:
      type_ = 1001;
      break;
    case kInt8:
      type_ = 1016;
      break;
    case kText:
      type_ = 1009;
      break;
    default:
      type_ = 2951;  // of kUuid
  }
  bytes_.reserve(24 + size * 20);
  append_network(bytes_, std::int32_t(0));             // the length, at its end
  append_network(bytes_, std::int32_t(size ? 1 : 0));  // dimensions
  append_network(bytes_, std::int32_t(0));
  append_network(bytes_, element);
  if (size == 0) return;
  append_network(bytes_, static_cast<std::int32_t>(size));
  append_network(bytes_, std::int32_t(1));  // first index
}

void Value::end_array() {
  std::string length;
  append_network(length, static_cast<std::int32_t>(bytes_.size() - kLength));
  bytes_.replace(0, kLength, length);
}

// --- columns ---

std::int64_t Columns::next_number() {
  const int column = next_++;
  if (PQgetisnull(result_, row_, column)) return 0;
  return number_from(PQgetvalue(result_, row_, column), PQgetlength(result_, row_, column));
}

std::vector<std::int64_t> Columns::next_numbers() {
  const char* at = PQgetvalue(result_, row_, next_++);
  std::vector<std::int64_t> numbers;
  if (from_network<std::int32_t>(at) == 0) return numbers;  // dimensions
  numbers.resize(std::size_t(from_network<std::int32_t>(at + 12)));
  at += 20;
  for (auto& number : numbers) {
    const auto size = from_network<std::int32_t>(at);
    number = number_from(at + 4, size);
    at += 4 + size;
  }
  return numbers;
}

Columns& Columns::operator>>(bool& flag) {
  flag = *PQgetvalue(result_, row_, next_++) != 0;
  return *this;
}

Columns& Columns::operator>>(TimePoint& at) {
  at = from_ms(next_number());
  return *this;
}

Columns& Columns::operator>>(std::optional<TimePoint>& at) {
  if (PQgetisnull(result_, row_, next_)) at.reset(), ++next_;
  else at = from_ms(next_number());
  return *this;
}

Columns& Columns::operator>>(Uuid& uuid) {
  const int column = next_++;
  ensure(std::size_t(PQgetlength(result_, row_, column)) == uuid.bytes.size(), "a stored uuid has 16 bytes");
  std::memcpy(uuid.bytes.data(), PQgetvalue(result_, row_, column), uuid.bytes.size());
  return *this;
}

Columns& Columns::operator>>(std::string& text) {
  const int column = next_++;
  text.assign(PQgetvalue(result_, row_, column), std::size_t(PQgetlength(result_, row_, column)));
  return *this;
}

// --- connecting ---

Connection::Connection(const ConnectionOptions& options) : answer_limit_(options.answer_limit) {
  connect(options);
  check_server();
  PQsetNoticeReceiver(
      raw(),
      [](void*, const PGresult* notice) {
        log(LogLevel::debug, "PostgreSQL notice",
            {{"error.message", line_of(PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY))}});
      },
      nullptr);
  ensure(PQsetnonblocking(raw(), 1) == 0 && PQenterPipelineMode(raw()) == 1, "a new connection is idle");
  queue(sql::engine::open_session,
        {{"$lock_timeout", milliseconds(options.lock_limit)},
         {"$statement_timeout", milliseconds(options.statement_limit)},
         {"$idle_timeout", milliseconds(options.idle_limit)}},
        [&](Columns& columns) {
          std::string fsync;
          columns >> fsync;
          is_durable_ = fsync == "on";
        });
  finish();
}

void Connection::connect(const ConnectionOptions& options) {
  char* ignored = nullptr;  // the error text may contain the password of the URL
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> given(
      PQconninfoParse(options.url.c_str(), &ignored), &PQconninfoFree);
  PQfreemem(ignored);
  if (!given) throw StoreUnusable("store.url is invalid; write postgres://user:password@host:port/database");
  const std::string connect_limit =
      std::to_string(std::max<std::int64_t>(options.connect_limit.count() / 1000, 2));
  const std::string unanswered = milliseconds(options.answer_limit);
  std::vector<std::pair<const char*, const char*>> words = {
      {"client_encoding", "UTF8"},
      {"fallback_application_name", options.application.c_str()},
      {"connect_timeout", connect_limit.c_str()},
      {"tcp_user_timeout", unanswered.c_str()},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
  };
  for (const auto* option = given.get(); option->keyword; ++option) {
    if (!option->val || std::string_view(option->keyword) == "client_encoding") continue;
    std::erase_if(words, [&](const auto& word) { return std::string_view(word.first) == option->keyword; });
    words.emplace_back(option->keyword, option->val);
    if (std::string_view(option->keyword) == "host" && std::strchr(option->val, ','))
      words.emplace(words.begin(), "target_session_attrs",
                    "primary");  // a parameter of the URL comes later and overrides it
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : words) keywords.push_back(keyword), values.push_back(value);
  keywords.push_back(nullptr), values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
  const auto known = [](const char* text) { return text ? text : ""; };
  name_ = fmt::format("postgres://{}:{}/{}", known(PQhost(raw())), known(PQport(raw())), known(PQdb(raw())));
  if (PQstatus(raw()) != CONNECTION_OK)
    throw StoreUnavailable(fmt::format("{}: {}", name_, line_of(PQerrorMessage(raw()))));
}

void Connection::check_server() const {
  const auto says = [&](const char* name) {
    const char* value = PQparameterStatus(raw(), name);
    return std::string_view(value ? value : "");
  };
  if (PQserverVersion(raw()) < kOldestServer)
    throw StoreUnusable(
        fmt::format("{}: PostgreSQL {} is too old; 14 or newer is needed", name_, says("server_version")));
  if (says("in_hot_standby") == "on" || says("default_transaction_read_only") == "on")
    throw StoreUnavailable(name_ + ": is a replica or read-only; name the primary in store.url");
  if (says("server_encoding") != "UTF8") {
    throw StoreUnusable(
        fmt::format("{}: the database has encoding {}; create one with CREATE DATABASE … ENCODING 'UTF8' "
                    "TEMPLATE template0",
                    name_, says("server_encoding")));
  }
}

// --- queueing ---

const Connection::Prepared& Connection::prepare(const sql::Text& query, std::span<const Param> params) {
  const auto [at, is_new] = prepared_.try_emplace(&query);
  Prepared& prepared = at->second;
  if (is_new) {
    const std::string text = numbered(query.postgres, prepared.names);
    std::vector<Oid> types;
    for (const auto& name : prepared.names) types.push_back(value_of(params, name).type());
    queued_.push_back({Kind::prepare, &query, {}});
    if (!PQsendPrepare(raw(), query.name.data(), text.c_str(), static_cast<int>(types.size()), types.data()))
      lose("preparing");
  }
  ensure(prepared.names.size() == params.size(), "a query has every parameter that it is given");
  return prepared;
}

void Connection::send(const sql::Text& query, std::span<const Param> params, OnRow row) {
  if (!is_open()) throw ConnectionLost(name_ + ": the connection is lost");
  const Prepared& prepared = prepare(query, params);
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const auto& name : prepared.names) {
    const Value& value = value_of(params, name);
    values.push_back(value.bytes());
    sizes.push_back(value.size());
  }
  const std::vector<int> formats(values.size(), kBinary);
  queued_.push_back({Kind::query, &query, std::move(row)});
  if (!PQsendQueryPrepared(raw(), query.name.data(), static_cast<int>(values.size()), values.data(),
                           sizes.data(), formats.data(), kBinary))
    lose("sending");
}

void Connection::queue(const sql::Text& query, std::span<const Param> params, OnRow row) {
  send(query, params, std::move(row));
}

void Connection::queue(std::string_view command, OnRow row) {
  if (!is_open()) throw ConnectionLost(name_ + ": the connection is lost");
  queued_.push_back({command == "COMMIT" ? Kind::commit : Kind::query, nullptr, std::move(row)});
  const std::string text(command);
  if (!PQsendQueryParams(raw(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, kBinary))
    lose("sending");
}

void Connection::stream(const sql::Text& query, std::initializer_list<Param> params, const OnRow& row) {
  const std::span given(params.begin(), params.size());
  if (!is_open()) throw ConnectionLost(name_ + ": the connection is lost");
  prepare(query, given);
  if (!queued_.empty()) finish();
  send(query, given, row);
  if (!PQsetSingleRowMode(raw())) lose(PQerrorMessage(raw()));
  finish();
}

// --- answers ---

void Connection::finish() {
  if (!is_open()) throw ConnectionLost(name_ + ": the connection is lost");
  if (!PQpipelineSync(raw())) lose("sending");
  read_answers();
  const Result sync = next_result();
  // The server has ended the session after the last statement.
  if (PQresultStatus(sync.get()) == PGRES_FATAL_ERROR) lose(PQresultErrorMessage(sync.get()));
  ensure(PQresultStatus(sync.get()) == PGRES_PIPELINE_SYNC, "every statement has one answer");
  if (std::exchange(is_spoilt_, false)) close();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Connection::read_answers() {
  changed_ = 0;
  for (const auto& queued : queued_)
    while (const Result result = next_result()) take(queued, result.get());
  queued_.clear();
}

// nullptr after the last result of the statement.
Connection::Result Connection::next_result() {
  for (;;) {
    const int unsent = PQflush(raw());
    if (unsent < 0) lose(PQerrorMessage(raw()));
    if (!PQisBusy(raw())) break;
    wait(unsent == 1);
    if (!PQconsumeInput(raw())) lose(PQerrorMessage(raw()));
  }
  Result result(PQgetResult(raw()));
  if (PQstatus(raw()) == CONNECTION_BAD) lose(PQerrorMessage(raw()));
  return result;
}

void Connection::wait(bool is_unsent) {
  pollfd socket{PQsocket(raw()), static_cast<short>(is_unsent ? POLLIN | POLLOUT : POLLIN), 0};
  const int limit = answer_limit_ ? static_cast<int>(answer_limit_->count()) : -1;
  int ready = 0;
  do {
    ready = ::poll(&socket, 1, limit);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) lose(fmt::format("no answer for {} ms", limit));
}

void Connection::take(const Queued& queued, const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK: {
      if (queued.kind == Kind::prepare) return;
      changed_ = std::strtoll(PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
      const bool is_committed = std::string_view(PQcmdStatus(const_cast<PGresult*>(result))) == "COMMIT";
      if (queued.kind == Kind::commit && !is_committed && !failure_)
        failure_ = std::make_exception_ptr(
            StoreUnavailable(name_ + ": the transaction had failed before its commit"));
      return;
    }
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
      try {
        for (int row = 0; !failure_ && queued.row && row < PQntuples(result); ++row) {
          Columns columns(result, row);
          queued.row(columns);
        }
      } catch (...) {
        failure_ = std::current_exception();
      }
      return;
    default:
      if (queued.kind == Kind::prepare) prepared_.erase(queued.query);
      if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED) note(result, queued.query);
  }
}

void Connection::note(const PGresult* result, const sql::Text* query) {
  if (failure_) return;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string why =
      fmt::format("{}: {} ({}) in {}", name_, line_of(message ? message : PQresultErrorMessage(result)),
                  state ? state : "no code", query ? query->name : "a command");
  failure_ = refusal_in(state ? state : "08", why);
}

// The exception for an SQLSTATE.
std::exception_ptr Connection::refusal_in(std::string_view state, const std::string& why) {
  if (state == "55P03") return std::make_exception_ptr(LockTaken(why));
  // 21 cardinality violation, 22 invalid value, 23 constraint violation, 44 check of a view, 54 limit
  // exceeded, P0 raised by a trigger
  for (const std::string_view refused : {"21", "22", "23", "44", "54", "P0"})
    if (state.starts_with(refused)) return std::make_exception_ptr(StoreRefused(why));
  // 08 connection, 25 read-only or failed transaction, 28 authorization, 3D unknown database, 40
  // serialization failure or deadlock, 53 out of disk or memory, 55 wrong object state, 57 shutdown or
  // cancellation, 58 system error, XX internal error
  for (const std::string_view outage : {"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"})
    if (state.starts_with(outage)) return std::make_exception_ptr(StoreUnavailable(why));
  if (!fatal_on_error_) return std::make_exception_ptr(StoreUnusable(why));
  // 42 is a statement that does not fit the tables. 42501 is a missing right, which an administrator gives
  // back; 42P05 a prepared statement of somebody else.
  if (state.starts_with("42") && state != "42501" && state != "42P05") die_of_bug(why);
  // Anything else is an outage, too. A new session may work: a pooler that shares sessions between statements
  // has lost the prepared ones (26000), or a table was changed by hand under them (0A000).
  is_spoilt_ = true;
  return std::make_exception_ptr(StoreUnavailable(why));
}

void Connection::lose(std::string_view why) {
  std::string told = fmt::format("{}: the connection is lost: {}", name_, line_of(std::string(why).c_str()));
  if (failure_) {
    try {
      std::rethrow_exception(std::exchange(failure_, nullptr));
    } catch (const std::exception& first) {
      told = first.what();
    }
  }
  queued_.clear();
  close();
  throw ConnectionLost(told);
}

void Connection::run_script(const std::string& statements) {
  if (!queued_.empty()) finish();
  ensure(PQexitPipelineMode(raw()) == 1, "no pipeline is open when a script starts");
  queued_.push_back({Kind::query, nullptr, {}});
  if (!PQsendQuery(raw(), statements.c_str())) lose("sending");
  read_answers();
  ensure(PQenterPipelineMode(raw()) == 1, "a script has ended");
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

bool Connection::in_transaction() const { return is_open() && PQtransactionStatus(raw()) != PQTRANS_IDLE; }

void Connection::roll_back() noexcept {
  try {
    if (is_open() && !queued_.empty()) finish();
  } catch (...) {  // the transaction is rolled back anyway
  }
  try {
    if (!in_transaction()) return;
    queue("ROLLBACK");
    finish();
  } catch (...) {
    close();
  }
}

}  // namespace stagedoor::postgres
