#include "support/redis_server.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/free_port.h"

namespace stagedoor::test {
namespace {

constexpr auto kStartMax = std::chrono::seconds(20);

bool is_on_path(const char* program) {
  return std::system((std::string("command -v ") + program + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace

std::optional<std::string> RedisServer::missing() {
  if (is_on_path("redis-server") && is_on_path("redis-cli")) return std::nullopt;
  return "skipped, because redis-server is not installed (Debian: apt-get install redis-server)";
}

RedisServer::RedisServer(std::vector<std::string> options)
    : options_(std::move(options)), port_(free_port()) {
  std::string name = (std::filesystem::temp_directory_path() / "redis-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for the server");
  folder_ = name;
  start();
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::start() {
  const std::string conf = (folder_ / "conf").string();  // Sentinel keeps its state there
  std::ofstream(conf, std::ios::app).flush();
  std::vector<std::string> words = {"redis-server", conf,
                                    "--port",       std::to_string(port_),
                                    "--bind",       "127.0.0.1",
                                    "--dir",        folder_.string(),
                                    "--logfile",    (folder_ / "log").string(),
                                    "--save",       "",
                                    "--hz",         "100"};  // a read that waits ends in time
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + kStartMax;
  for (std::string answer; answer != "PONG" && !answer.starts_with("NOAUTH"); answer = ask({"PING"})) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("redis-server does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisServer::pause() { ::kill(pid_, SIGSTOP); }
void RedisServer::resume() { ::kill(pid_, SIGCONT); }

std::string RedisServer::ask(const std::vector<std::string>& words) const {
  std::string command = "redis-cli -h 127.0.0.1 -p " + std::to_string(port_);
  for (const std::string& word : words) command += " '" + word + "'";
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string answer;
  std::array<char, 4096> part{};
  while (const std::size_t bytes = std::fread(part.data(), 1, part.size(), pipe))
    answer.append(part.data(), bytes);
  ::pclose(pipe);
  while (!answer.empty() && answer.back() == '\n') answer.pop_back();
  return answer;
}

std::unique_ptr<RedisServer> line_server() {
  if (std::getenv("STAGEDOOR_TEST_LINE") == nullptr) return nullptr;
  return std::make_unique<RedisServer>(std::vector<std::string>{"--appendonly", "yes"});
}

}  // namespace stagedoor::test
