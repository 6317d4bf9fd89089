// Stands between clients and a server and makes the network fail: lets nothing through for a while, cuts
// connections, loses the server's answer to one message. Every connection is told by what it carries, so the
// same proxy serves many.
//
//   TcpProxy proxy(server.port());
//   PostgresStore store({.url = server.url("sale", proxy.port())});
//   proxy.lose_answer_after("COMMIT");   // the message reaches the server, its answer nobody
//
// Any thread; its own thread carries the bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace stagedoor::test {

class TcpProxy {
 public:
  explicit TcpProxy(int server_port);  // on the loopback
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }

  // Nothing passes in either direction, and new connections are not taken to the server, until resume().
  void pause();
  void resume();
  void cut();       // breaks the connections there are
  void keep_out();  // breaks new ones, until let_in()
  void let_in();
  // From now on new connections lead to this server, as when a name is given to another machine.
  void lead_to(int server_port);
  // Once: what a client sends with `mark` in it is passed on; then, as soon as the server begins to answer
  // it, the connection is broken and the answer lost.
  void lose_answer_after(std::string mark);
  // Once: a client's bytes from `mark` on do not reach the server; the connection is broken.
  void lose_message_with(std::string mark);
  // Once: a client's bytes up to `mark` reach the server, and no more; the connection stays as it is.
  void stall_after(std::string mark);
  // How often one of these three has happened.
  int faults() const { return faults_; }
  // How many clients have come, kept out or not.
  int clients() const { return clients_; }

 private:
  enum class Fault : std::uint8_t { none, lose_answer, lose_message, stall };
  struct Link {
    int client = -1;
    int server = -1;
    std::string up = {};         // not yet sent to the server
    std::string down = {};       // not yet sent to the client
    bool loses_answer = false;   // breaks when the server answers
    bool loses_message = false;  // breaks when `up` is sent
    bool is_stalled = false;     // nothing more goes to the server
  };

  void run();
  void accept_client();
  bool carry(Link& link, bool from_client, bool from_server);
  void strike(Link& link);
  void wake();
  static void close(Link& link);

  int port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::mutex mutex_;  // of all below
  int server_port_;
  bool is_stopping_ = false;
  bool is_paused_ = false;
  bool is_closed_ = false;
  Fault fault_ = Fault::none;
  std::string mark_;
  std::map<int, Link> links_;  // by the client's socket
  std::atomic<int> faults_{0};
  std::atomic<int> clients_{0};
  std::thread thread_;
};

}  // namespace stagedoor::test
