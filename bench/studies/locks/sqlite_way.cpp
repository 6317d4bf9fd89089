// SQLite's single writer: BEGIN IMMEDIATE, one transaction a task, write-ahead log, synchronous=FULL. Who
// writes next is settled by a mutex, because SQLite itself makes those who wait sleep and ask again.
#include <sqlite3.h>

#include <mutex>

#include <stdexcept>

#include "work.h"

namespace locks {
namespace {

class Database {
 public:
  explicit Database(const std::string& path) {
    sqlite3* raw = nullptr;
    const int result = sqlite3_open(path.c_str(), &raw);
    handle_.reset(raw);
    check(result);
    sqlite3_busy_timeout(raw, 60'000);
    run("pragma journal_mode = wal");
    run("pragma synchronous = full");
  }
  void run(const std::string& statements) {
    check(sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr));
  }
  // Runs a prepared statement; its first row, if any, is in the columns until the next call.
  void step(const char* statement, std::initializer_list<std::int64_t> values, Cell* row = nullptr) {
    auto& prepared = statements_.emplace_back();
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(handle_.get(), statement, -1, &raw, nullptr));
    prepared.reset(raw);
    int index = 0;
    for (const std::int64_t value : values) check(sqlite3_bind_int64(raw, ++index, value));
    const int result = sqlite3_step(raw);
    if (result == SQLITE_ROW && row) *row = {sqlite3_column_int64(raw, 0), sqlite3_column_int64(raw, 1), 0};
    statements_.pop_back();
    if (result != SQLITE_ROW && result != SQLITE_DONE) check(result);
  }

 private:
  void check(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_.get()));
  }
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::vector<std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

class SingleWriter final : public Way {
 public:
  SingleWriter(const Work& work, const Servers& servers) : path_(servers.folder + "/cells.db") {
    Database database(path_);
    database.run(
        "create table cells (id integer primary key, value integer, seq integer);"
        "create table changes (id integer primary key, cell integer, seq integer, amount integer, "
        "value_after integer);"
        "create table outbox (id integer primary key, payload text);"
        "insert into cells values (1, " +
        std::to_string(work.money()) + ", 0), (2, 0, 0), (3, 0, 0)");
  }
  Cell cell(std::int64_t id) override {
    Database database(path_);
    return read(database, id);
  }
  void run(const Work& work, Tally& tally) override {
    run_clients(work, tally, [&] {
      return [this, database = std::make_shared<Database>(path_)](const Task& task) {
        return one(*database, task);
      };
    });
  }

 private:
  static Cell read(Database& database, std::int64_t id) {
    Cell cell;
    database.step("select value, seq from cells where id = ?", {id}, &cell);
    return cell;
  }
  Tally::Answer one(Database& database, const Task& task) {
    const std::lock_guard writing(writing_);
    database.run("begin immediate");
    const auto after = decide(read(database, task.cell), task);
    if (after) {
      database.step("update cells set value = ?, seq = ? where id = ?",
                    {after->value, after->seq, task.cell});
      database.step("insert into changes (cell, seq, amount, value_after) values (?, ?, ?, ?)",
                    {task.cell, after->seq, task.amount, after->value});
      database.step("insert into outbox (payload) values (json_object('cell', ?, 'seq', ?, 'value', ?))",
                    {task.cell, after->seq, after->value});
      if (task.price > 0) database.step("update cells set value = value - ? where id = 1", {task.price});
    }
    database.run("commit");
    return after ? Tally::Answer::granted : Tally::Answer::refused;
  }
  const std::string path_;
  std::mutex writing_;
};

}  // namespace

std::unique_ptr<Way> make_sqlite_way(const std::string& name, const Work& work, const Servers& servers) {
  return name == "sqlite" ? std::make_unique<SingleWriter>(work, servers) : nullptr;
}

}  // namespace locks
