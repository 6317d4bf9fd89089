#include "adapters/postgres/clock_report.h"

#include "adapters/postgres/journal.h"
#include "adapters/postgres/schema.h"

namespace stagedoor::postgres {

ClockReport read_clock_postgres(const std::string& url) {
  Connection connection({.url = url});
  check_schema(connection);
  Journal journal;
  journal.read_clock(connection);
  ClockReport report{journal.clock().status(), {}};
  connection.stream(sql::engine::find_mark, {{"$name", std::string_view("latest_moment")}},
                    [&](Columns& columns) { columns >> report.last_moment; });
  return report;
}

void accept_clock_postgres(const std::string& url) {
  Connection connection({.url = url});
  check_schema(connection);
  connection.queue("BEGIN");
  connection.queue(sql::engine::take_lock, {});
  Journal journal;
  journal.clock().accept();
  journal.write_correction(connection);
}

}  // namespace stagedoor::postgres
