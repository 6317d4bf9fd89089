// A small HTTP server for tests of clients: a function of the test answers each request. One thread, any
// number of connections, requests with Content-Length bodies.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace stagedoor::crowd {

class ScriptedServer {
 public:
  struct Request {
    std::string_view method, target, head, body;
  };
  // Called in the server's thread. The bytes to answer with; "" closes the connection without an answer, and
  // an answer with "Connection: close" is followed by closing it.
  using Script = std::function<std::string(const Request&)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();

  const std::string& url() const { return url_; }
  int connections_accepted() const { return accepted_; }

 private:
  void serve();

  Script script_;
  int listener_ = -1;
  std::string url_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

// An answer with a Content-Length. `headers`: complete lines ended by CRLF.
std::string answer(int status, std::string_view body, std::string_view headers = "");

}  // namespace stagedoor::crowd
