#include "adapters/sqlite/clock_report.h"

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/process_lock.h"
#include "adapters/sqlite/schema.h"
#include "adapters/tables/marks.h"

namespace stagedoor::sqlite {

ClockReport read_clock_sqlite(const std::string& file) {
  Database database(file, OpenFor::reading);
  check_schema(database);
  Statement find_mark(database, sql::engine::find_mark);
  const auto mark = [&](std::string_view name) {
    std::int64_t value = 0;
    find_mark.each({{"$name", name}}, [&](Columns& columns) { columns >> value; });
    return value;
  };
  return {{mark(tables::kClockBootId), Micros(mark(tables::kClockOffset))}, from_ms(mark("latest_moment"))};
}

void forget_clock_sqlite(const std::string& file) {
  { const Database is_there(file, OpenFor::reading); }  // not a new file
  const ProcessLock lock(file + ".lock");
  Database database(file, OpenFor::writing);
  check_schema(database);
  Statement(database, sql::engine::put_mark).run({{"$name", tables::kClockBootId}, {"$value", 0}});
}

}  // namespace stagedoor::sqlite
