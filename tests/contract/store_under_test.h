// The stores that the contract suite runs on, each behind the same handle; and a folder for their files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"
#include "support/postgres_server.h"

namespace stagedoor::contract {

// Where a test that commits thousands of times does not wait for a disk.
std::filesystem::path fast_folder();

// A folder of its own, removed with everything in it.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& under = std::filesystem::temp_directory_path());
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual StorePorts ports() = 0;
  virtual std::unique_ptr<Queries> queries() = 0;
  virtual std::unique_ptr<Outbox> outbox() = 0;
  virtual void reopen() = 0;  // as after a restart; a store that does not last keeps what it has
};

std::unique_ptr<StoreUnderTest> memory_store();
std::unique_ptr<StoreUnderTest> sqlite_store();
std::unique_ptr<StoreUnderTest> sqlite_store_in_memory();
std::unique_ptr<StoreUnderTest> postgres_store();

// The one PostgreSQL server of this program, started when it is first wanted.
test::PostgresServer& postgres();
// A database of its own there; gone with the object.
class FreshDatabase {
 public:
  enum class With { schema, nothing };
  explicit FreshDatabase(With what = With::schema);
  ~FreshDatabase();
  FreshDatabase(const FreshDatabase&) = delete;
  FreshDatabase& operator=(const FreshDatabase&) = delete;
  const std::string& name() const { return name_; }
  std::string url(int port = 0) const {
    return postgres().url(name_, port);
  }  // of the server, or a proxy's port
  std::string ask(const std::string& statements) const { return postgres().ask(name_, statements); }

 private:
  std::string name_;
};

struct StoreKind {
  const char* name;
  std::unique_ptr<StoreUnderTest> (*make)();
};

// A test that runs on every store, on a fresh one each.
class EveryStore : public testing::TestWithParam<StoreKind> {
 protected:
  StorePorts ports() { return under_test_->ports(); }
  Store& store() { return ports().store; }
  StartupState& startup() { return ports().startup; }
  LineStore& line() { return ports().line; }
  Retention& retention() { return ports().retention; }
  std::unique_ptr<Queries> queries() { return under_test_->queries(); }
  std::unique_ptr<Outbox> open_outbox() { return under_test_->outbox(); }
  void reopen() { under_test_->reopen(); }

 private:
  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }
inline std::string kind_name(const testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

std::vector<StoreKind> store_kinds();  // those that can be had here

#define INSTANTIATE_ON_EVERY_STORE(suite) \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, testing::ValuesIn(store_kinds()), kind_name)

}  // namespace stagedoor::contract
