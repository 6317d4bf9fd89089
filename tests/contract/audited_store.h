// Databases of either kind with sound rows in them, which a test damages and audits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/reports/audit_report.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {

// The event whose order was drawn, and how many took part.
inline constexpr EventId kDrawnEvent{2};
inline constexpr std::uint8_t kDrawnPeople = 20;

// Event 1: two may be inside, two come in a second, two seats a person. User 1 paid and joined again, user 2
// holds a seat, user 3 gave the place up, user 4 paid and was refunded, user 5 was given a seat that user 1
// had paid. Date 2 is cancelled, and half done. Event 2: 20 gathered and were drawn,
// one joined later; the first 16 were let in one after the other, the next one vanished.
Batch sound_rows();

const reports::AuditCheck& check_of(const reports::AuditReport& report, const std::string& name);

class Audited {
 public:
  virtual ~Audited() = default;
  virtual std::unique_ptr<Store> open() = 0;
  virtual reports::AuditReport audit() = 0;
  // Writes the sound rows, a sink and, in PostgreSQL, a journal of several batches.
  virtual void fill() = 0;
  // What no constraint of the schema keeps out, because it is switched off. In SQLite's words.
  virtual void damage(const std::string& statements) = 0;
  // "table.column" of every table but those of the database itself.
  virtual std::vector<std::string> columns() = 0;
  // Keeps the rows of a table, and puts them back.
  virtual void save(const std::string& table) = 0;
  virtual void restore(const std::string& table) = 0;
};

class AuditedSqlite final : public Audited {
 public:
  std::unique_ptr<Store> open() override;
  reports::AuditReport audit() override;
  void fill() override;
  void damage(const std::string& statements) override;
  std::vector<std::string> columns() override;
  void save(const std::string& table) override;
  void restore(const std::string& table) override;
  // The first column of each row, as text.
  std::vector<std::string> ask(const std::string& question) const;

 private:
  Folder folder_{fast_folder()};
  std::string path_ = folder_.file("store.db");
};

class AuditedPostgres final : public Audited {
 public:
  std::unique_ptr<Store> open() override;
  reports::AuditReport audit() override;
  void fill() override;
  void damage(const std::string& statements) override;
  std::vector<std::string> columns() override;
  void save(const std::string& table) override;
  void restore(const std::string& table) override;

 private:
  FreshDatabase database_{FreshDatabase::With::nothing};
};

struct AuditedKind {
  const char* name;
  std::unique_ptr<Audited> (*make)();
};
void PrintTo(const AuditedKind& kind, std::ostream* out);
std::vector<AuditedKind> audited_kinds();

}  // namespace stagedoor::contract
