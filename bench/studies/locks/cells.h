// The store that all ways but SQLite's and ours write to: cells in PostgreSQL. A change writes the cell, a
// row of its history and an event for the outside world, in one statement and so in one transaction, which is
// on disk before it answers.
#pragma once

#include <libpq-fe.h>

#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "work.h"

namespace locks {

enum class Read : std::uint8_t { plain, for_update, as_newest_holder };

// What must still be so when a change is written; below 0: anything.
struct If {
  std::int64_t seq = -1, fence = -1;
};

// A connection. One thread at a time. Throws std::runtime_error.
class Cells {
 public:
  explicit Cells(const std::string& url);
  static void create(const std::string& url, const Work& work);  // afresh

  void begin() { run("begin"); }
  void commit() { run("commit"); }
  void roll_back() { run("rollback"); }
  Cell read(std::int64_t id, Read how = Read::plain);
  // False: nothing was written, because of `only`.
  bool write(const Task& task, const Cell& after, If only = {});
  // Changes that follow each other, with how far the sender's messages are done (`upto`), in one transaction.
  void write_all(std::span<const Task> tasks, std::span<const Cell> after, std::int64_t upto);
  bool insert_unique(std::int64_t key);  // false: it is there
  bool hold(std::int64_t id);            // of a free seat, with its end
  void sweep();

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;
  Result check(PGresult* result);
  void run(const char* command) { check(PQexec(connection_.get(), command)); }
  void prepare(const char* name, const char* statement);
  Result execute(const char* name, std::initializer_list<std::string> values);
  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace locks
