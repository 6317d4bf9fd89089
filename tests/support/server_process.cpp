#include "support/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace stagedoor::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::filesystem::path;

std::string read_file(const path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "stagedoor-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("mkdtemp: " + std::string(std::strerror(errno)));
  return pattern;
}

struct Child {
  pid_t pid;
  int out;  // read end of its standard output
};

// Forks and executes `command` in `folder`; standard error is appended to `log`. Everything is prepared
// before the fork, because between fork and exec only async-signal-safe calls are allowed.
Child spawn(const std::vector<std::string>& command, const path& folder, const path& log,
            const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("STAGEDOOR_")) variables.emplace_back(*variable);
  }
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  int pipe_ends[2];
  const int err = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (err < 0 || pipe2(pipe_ends, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot prepare the server's output");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork: " + std::string(std::strerror(errno)));
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || chdir(folder.c_str()) != 0) _exit(127);
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    constexpr std::string_view kWhy = "cannot execute the stagedoor binary: is it built?\n";
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, kWhy.data(), kWhy.size());
    _exit(127);
  }
  close(pipe_ends[1]);
  close(err);
  return {pid, pipe_ends[0]};
}

// Its exit code, or 128 + the signal that ended it.
int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// False when the process still runs after `within`.
bool ends_within(pid_t pid, std::chrono::milliseconds within) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) throw std::runtime_error("pidfd_open: " + std::string(std::strerror(errno)));
  pollfd ended{fd, POLLIN, 0};
  const int count = poll(&ended, 1, static_cast<int>(within.count()));
  close(fd);
  return count > 0;
}

// The first line of `fd` that names the event "listening"; nothing when the output ends or time is up first.
boost::json::object read_listening_line(int fd, Clock::time_point until) {
  std::string text;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd readable{fd, POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0) return {};
    char bytes[4096];
    const ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0) return {};
    text.append(bytes, static_cast<std::size_t>(count));
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      boost::system::error_code error;
      const boost::json::value line = boost::json::parse(text.substr(0, end), error);
      text.erase(0, end + 1);
      if (error || !line.is_object()) continue;
      const boost::json::value* event = line.as_object().if_contains("event");
      if (event != nullptr && *event == "listening") return line.as_object();
    }
  }
}

}  // namespace

ServerProcess::ServerProcess(ServerOptions options) : options_(std::move(options)), folder_(make_folder()) {
  if (options_.binary.empty()) options_.binary = STAGEDOOR_BINARY;
  if (!options_.catalogue.empty()) {
    std::ofstream(folder_ / "catalogue.yaml") << options_.catalogue;
    set("catalogue.file", (folder_ / "catalogue.yaml").string());
  }
  options_.environment.emplace_back("STAGEDOOR_ADMIN_KEYS", fmt::format("test:owner:{}", kOwnerKey));
  options_.settings.insert(options_.settings.begin(), {"http.listen", "127.0.0.1:0"});
  try {
    start();
  } catch (...) {
    std::filesystem::remove_all(folder_);
    throw;
  }
}

ServerProcess::~ServerProcess() {
  if (running()) kill9();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ServerProcess::log() const { return read_file(folder_ / "stderr.log"); }

void ServerProcess::start() {
  if (running()) throw std::logic_error("the server runs already");
  std::vector<std::string> command{options_.binary, "serve"};
  for (const auto& [name, value] : options_.settings) command.push_back(fmt::format("--{}={}", name, value));
  const auto begin = Clock::now();
  const Child child = spawn(command, folder_, folder_ / "stderr.log", options_.environment);
  pid_ = child.pid;
  stdout_ = child.out;
  listening_ = read_listening_line(stdout_, begin + options_.ready_within);
  started_in_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  if (listening_.empty()) {
    kill9();
    throw std::runtime_error("the server did not say that it listens; it logged:\n" + log());
  }
  url_ = "http://" + std::string(listening_.at("address").as_string());
}

int ServerProcess::wait_for_end(std::chrono::milliseconds within) {
  if (!running()) throw std::logic_error("the server does not run");
  if (!ends_within(pid_, within)) {
    kill9();
    throw std::runtime_error("the server did not stop in time; it logged:\n" + log());
  }
  const int code = wait_for(pid_);
  close(stdout_);
  pid_ = stdout_ = -1;
  return code;
}

void ServerProcess::kill9() {
  if (!running()) throw std::logic_error("the server does not run");
  kill(pid_, SIGKILL);
  wait_for(pid_);
  close(stdout_);
  pid_ = stdout_ = -1;
}

void ServerProcess::stop(std::chrono::milliseconds within) {
  if (!running()) throw std::logic_error("the server does not run");
  kill(pid_, SIGTERM);
  if (const int code = wait_for_end(within); code != 0)
    throw std::runtime_error(
        fmt::format("the server stopped with exit code {}; it logged:\n{}", code, log()));
}

void ServerProcess::restart() {
  stop();
  start();
}

void ServerProcess::set(std::string_view name, std::string_view value) {
  for (auto& setting : options_.settings) {
    if (setting.first == name) {
      setting.second = value;
      return;
    }
  }
  options_.settings.emplace_back(name, value);
}

CommandResult ServerProcess::run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{options_.binary};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto environment = options_.environment;  // where the store may stand also for commands that ask for none
  for (const auto& [name, value] : options_.settings) {
    if (name == "store.url") environment.emplace_back("STAGEDOOR_STORE_URL", value);
    if (name == "room.url") environment.emplace_back("STAGEDOOR_ROOM_URL", value);
  }
  const path log = folder_ / "command-stderr.log";
  std::filesystem::remove(log);
  const Child child = spawn(command, folder_, log, environment);
  CommandResult result;
  char bytes[4096];
  for (ssize_t count = 1; count > 0;) {
    count = read(child.out, bytes, sizeof bytes);
    if (count > 0) result.out.append(bytes, static_cast<std::size_t>(count));
  }
  close(child.out);
  result.exit_code = wait_for(child.pid);
  result.err = read_file(log);
  return result;
}

}  // namespace stagedoor::test
