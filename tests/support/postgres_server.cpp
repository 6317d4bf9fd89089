#include "support/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "support/free_port.h"

namespace stagedoor::test {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "stagedoor-postgres-";

// Where initdb and postgres are: on the path, or where Debian puts them, the newest.
std::optional<fs::path> programs() {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error))
    folders.push_back(version.path() / "bin");
  std::sort(folders.rbegin(), folders.rend());
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    folders.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  for (const auto& folder : folders)
    if (::access((folder / "initdb").c_str(), X_OK) == 0 &&
        ::access((folder / "postgres").c_str(), X_OK) == 0)
      return folder;
  return std::nullopt;
}

// Who runs the server: PostgreSQL refuses to be run by root.
const passwd* servant() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  return user ? user : ::getpwnam("nobody");
}

// What a test that was killed has left.
void remove_old(const fs::path& root) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    if (entry.last_write_time(error) > fs::file_time_type::clock::now() - std::chrono::minutes(1)) continue;
    pid_t owner = 0;
    std::ifstream(entry.path() / "data/postmaster.pid") >> owner;
    if (owner == 0 || ::kill(owner, 0) != 0) fs::remove_all(entry.path(), error);
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::optional<std::string> PostgresServer::missing() {
  if (!programs()) return "PostgreSQL is not installed (Debian: postgresql); what needs it is skipped";
  return std::nullopt;
}

PostgresServer::PostgresServer(Empty, std::vector<std::string> settings, Environment environment)
    : settings_(std::move(settings)), environment_(std::move(environment)), port_(free_port()) {
  const fs::path shared_memory = "/dev/shm";
  const fs::path root =
      ::access(shared_memory.c_str(), W_OK) == 0 ? shared_memory : fs::temp_directory_path();
  remove_old(root);
  std::string name = (root / (std::string(kPrefix) + "XXXXXX")).string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  folder_ = name;
  if (const passwd* user = servant())
    if (::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("chown");
}

PostgresServer::PostgresServer(std::vector<std::string> settings, Environment environment)
    : PostgresServer(Empty{}, std::move(settings), std::move(environment)) {
  run({"initdb", "--no-sync", "--auth=trust", "--username=stagedoor", "--encoding=UTF8", "--locale=C",
       "--pgdata=" + data()});
  start();
}

std::unique_ptr<PostgresServer> PostgresServer::replica_of(const PostgresServer& primary) {
  std::unique_ptr<PostgresServer> replica(
      new PostgresServer(Empty{}, primary.settings_, primary.environment_));
  replica->run({"pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf",
                "--dbname=" + primary.url("postgres"), "--pgdata=" + replica->data()});
  replica->start();
  return replica;
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) stop(How::immediate);
  std::error_code error;
  fs::remove_all(folder_, error);
}

pid_t PostgresServer::spawn(const std::vector<std::string>& command) const {
  const std::string program = (*programs() / command.front()).string();
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.front() = const_cast<char*>(program.c_str());  // by which it finds its own files
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment_) variables.push_back(name + "=" + value);
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  const passwd* user = servant();
  const std::string log_file = (folder_ / "log").string();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork: " + std::string(std::strerror(errno)));
  if (pid == 0) {
    if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int out = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::getppid() != parent || ::chdir(folder_.c_str()) != 0 || out < 0) ::_exit(127);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    // The signals that the test blocks are not for the server.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(127);
  }
  return pid;
}

void PostgresServer::run(const std::vector<std::string>& command) const {
  if (wait_for(spawn(command)) != 0) throw std::runtime_error(command.front() + " failed:\n" + log());
}

void PostgresServer::start() {
  if (pid_ > 0) throw std::logic_error("the server runs already");
  std::vector<std::string> command = {
      "postgres", "-D", data(), "-k", folder_.string(), "-h", "127.0.0.1", "-p", std::to_string(port_)};
  std::vector<std::string> settings = {
      "fsync=off",          "full_page_writes=off",  "shared_buffers=32MB",
      "max_connections=60", "autovacuum_naptime=5s", "wal_retrieve_retry_interval=100ms"};
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  for (const auto& setting : settings) command.insert(command.end(), {"-c", setting});
  pid_ = spawn(command);
  const std::string conninfo = url("postgres");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (PQping(conninfo.c_str()) != PQPING_OK) {
    int status = 0;
    const bool is_gone = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (is_gone || std::chrono::steady_clock::now() > until) {
      if (!is_gone) stop(How::immediate);
      pid_ = -1;
      throw std::runtime_error("PostgreSQL did not start:\n" + log());
    }
    ::poll(nullptr, 0, 20);
  }
}

void PostgresServer::stop(How how) {
  if (pid_ <= 0) throw std::logic_error("the server does not run");
  ::kill(pid_, how == How::fast ? SIGINT : SIGQUIT);
  wait_for(pid_);
  pid_ = -1;
}

bool PostgresServer::has_ended() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

void PostgresServer::promote() {
  if (ask("postgres", "SELECT pg_promote(wait_seconds => 60)") != "t")
    throw std::runtime_error("the replica was not promoted:\n" + log());
}

std::string PostgresServer::url(std::string_view database, int port) const {
  return fmt::format("postgres://stagedoor@127.0.0.1:{}/{}", port ? port : port_, database);
}

std::string PostgresServer::log() const {
  std::ifstream in(folder_ / "log", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void PostgresServer::create(const std::string& database, const std::string& model) {
  ask("postgres", fmt::format("CREATE DATABASE {} TEMPLATE {}", database, model));
}

void PostgresServer::drop(const std::string& database) {
  ask("postgres", fmt::format("DROP DATABASE {} WITH (FORCE)", database));
}

std::string PostgresServer::ask(const std::string& database, const std::string& statements) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url(database).c_str()),
                                                                &PQfinish);
  PQsetNoticeReceiver(
      connection.get(), [](void*, const PGresult*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), statements.c_str()),
                                                             &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 && PQnfields(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace stagedoor::test
