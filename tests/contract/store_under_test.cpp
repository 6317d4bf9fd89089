#include "store_under_test.h"

#include <unistd.h>

#include <cstdlib>

#include "adapters/memory/memory_store.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/sqlite_store.h"

namespace stagedoor::contract {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  StorePorts ports() override { return store_.ports(); }
  std::unique_ptr<Queries> queries() override { return store_.queries(); }
  std::unique_ptr<Outbox> outbox() override { return store_.outbox(); }
  void reopen() override {}

 private:
  memory::MemoryStore store_;
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { open(); }
  StorePorts ports() override { return store_->ports(); }
  std::unique_ptr<Queries> queries() override { return store_->queries(); }
  std::unique_ptr<Outbox> outbox() override { return store_->outbox(); }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    store_ = std::make_unique<sqlite::SqliteStore>(sqlite::SqliteOptions{.path = folder_.file("store.db")});
  }

  Folder folder_{fast_folder()};
  std::unique_ptr<sqlite::SqliteStore> store_;
};

class SqliteInMemoryUnderTest final : public StoreUnderTest {
 public:
  StorePorts ports() override { return store_.ports(); }
  std::unique_ptr<Queries> queries() override { return store_.queries(); }
  std::unique_ptr<Outbox> outbox() override { return store_.outbox(); }
  void reopen() override {}

 private:
  sqlite::SqliteStore store_{sqlite::SqliteOptions{.path = ":memory:"}};
};

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() { reopen(); }
  StorePorts ports() override { return store_->ports(); }
  std::unique_ptr<Queries> queries() override { return store_->queries(); }
  std::unique_ptr<Outbox> outbox() override { return store_->outbox(); }
  void reopen() override {
    store_.reset();
    store_ = std::make_unique<postgres::PostgresStore>(postgres::PostgresOptions{.url = database_.url()});
  }

 private:
  FreshDatabase database_;
  std::unique_ptr<postgres::PostgresStore> store_;
};

std::unique_ptr<test::PostgresServer> server;
constexpr const char* kModel = "model";  // a database with the schema and nothing else

struct StopServer final : testing::Environment {
  void TearDown() override { server.reset(); }
};
const auto* const kStopServer = testing::AddGlobalTestEnvironment(new StopServer);

}  // namespace

test::PostgresServer& postgres() {
  if (!server) {
    server = std::make_unique<test::PostgresServer>();
    server->create(kModel);
    postgres::PostgresStore({.url = server->url(kModel)});
  }
  return *server;
}

FreshDatabase::FreshDatabase(With what) {
  static int count = 0;
  name_ = "store" + std::to_string(++count);
  postgres();
  what == With::schema ? postgres().create(name_, kModel) : postgres().create(name_);
}

FreshDatabase::~FreshDatabase() { postgres().drop(name_); }

std::filesystem::path fast_folder() {
  const std::filesystem::path shared_memory = "/dev/shm";
  return ::access(shared_memory.c_str(), W_OK) == 0 ? shared_memory : std::filesystem::temp_directory_path();
}

Folder::Folder(const std::filesystem::path& under) {
  std::string name = (under / "stagedoor-contract-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::unique_ptr<StoreUnderTest> memory_store() { return std::make_unique<MemoryUnderTest>(); }
std::unique_ptr<StoreUnderTest> sqlite_store() { return std::make_unique<SqliteUnderTest>(); }
std::unique_ptr<StoreUnderTest> sqlite_store_in_memory() {
  return std::make_unique<SqliteInMemoryUnderTest>();
}
std::unique_ptr<StoreUnderTest> postgres_store() { return std::make_unique<PostgresUnderTest>(); }

std::vector<StoreKind> store_kinds() {
  std::vector<StoreKind> kinds = {
      {"memory", memory_store}, {"sqlite", sqlite_store}, {"sqlite_in_memory", sqlite_store_in_memory}};
  if (!test::PostgresServer::missing()) kinds.push_back({"postgres", postgres_store});
  return kinds;
}

}  // namespace stagedoor::contract
