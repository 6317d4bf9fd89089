#include "http/server.h"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include "core/log.h"
#include "http/loop.h"
#include "http/shared_state.h"
#include "http/tls.h"

namespace stagedoor::http {
namespace {

constexpr int kBacklog = 4096;

Acceptor open_acceptor(asio::io_context& context, const std::string& ip, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(ip, error);
  if (error) throw std::runtime_error(fmt::format("{} is not an IP address", ip));
  const tcp::endpoint endpoint(address, port);
  Acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (error) {
    throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}", ip, port, error.message()));
  }
  return acceptor;
}

}  // namespace

Server::Server(ServerConfig config, const Router& router, std::shared_ptr<Metrics> metrics,
               ClientLimits* limits)
    : state_(new ServerState{
          .config = std::move(config), .router = router, .metrics = std::move(metrics), .limits = limits}) {
  if (state_->config.threads == 0) state_->config.threads = std::max(1u, std::thread::hardware_concurrency());
}

Server::~Server() {
  stop(Millis(0));
  for (auto& loop : loops_) {
    if (loop->free_answered()) continue;
    // A Reply still exists and points into this loop: a leak is better than a dangling pointer.
    log(LogLevel::error, "the HTTP server ended before a request was answered");
    (void)loop.release();
    (void)state_.release();
  }
}

void Server::start() {
  const ServerConfig& config = state_->config;
  auto proxies = TrustedProxies::parse(config.trusted_proxies);
  if (!proxies)
    throw std::runtime_error("a trusted proxy must be an address or a network such as 10.0.0.0/8");
  state_->proxies = std::move(*proxies);
  state_->has_tls = !config.tls_certificate.empty();
  reload_tls();

  const auto blocks = state_->metrics->open(state_->router, config.threads);
  std::vector<Loop*> loops;
  for (Metrics::Block* block : blocks)
    loops.push_back(loops_.emplace_back(std::make_unique<Loop>(*state_, *block)).get());

  std::vector<Listener> listeners;
  const auto listen = [&](const std::string& address, std::uint16_t port, bool is_admin) {
    Acceptor acceptor = open_acceptor(loops.front()->context(), address, port);
    const tcp::endpoint endpoint = acceptor.local_endpoint();
    listeners.push_back(
        {.acceptor = std::move(acceptor), .is_v6 = endpoint.protocol() == tcp::v6(), .is_admin = is_admin});
    return endpoint.port();
  };
  state_->port = listen(config.address, config.port, false);
  if (!config.admin_address.empty())
    state_->admin_port = listen(config.admin_address, config.admin_port, true);
  loops.front()->listen(std::move(listeners), loops);
  for (Loop* loop : loops) loop->start();
}

void Server::check_certificate(const ServerConfig& config) {
  if (!config.tls_certificate.empty()) (void)make_tls(config);
}

void Server::reload_tls() {
  if (state_->has_tls) *state_->tls.lock() = make_tls(state_->config);
}

std::uint16_t Server::port() const { return state_->port; }
std::uint16_t Server::admin_port() const { return state_->admin_port; }

void Server::stop(Millis grace) {
  const auto deadline = SteadyClock::now() + grace;
  for (auto& loop : loops_) loop->stop(deadline);
  for (auto& loop : loops_) loop->join();
}

}  // namespace stagedoor::http
