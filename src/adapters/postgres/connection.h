// A connection to PostgreSQL and its prepared statements. Statements are queued and sent together, so that
// many cost one round trip. Parameters are bound by name; values are sent and received in binary form. An
// error of the server becomes one of the port's exceptions, or ends the process.
#pragma once

#include <libpq-fe.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/tables/rows.h"
#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"
#include "ports/store_errors.h"
#include "sql/sql.h"

namespace stagedoor::postgres {

using tables::operator>>;  // found by the type of the columns, from every namespace

// The connection is lost. It is unknown whether the queued statements took effect.
struct ConnectionLost : StoreUnavailable {
  using StoreUnavailable::StoreUnavailable;
};
// A lock was not granted in time.
struct LockTaken : StoreUnavailable {
  using StoreUnavailable::StoreUnavailable;
};

struct Bytes {  // a BYTEA
  std::string_view bytes;
};

template <class T>
concept Enum = std::is_enum_v<T>;
template <class T>
concept Flag = std::same_as<T, bool>;
template <class T>
concept Number = std::integral<T> && !Flag<T>;

// The value of a parameter: a number, text, bytes, a user, or an array of them.
class Value {
 public:
  template <class T>
  Value(const T& value) : type_(type_of(value)) {
    append(value);
  }
  // An array of one field of each row, for UNNEST or ANY.
  template <class Rows, class Field>
  static Value of_each(const Rows& rows, Field field) {
    using Element = std::remove_cvref_t<decltype(field(*std::begin(rows)))>;
    Value array;
    array.begin_array(element_type_of(Element{}), std::size(rows));
    for (const auto& row : rows) array.append(field(row));
    array.end_array();
    return array;
  }

  Oid type() const { return type_; }
  const char* bytes() const { return is_null() ? nullptr : bytes_.data() + kLength; }
  int size() const { return is_null() ? 0 : static_cast<int>(bytes_.size() - kLength); }

 private:
  static constexpr std::size_t kLength = 4;  // the length prefix of a value, as within an array
  static constexpr Oid kUnknown = 0, kBool = 16, kBytea = 17, kInt8 = 20, kText = 25, kUuid = 2950;

  Value() = default;
  bool is_null() const { return bytes_.starts_with("\xff\xff\xff\xff"); }

  static constexpr Oid type_of(Number auto) { return kInt8; }
  static constexpr Oid type_of(Flag auto) { return kBool; }
  static constexpr Oid type_of(Enum auto) { return kInt8; }
  static constexpr Oid type_of(Won) { return kInt8; }
  static constexpr Oid type_of(TimePoint) { return kInt8; }
  static constexpr Oid type_of(Millis) { return kInt8; }
  template <class Tag>
  static constexpr Oid type_of(Id<Tag>) {
    return kInt8;
  }
  template <class T>
  static constexpr Oid type_of(const std::optional<T>&) {
    return type_of(T{});
  }
  static constexpr Oid type_of(const Uuid&) { return kUuid; }
  static constexpr Oid type_of(const Bytes&) { return kBytea; }
  static constexpr Oid type_of(std::string_view) { return kUnknown; }  // the server infers TEXT or JSON
  template <class T>
  static constexpr Oid element_type_of(const T& value) {
    return type_of(value) == kUnknown ? kText : type_of(value);
  }

  void append(Number auto number) { append_number(static_cast<std::int64_t>(number)); }
  void append(Flag auto flag) { append_bytes(std::string_view(flag ? "\x01" : "\x00", 1)); }
  void append(Enum auto name) { append_number(static_cast<std::int64_t>(name)); }
  void append(Won won) { append_number(won.amount); }
  void append(TimePoint at) { append_number(to_ms(at)); }
  void append(Millis duration) { append_number(duration.count()); }
  template <class Tag>
  void append(Id<Tag> id) {  // id 0 is NULL
    id ? append_number(id.value) : append_null();
  }
  template <class T>
  void append(const std::optional<T>& value) {
    value ? append(*value) : append_null();
  }
  void append(const Uuid& uuid) {
    append_bytes({reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()});
  }
  void append(Bytes value) { append_bytes(value.bytes); }
  void append(std::string_view text) { append_bytes(text); }

  void append_number(std::int64_t number);
  void append_bytes(std::string_view bytes);
  void append_null() { bytes_ += "\xff\xff\xff\xff"; }
  void begin_array(Oid element, std::size_t size);
  void end_array();

  Oid type_ = kUnknown;
  std::string bytes_;
};

struct Param {
  const char* name;  // a literal: "$id"
  Value value;
};

// The columns of one row of a result, read from left to right.
class Columns {
 public:
  using reads_a_row = void;  // adapters/tables/rows.h
  Columns(const PGresult* result, int row) : result_(result), row_(row) {}

  template <Number T>
  Columns& operator>>(T& number) {
    number = static_cast<T>(next_number());
    return *this;
  }
  template <Enum T>
  Columns& operator>>(T& value) {
    value = static_cast<T>(next_number());
    return *this;
  }
  template <class Tag>
  Columns& operator>>(Id<Tag>& id) {
    return *this >> id.value;
  }
  Columns& operator>>(bool& flag);
  Columns& operator>>(Won& won) { return *this >> won.amount; }
  Columns& operator>>(TimePoint& at);
  Columns& operator>>(std::optional<TimePoint>& at);
  Columns& operator>>(Uuid& uuid);
  Columns& operator>>(std::string& text);  // or bytes; empty for NULL
  template <class Tag>
  Columns& operator>>(std::vector<Id<Tag>>& ids) {  // an array of numbers
    for (const std::int64_t id : next_numbers()) ids.push_back({id});
    return *this;
  }

 private:
  std::int64_t next_number();  // 0 for NULL
  std::vector<std::int64_t> next_numbers();

  const PGresult* result_;
  int row_;
  int next_ = 0;
};

struct ConnectionOptions {
  std::string url;  // postgres://user:password@host:port/database
  Millis connect_limit{2000};
  Millis lock_limit{2500};                // wait for a lock
  Millis statement_limit{5000};           // execution of a statement
  Millis idle_limit{2000};                // idle time in a transaction
  Millis answer_limit{8000};              // without a byte from the server
  std::string application = "stagedoor";  // the session's name, unless the URL has one
};

// One thread at a time.
class Connection {
 public:
  using OnRow = std::function<void(Columns&)>;

  // Throws StoreUnavailable if the server cannot be reached or is a replica, StoreUnusable if its version or
  // encoding is unsuitable.
  explicit Connection(const ConnectionOptions& options);

  // Queues a query. finish() calls `row` for each of its rows, unless the query fails.
  void queue(const sql::Text& query, std::span<const Param> params, OnRow row = {});
  void queue(const sql::Text& query, std::initializer_list<Param> params, OnRow row = {}) {
    queue(query, std::span(params.begin(), params.size()), std::move(row));
  }
  // Queues a command without parameters, such as "BEGIN".
  void queue(std::string_view command, OnRow row = {});
  // Sends the queued statements and waits for all answers. Then throws the first failure; the statements
  // after it were not executed. ConnectionLost: the outcome is unknown, and is_open() is false.
  void finish();
  // The number of rows that the last statement of finish() changed.
  std::int64_t changed() const { return changed_; }

  // Finishes the queued statements, then runs a query and passes its rows on as they arrive.
  void stream(const sql::Text& query, std::initializer_list<Param> params, const OnRow& row);
  // Finishes the queued statements, then runs any number of statements.
  void run_script(const std::string& statements);

  bool is_open() const { return connection_ != nullptr; }
  bool is_durable() const { return is_durable_; }  // the server's fsync is on
  // From now on a statement that does not fit the tables ends the process, and errors of no known kind are
  // outages. Before this call both throw StoreUnusable.
  void set_fatal_on_error() { fatal_on_error_ = true; }
  bool in_transaction() const;
  // Rolls back the open transaction, if any, after the queued statements. Closes the connection if that
  // fails.
  void roll_back() noexcept;
  void close() noexcept { connection_.reset(); }
  // Maximum time that finish() waits for a byte. Without a limit it waits as long as TCP considers the server
  // alive.
  void set_answer_limit(std::optional<Millis> limit) { answer_limit_ = limit; }

 private:
  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;
  struct Prepared {
    std::vector<std::string> names;  // of the parameters: $1, $2…
  };
  enum class Kind : std::uint8_t { prepare, query, commit };
  struct Queued {
    Kind kind;
    const sql::Text* query;  // nullptr: a command
    OnRow row;
  };

  void connect(const ConnectionOptions& options);
  void check_server() const;
  // Queues the preparation, unless the query is prepared.
  const Prepared& prepare(const sql::Text& query, std::span<const Param> params);
  void send(const sql::Text& query, std::span<const Param> params, OnRow row);
  void wait(bool is_unsent);
  Result next_result();
  void read_answers();
  void take(const Queued& queued, const PGresult* result);
  void note(const PGresult* result, const sql::Text* query);
  std::exception_ptr refusal_in(std::string_view state, const std::string& why);
  [[noreturn]] void lose(std::string_view why);
  PGconn* raw() const { return connection_.get(); }

  std::unique_ptr<PGconn, Close> connection_;
  std::string name_;  // the address for messages, without the password
  std::optional<Millis> answer_limit_;
  std::unordered_map<const sql::Text*, Prepared> prepared_;
  std::vector<Queued> queued_;
  std::exception_ptr failure_;  // the first one since finish() began
  std::int64_t changed_ = 0;
  bool is_durable_ = true;
  bool fatal_on_error_ = false;
  bool is_spoilt_ = false;  // an error that a new session may not have
};

}  // namespace stagedoor::postgres
