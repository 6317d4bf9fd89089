#include "adapters/sqlite/database.h"

#include <fmt/format.h>

#include <cstring>

#include "core/ensure.h"
#include "ports/store_errors.h"

namespace stagedoor::sqlite {
Database::Database(const std::string& path, OpenFor mode) : path_(path) {
  // Memory statistics cost a lock per allocation and are not used. Fails once SQLite is in use.
  static const int unused = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(unused);
  // A reader does not open the file read-only, because SQLite then ignores the CHECK constraints, and an
  // audit would miss violations.
  const int access =
      mode == OpenFor::writing ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(path.c_str(), &db_, access | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const std::string why = db_ ? sqlite3_errmsg(db_) : "out of memory";
    sqlite3_close(db_);
    throw StoreUnusable(fmt::format("{}: {}", path, why));
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, kBusyTimeoutMs);
  if (mode == OpenFor::reading) {
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // the writer does that
    sqlite3_exec(db_, "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
  }
}

Database::~Database() {
  ensure(sqlite3_close(db_) == SQLITE_OK, "a connection is closed before its statements");
}

void Database::execute(const std::string& statements) {
  const int code = sqlite3_exec(db_, statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, statements.substr(0, 60));
}

void Database::each_row(const std::string& question, const std::function<void(Columns&)>& row) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db_, question.c_str(), -1, &statement, nullptr);
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      Columns columns(statement);
      row(columns);
    }
    sqlite3_finalize(statement);
  }
  if (code != SQLITE_DONE) fail(code, question);
}

std::int64_t Database::ask(const std::string& question) {
  std::int64_t answer = 0;
  each_row(question, [&](Columns& columns) { columns >> answer; });
  return answer;
}

void Database::roll_back() noexcept {
  if (in_transaction()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::fail(int code, std::string_view doing) const {
  const std::string why = fmt::format("{}: {} ({}) in {}", path_, sqlite3_errmsg(db_), code, doing);
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
    die_of_bug(why, std::source_location::current());
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      throw StoreRefused(why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      throw StoreUnavailable(why);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      if (!fatal_on_error_) throw StoreUnusable(why);
      [[fallthrough]];
    default:
      die_of_bug(why, std::source_location::current());
  }
}

int Value::bind(sqlite3_stmt* statement, int index) const {
  switch (kind_) {
    case Kind::null:
      return sqlite3_bind_null(statement, index);
    case Kind::integer:
      return sqlite3_bind_int64(statement, index, integer_);
    // An empty string may have a null address, which SQLite would bind as NULL.
    case Kind::text:
      return sqlite3_bind_text64(statement, index, size_ ? static_cast<const char*>(bytes_) : "", size_,
                                 SQLITE_STATIC, SQLITE_UTF8);
    case Kind::blob:
      return sqlite3_bind_blob64(statement, index, size_ ? bytes_ : "", size_, SQLITE_STATIC);
  }
  return SQLITE_MISUSE;
}

Columns& Columns::operator>>(bool& flag) {
  flag = sqlite3_column_int64(statement_, next_++) != 0;
  return *this;
}

Columns& Columns::operator>>(TimePoint& at) {
  at = from_ms(sqlite3_column_int64(statement_, next_++));
  return *this;
}

Columns& Columns::operator>>(std::optional<TimePoint>& at) {
  const int column = next_++;
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) at.reset();
  else at = from_ms(sqlite3_column_int64(statement_, column));
  return *this;
}

Columns& Columns::operator>>(Uuid& uuid) {
  const int column = next_++;
  const void* bytes = sqlite3_column_blob(statement_, column);
  ensure(std::size_t(sqlite3_column_bytes(statement_, column)) == uuid.bytes.size(),
         "a stored uuid has 16 bytes");
  std::memcpy(uuid.bytes.data(), bytes, uuid.bytes.size());
  return *this;
}

Columns& Columns::operator>>(std::string& text) {
  const int column = next_++;
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = std::size_t(sqlite3_column_bytes(statement_, column));
  if (size == 0) text.clear();
  else text.assign(static_cast<const char*>(bytes), size);
  return *this;
}

void Statement::prepare() {
  const int code = sqlite3_prepare_v3(database_.raw(), query_.text.data(), int(query_.text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) database_.fail(code, query_.name);
}

// A look-up of a name costs more than the binding. A call site always passes its names in the same order, so
// each is looked up once.
void Statement::bind(std::span<const Param> params) {
  if (!statement_) prepare();
  indexes_.resize(params.size());
  auto at = indexes_.begin();
  bool is_new = false;
  for (const auto& param : params) {
    if (at->name != param.name) {
      *at = {param.name, sqlite3_bind_parameter_index(statement_, param.name)};
      ensure(at->index != 0, "a query has every parameter that it is given");
      is_new = true;
    }
    const int code = param.value.bind(statement_, at->index);
    if (code != SQLITE_OK) database_.fail(code, query_.name);
    ++at;
  }
  if (is_new) {
    ensure(std::size_t(sqlite3_bind_parameter_count(statement_)) == params.size(),
           "a query is given every parameter that it has");
  }
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code, query_.name);
  return false;
}

}  // namespace stagedoor::sqlite
