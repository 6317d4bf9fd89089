#include "crash/stored.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "core/uuid.h"

namespace stagedoor::test {
namespace {

using std::filesystem::path;

struct Closer {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, Closer>;

// Opening the file itself would do the recovery that the server is to be seen doing.
path copy_of(const path& database) {
  const path folder = database.parent_path() / "copy";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  for (const char* ending : {"", "-wal"}) {
    path file = database;
    file += ending;
    if (std::filesystem::exists(file)) std::filesystem::copy_file(file, folder / file.filename());
  }
  return folder / database.filename();
}

template <class Row>
void each(const Database& database, const char* query, const Row& row) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.get(), query, -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(fmt::format("{}: {}", query, sqlite3_errmsg(database.get())));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) row(statement);
  sqlite3_finalize(statement);
  if (code != SQLITE_DONE)
    throw std::runtime_error(fmt::format("{}: {}", query, sqlite3_errmsg(database.get())));
}

std::string user_at(sqlite3_stmt* row, int column) {
  Uuid user;
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(row, column));
  std::copy_n(bytes, user.bytes.size(), user.bytes.begin());
  return to_string(user);
}

}  // namespace

Stored read_stored(const path& file) {
  const path copy = copy_of(file);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(copy.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const Database database(opened);
  if (code != SQLITE_OK) throw std::runtime_error("cannot open " + copy.string());
  const auto number = [](sqlite3_stmt* row, int column) { return sqlite3_column_int64(row, column); };
  Stored stored;
  each(database, "SELECT id, seat_id, user_id, status, payment_id FROM reservations", [&](sqlite3_stmt* row) {
    static const char* const kNames[] = {"RESERVED", "PENDING", "PAID", "CANCELLED", "REFUNDED"};
    stored.reservations[number(row, 0)] = {number(row, 1), user_at(row, 2), kNames[number(row, 3)],
                                           number(row, 4)};
  });
  each(database, "SELECT id, amount FROM postings",
       [&](sqlite3_stmt* row) { stored.postings[number(row, 0)] = number(row, 1); });
  each(database, "SELECT event_id, place, user_id FROM line_places", [&](sqlite3_stmt* row) {
    stored.places[{number(row, 0), number(row, 1)}] = user_at(row, 2);
  });
  each(database, "SELECT activated_at, expires_at FROM visits",
       [&](sqlite3_stmt* row) { stored.visits.emplace_back(number(row, 0), number(row, 1)); });
  return stored;
}

std::int64_t most_at_once(const Stored& stored) {
  std::vector<std::pair<std::int64_t, int>> edges;  // at one moment, ends come first
  for (const auto& [begin, end] : stored.visits) {
    edges.emplace_back(begin, 1);
    edges.emplace_back(end, -1);
  }
  std::sort(edges.begin(), edges.end());
  std::int64_t inside = 0, most = 0;
  for (const auto& [at, step] : edges) most = std::max(most, inside += step);
  return most;
}

std::int64_t most_begun_within(const Stored& stored, std::int64_t window_ms) {
  std::vector<std::int64_t> begins;
  for (const auto& [begin, end] : stored.visits) begins.push_back(begin);
  std::sort(begins.begin(), begins.end());
  std::size_t first = 0, most = 0;
  for (std::size_t last = 0; last < begins.size(); ++last) {
    while (begins[last] - begins[first] > window_ms) ++first;
    most = std::max(most, last - first + 1);
  }
  return std::int64_t(most);
}

}  // namespace stagedoor::test
