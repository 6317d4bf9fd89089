// A connection to an SQLite file and its prepared statements. Parameters are bound by name. An error of
// SQLite becomes one of the port's exceptions, or ends the process.
#pragma once

#include <sqlite3.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "adapters/tables/rows.h"
#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"
#include "ports/store_errors.h"
#include "sql/sql.h"

namespace stagedoor::sqlite {

// How long a statement waits for another connection's lock, unless one is told otherwise.
inline constexpr int kBusyTimeoutMs = 2000;

using tables::operator>>;  // found by the type of the columns, from every namespace

class Columns;

enum class OpenFor { writing, reading };

// One thread at a time.
class Database {
 public:
  // `writing` creates a missing file; `reading` never changes anything. Throws StoreUnusable.
  Database(const std::string& path, OpenFor mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& statements);  // discards their rows
  // Runs a pragma or similar and calls `row` for each of its rows.
  void each_row(const std::string& question, const std::function<void(Columns&)>& row);
  std::int64_t ask(const std::string& question);  // the first column of the last row; 0 if there is none
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  void roll_back() noexcept;  // no effect outside a transaction
  // From now on detected damage of the file ends the process, because the server must not continue with it.
  void set_fatal_on_error() { fatal_on_error_ = true; }

  // Throws the exception for an SQLite result code: StoreRefused for a constraint, StoreUnavailable for an
  // outage. A failed fsync ends the process: the content of the disk is unknown until a restart reads it.
  [[noreturn]] void fail(int code, std::string_view doing) const;
  sqlite3* raw() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
  std::string path_;
  bool fatal_on_error_ = false;
};

template <class T>
concept Enum = std::is_enum_v<T>;

// The value of a parameter. Text and blobs are not copied: they must live until the statement is done.
class Value {
 public:
  Value(std::integral auto number) : kind_(Kind::integer), integer_(static_cast<std::int64_t>(number)) {}
  Value(Enum auto name) : Value(static_cast<std::int64_t>(name)) {}
  Value(Won won) : Value(won.amount) {}
  Value(TimePoint at) : Value(to_ms(at)) {}
  Value(std::optional<TimePoint> at) : Value(at ? Value(*at) : Value()) {}
  template <class Tag>
  Value(Id<Tag> id) : Value(id ? Value(id.value) : Value()) {}  // id 0 is NULL
  Value(const Uuid& uuid) : kind_(Kind::blob), bytes_(uuid.bytes.data()), size_(uuid.bytes.size()) {}
  Value(std::string_view text) : kind_(Kind::text), bytes_(text.data()), size_(text.size()) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  static Value null() { return Value(); }
  static Value blob(std::string_view bytes) {
    Value value(bytes);
    value.kind_ = Kind::blob;
    return value;
  }
  int bind(sqlite3_stmt* statement, int index) const;

 private:
  enum class Kind : std::uint8_t { null, integer, text, blob };
  Value() = default;

  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  const void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

struct Param {
  const char* name;  // a literal: "$id"
  Value value;
};

// The columns of a statement's current row, read from left to right.
class Columns {
 public:
  using reads_a_row = void;  // adapters/tables/rows.h
  explicit Columns(sqlite3_stmt* statement) : statement_(statement) {}

  template <std::integral T>
  Columns& operator>>(T& number) {
    number = static_cast<T>(sqlite3_column_int64(statement_, next_++));
    return *this;
  }
  template <Enum T>
  Columns& operator>>(T& value) {
    value = static_cast<T>(sqlite3_column_int64(statement_, next_++));
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
  Columns& operator>>(std::string& text);  // or blob

 private:
  sqlite3_stmt* statement_;
  int next_ = 0;
};

// A named query, prepared at its first use.
class Statement {
 public:
  Statement(Database& database, const sql::Text& query) : database_(database), query_(query) {}
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Runs the statement to its end. Returns the number of rows changed.
  int run(std::initializer_list<Param> params) { return run(std::span(params.begin(), params.size())); }
  int run(std::span<const Param> params) {
    bind(params);
    const Reset reset{statement_};
    while (step()) {
    }
    return sqlite3_changes(database_.raw());
  }
  // Calls `row(Columns&)` for each row. `row` must not use this statement.
  template <class Row>
  void each(std::initializer_list<Param> params, Row&& row) {
    bind(std::span(params.begin(), params.size()));
    const Reset reset{statement_};
    while (step()) {
      Columns columns(statement_);
      row(columns);
    }
  }

 private:
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }  // returns the error of the previous step, which was handled
  };
  struct Index {
    const char* name;
    int index;
  };
  void prepare();
  void bind(std::span<const Param> params);
  bool step();

  Database& database_;
  const sql::Text& query_;
  sqlite3_stmt* statement_ = nullptr;
  std::vector<Index> indexes_;  // of the parameters, in the order of the last call
};

// All reads during its life see one snapshot of the store.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database) : database_(database) { database_.execute("BEGIN"); }
  ~ReadTransaction() { database_.roll_back(); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Database& database_;
};

}  // namespace stagedoor::sqlite
