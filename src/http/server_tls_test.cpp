// TLS, with a certificate made here.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>

#include "core/log.h"
#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using testing::RawClient;
using testing::TestServer;

class Tls : public ::testing::Test {
 protected:
  Tls() : folder_(std::filesystem::temp_directory_path() / ("stagedoor-tls-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* file = std::fopen((folder_ / "cert.pem").c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen((folder_ / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    server_.config.tls_certificate = folder_ / "cert.pem";
    server_.config.tls_key = folder_ / "key.pem";
  }
  ~Tls() override {
    server_.server.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  TestServer server_;
};

class TlsClient {
 public:
  // `ciphers` of TLS 1.2, and `protocols` in the form of ALPN.
  explicit TlsClient(std::uint16_t port, int version = TLS1_3_VERSION, const char* ciphers = nullptr,
                     std::string_view protocols = {}, int receive_buffer = 0)
      : socket_(port, receive_buffer), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    SSL_CTX_set_security_level(context_, 0);  // so that the server is the one that refuses
    if (ciphers) SSL_CTX_set_cipher_list(context_, ciphers);
    if (!protocols.empty())
      SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.fd());
    is_connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  bool is_connected() const { return is_connected_; }
  std::string cipher() const { return SSL_get_cipher_name(ssl_); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  void send(std::string_view bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
  // Everything up to and with `end`, or what came before the connection ended.
  std::string receive_until(std::string_view end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && SSL_read(ssl_, &byte, 1) == 1) text += byte;
    return text;
  }
  // Everything until the server says goodbye.
  std::string receive_to_end(std::chrono::milliseconds pause = {}) {
    std::string text;
    char bytes[16 * 1024];
    int n = 0;
    while ((n = SSL_read(ssl_, bytes, sizeof bytes)) > 0) {
      text.append(bytes, static_cast<std::size_t>(n));
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
    }
    ended_well_ = SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN;
    return text;
  }
  bool ended_well() const { return ended_well_; }

 private:
  RawClient socket_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool is_connected_ = false;
  bool ended_well_ = false;
};

TEST_F(Tls, serves_pipelined_requests_and_large_bodies_and_ends_properly) {
  const auto bytes = std::make_shared<const std::string>(2'000'000, 'x');
  server_.get("/large", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server_.get("/small", [](const Request&, Reply reply) { reply({.body = "small"}); });
  server_.start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_.port(), version);
    ASSERT_TRUE(client.is_connected());
    client.send("GET /small HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send("GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string text = client.receive_to_end();
    EXPECT_TRUE(client.ended_well());
    EXPECT_NE(text.find("\r\n\r\nsmallHTTP/1.1 200 OK"), std::string::npos);
    EXPECT_NE(text.find(*bytes), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\nsmall"));
  }
}

TEST_F(Tls, refuses_versions_before_1_2) {
  server_.start();
  EXPECT_FALSE(TlsClient(server_.port(), TLS1_1_VERSION).is_connected());
}

TEST_F(Tls, has_only_ciphers_with_forward_secrecy_and_its_own_order) {
  server_.start();
  for (const char* refused : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256",
                              "ECDHE-ECDSA-AES128-CCM"}) {
    EXPECT_FALSE(TlsClient(server_.port(), TLS1_2_VERSION, refused).is_connected()) << refused;
  }
  for (const char* offered : {"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384",
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_EQ(TlsClient(server_.port(), TLS1_2_VERSION, offered).cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
  }
}

TEST_F(Tls, speaks_http_1_1_only) {
  server_.start();
  constexpr std::string_view kBoth("\x02h2\x08http/1.1"), kOther("\x02h2");
  EXPECT_EQ(TlsClient(server_.port(), TLS1_3_VERSION, nullptr, kBoth).protocol(), "http/1.1");
  EXPECT_FALSE(TlsClient(server_.port(), TLS1_2_VERSION, nullptr, kOther).is_connected());
  TlsClient silent(server_.port());
  EXPECT_TRUE(silent.is_connected());
  EXPECT_EQ(silent.protocol(), "");
}

TEST_F(Tls, tells_browsers_to_use_tls_only_where_it_is_served) {
  const auto head_over = [&](auto& client) {
    client.send("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return std::string(client.receive_until("\r\n\r\n"));
  };
  server_.start();
  TlsClient client(server_.port());
  EXPECT_NE(head_over(client).find("Strict-Transport-Security: max-age=31536000\r\n"), std::string::npos);
  TestServer plain;
  plain.start();
  RawClient other(plain.port());
  EXPECT_EQ(head_over(other).find("Strict-Transport-Security"), std::string::npos);
}

TEST_F(Tls, warns_of_a_key_that_everybody_may_read) {
  static std::atomic<int> key_warnings{0};
  set_log_writer([](LogLevel level, std::string_view, std::span<const LogField> fields) {
    if (level == LogLevel::warn && fields.front().text.ends_with("key.pem")) ++key_warnings;
  });
  std::filesystem::permissions(folder_ / "key.pem", std::filesystem::perms(0640));
  server_.start();
  EXPECT_EQ(key_warnings, 0);
  std::filesystem::permissions(folder_ / "key.pem", std::filesystem::perms(0644));
  server_.server->reload_tls();
  set_log_writer(nullptr);
  EXPECT_EQ(key_warnings, 1);
}

TEST_F(Tls, answers_malformed_requests_and_then_closes) {
  server_.start();
  TlsClient client(server_.port());
  client.send("bad\r\n\r\n");
  EXPECT_TRUE(client.receive_to_end().starts_with("HTTP/1.1 400 Bad Request"));
}

TEST_F(Tls, gives_up_clients_that_speak_no_tls_or_nothing) {
  server_.config.head_timeout = Millis(50);
  server_.get("/x", [](const Request&, Reply reply) { reply({}); });
  server_.start();
  RawClient plain(server_.port());
  plain.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(plain.receive_to_end().value_or("HTTP/1.1").find("HTTP/1.1"), std::string::npos);
  RawClient silent(server_.port());
  EXPECT_TRUE(silent.is_closed_by_server());
}

TEST_F(Tls, closes_readers_by_the_same_minimum_rate_as_without) {
  const auto bytes = std::make_shared<const std::string>(20'000'000, 'x');
  server_.config.write_timeout = Millis(300);
  server_.config.read_rate_min = 100'000;
  server_.get("/x", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server_.start();
  TlsClient slow(server_.port(), TLS1_3_VERSION, nullptr, {}, 64 * 1024);
  slow.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_GT(slow.receive_to_end(std::chrono::milliseconds(1)).size(), bytes->size());
  EXPECT_TRUE(slow.ended_well());
  TlsClient stalled(server_.port(), TLS1_3_VERSION, nullptr, {}, 64 * 1024);
  stalled.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  stalled.receive_until("\r\n\r\n");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (bytes.use_count() > 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(bytes.use_count(), 1);
}

// Tells one event of a megabyte in each call, as long as it is asked.
class Endless : public EventStream {
 public:
  explicit Endless(std::shared_ptr<const std::string> event) : event_(std::move(event)) {}
  bool next(std::string&, std::shared_ptr<const std::string>& shared) override {
    shared = event_;
    return true;
  }

 private:
  std::shared_ptr<const std::string> event_;
};

// One event in each round; says when it is closed.
class Counting : public EventStream {
 public:
  Counting(int last, std::atomic<int>& closed) : last_(last), closed_(closed) {}
  ~Counting() override { ++closed_; }
  bool next(std::string& text, std::shared_ptr<const std::string>&) override {
    if (std::exchange(was_asked_, !was_asked_)) return true;  // nothing new at every other call
    text += "data: " + std::to_string(++count_) + "\n\n";
    return count_ < last_;
  }

 private:
  int last_;
  std::atomic<int>& closed_;
  int count_ = 0;
  bool was_asked_ = false;
};

TEST_F(Tls, carries_event_streams_from_their_begin_to_their_end_R_Q3) {
  server_.config.stream_interval = Millis(2);
  std::atomic<int> closed{0};
  server_.get("/stream", [&](const Request&, Reply reply) {
    reply({.stream = std::make_shared<Counting>(50, closed)});
  });
  server_.start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_.port(), version);
    client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.receive_until("data: 1\n\n").find("text/event-stream"), std::string::npos);
    client.send("what a client says now is not heard");  // reads and writes cross
    const std::string rest = client.receive_to_end();
    EXPECT_TRUE(rest.starts_with("data: 2\n\n")) << rest;
    EXPECT_TRUE(rest.ends_with("data: 50\n\n")) << rest;
    EXPECT_TRUE(client.ended_well());
  }
  EXPECT_EQ(closed, 2);
}

TEST_F(Tls, hangs_up_when_the_client_of_a_stream_sends_more_than_a_kilobyte) {
  std::atomic<int> closed{0};
  server_.get("/stream", [&](const Request&, Reply reply) {
    reply({.stream = std::make_shared<Counting>(1'000'000, closed)});
  });
  server_.start();
  TlsClient client(server_.port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("data: 1\n\n");
  client.send(std::string(1024, 'x'));
  EXPECT_NE(client.receive_until("data: 3\n\n"), "");
  EXPECT_EQ(closed, 0);
  client.send("x");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (closed == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(closed, 1);
}

TEST_F(Tls, notices_when_a_listener_leaves_and_drops_one_who_does_not_read) {
  server_.config.stream_interval = Millis(2);
  server_.config.write_timeout = Millis(50);
  std::atomic<int> closed{0};
  server_.get("/quiet", [&](const Request&, Reply reply) {
    reply({.stream = std::make_shared<Counting>(1'000'000, closed)});
  });
  const auto event = std::make_shared<const std::string>(1'000'000, 'x');
  server_.get("/endless",
              [&](const Request&, Reply reply) { reply({.stream = std::make_shared<Endless>(event)}); });
  server_.start();
  {
    TlsClient client(server_.port());
    client.send("GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.receive_until("data: 1\n\n"), "");
  }
  TlsClient stalled(server_.port());
  stalled.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  stalled.receive_until("x");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while ((closed == 0 || event.use_count() > 1) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(event.use_count(), 1);
}

TEST_F(Tls, tells_listeners_to_reconnect_when_it_stops_R_M5) {
  std::atomic<int> closed{0};
  server_.get("/stream", [&](const Request&, Reply reply) {
    reply({.stream = std::make_shared<Counting>(1'000'000, closed)});
  });
  server_.start();
  TlsClient client(server_.port());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.receive_until("data: 1\n\n"), "");
  auto stopped = std::async(std::launch::async, [&] { server_.server->stop(Millis(60'000)); });
  EXPECT_TRUE(client.receive_to_end().ends_with("event: reconnect\ndata: {}\n\n"));
  EXPECT_TRUE(client.ended_well());
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(Tls, stops_within_the_grace_period) {
  server_.get("/x", [](const Request&, Reply reply) { reply({.body = "x"}); });
  server_.start();
  TlsClient client(server_.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient silent(server_.port());
  server_.server->stop(Millis(100));
  EXPECT_TRUE(silent.is_closed_by_server());
}

}  // namespace
}  // namespace stagedoor::http
