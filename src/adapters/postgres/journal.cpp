#include "adapters/postgres/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "adapters/tables/applied_migrations.h"
#include "adapters/tables/marks.h"
#include "core/boot_time.h"
#include "core/ensure.h"
#include "core/log.h"
#include "state/peer_message.h"

namespace stagedoor::postgres {
namespace {

constexpr int kRowsAtOnce = 100;  // rows of the journal per query
constexpr auto kFarBehind = std::chrono::seconds(1);

[[noreturn]] void die_of_lost_batches(std::int64_t last_seen, bool are_forgotten) {
  if (are_forgotten) {
    die_of_bug(
        fmt::format("this process was stalled for so long that the batches after {} are no longer in the "
                    "journal; start it again",
                    last_seen));
  }
  die_of_bug(
      fmt::format("the database went back to a state before batch {}, which this process has applied: a "
                  "backup was restored, or a replica that was behind took over; start it again",
                  last_seen));
}

// What a read of the journal says of the clock, in microseconds.
struct ClockColumns {
  std::int64_t theirs = 0, since = 0, correction = 0, percent = 0;

  void read(Columns& columns) { columns >> theirs >> since >> correction >> percent; }
  DatabaseClock::Seen seen(Micros asked) const {
    return {.asked = asked,
            .answered = boot_time(),
            .theirs = Micros(theirs),
            .course = {.since = Micros(since), .from = Micros(correction), .to = {}, .percent = percent}};
  }
};

// Continuing would write rows that newer instances misread.
void die_if_too_old(std::int64_t schema_needed) {
  const int known = sql::migrations_in_postgres().back().number;
  if (schema_needed > known) die_of_bug(tables::needs_newer_program(schema_needed, known));
}

// Skipping a batch would allow double sales.
Batch read_batch(std::string_view body) {
  try {
    return batch_from_bytes(body);
  } catch (const BadBytes& why) {
    die_of_bug(fmt::format("a batch of another instance cannot be read ({}); run one version everywhere",
                           why.what()));
  }
}

}  // namespace

Journal::Journal() : clock_(wall_time() - boot_time()) {
  std::random_device random;
  for (std::size_t at = 0; at < next_writer_.bytes.size(); at += sizeof(std::uint32_t)) {
    const std::uint32_t four = random();
    std::memcpy(&next_writer_.bytes[at], &four, sizeof four);
  }
}

void Journal::begin_at_end(Connection& connection) {
  connection.queue(sql::engine::find_last_of_journal, {}, [&](Columns& columns) {
    Entry& entry = last_.emplace();
    columns >> entry.seq >> entry.writer;
  });
}

bool Journal::is_far_behind() const { return std::chrono::steady_clock::now() - read_at_ > kFarBehind; }

void Journal::catch_up(Connection& connection) {
  struct Row {
    Entry entry;
    std::string body;
    ClockColumns clock;
    std::int64_t schema_needed = 0;
  };
  std::vector<Row> rows;
  do {
    rows.clear();
    const Micros asked = boot_time();
    connection.queue(sql::engine::read_journal, {{"$seen", last_->seq}, {"$limit", kRowsAtOnce}},
                     [&](Columns& columns) {
                       Row& row = rows.emplace_back();
                       columns >> row.entry.seq >> row.entry.writer >> row.body >> row.schema_needed;
                       row.clock.read(columns);
                     });
    connection.finish();
    if (rows.empty() || rows.front().entry != *last_)
      die_of_lost_batches(last_->seq, !rows.empty() && rows.front().entry.seq > last_->seq);
    die_if_too_old(rows.front().schema_needed);
    clock_.note(rows.front().clock.seen(asked));
    for (const Row& row : std::span(rows).subspan(1)) {
      ensure(row.entry.seq == last_->seq + 1, "the journal has no gaps");
      last_ = row.entry;
      const Batch batch = read_batch(row.body);
      clock_.note_batch(batch.now);
      on_batch_(batch);
    }
  } while (rows.size() == kRowsAtOnce);
  read_at_ = std::chrono::steady_clock::now();
}

void Journal::read_clock(Connection& connection) {
  ClockColumns clock;
  const Micros asked = boot_time();
  connection.queue(sql::engine::read_clock, {}, [&](Columns& columns) { clock.read(columns); });
  connection.finish();
  clock_.note(clock.seen(asked));
}

bool Journal::write_correction(Connection& connection) {
  connection.finish();  // the wait for the lock is not part of the measurement
  read_clock(connection);
  const auto course = clock_.correction();
  if (!course) return false;
  for (const auto& [name, value] : {std::pair(tables::kClockSince, course->since.count()),
                                    std::pair(tables::kClockCorrection, course->from.count()),
                                    std::pair(tables::kClockPercent, course->percent)})
    connection.queue(sql::engine::put_mark, {{"$name", name}, {"$value", value}});
  connection.queue("COMMIT");
  connection.finish();
  clock_.written(*course);
  log(LogLevel::warn, "the correction of the database's clock was changed",
      {{"stagedoor.clock.correction",
        fmt::format("{:.3f} s", std::chrono::duration<double>(course->from).count())}});
  return true;
}

Journal::Entry Journal::write(Connection& connection, const std::string& body) {
  for (auto& byte : next_writer_.bytes)
    if (++byte != 0) break;
  const Entry entry{last_->seq + 1, next_writer_};
  connection.queue(sql::engine::insert_journal, {{"$seq", entry.seq},
                                                 {"$writer", entry.writer},
                                                 {"$created_at", clock_.now()},
                                                 {"$body", Bytes{body}}});
  return entry;
}

bool Journal::has(Connection& connection, const Entry& entry) {
  bool is_there = false;
  connection.queue(sql::engine::find_in_journal, {{"$seq", entry.seq}}, [&](Columns& columns) {
    Uuid writer;
    columns >> writer;
    is_there = writer == entry.writer;
  });
  connection.finish();
  return is_there;
}

}  // namespace stagedoor::postgres
