#include "cluster/cluster.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "core/parse_number.h"
#include "support/calls.h"

namespace stagedoor::test {
namespace {

constexpr std::chrono::seconds kReadyWithin{20};
constexpr std::array kStatuses = {"RESERVED", "PENDING", "PAID", "CANCELLED", "REFUNDED"};

// Lines of fields separated by '|'.
template <class Row>
void each_line(std::string_view text, const Row& row) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::vector<std::string_view> fields;
    for (;;) {
      const std::string_view field = line.substr(0, line.find('|'));
      fields.push_back(field);
      if (field.size() == line.size()) break;
      line.remove_prefix(field.size() + 1);
    }
    row(fields);
  }
}

std::int64_t whole(std::string_view text) {
  const auto value = parse_number<std::int64_t>(text);
  if (!value) throw std::runtime_error("not a number: " + std::string(text));
  return *value;
}

}  // namespace

Cluster::Cluster(const std::string& catalogue, std::size_t instances,
                 std::vector<std::pair<std::string, std::string>> settings,
                 std::unique_ptr<PostgresServer> postgres)
    : postgres_(std::move(postgres)), redis_(line_server()) {
  postgres_->create("sale");
  if (redis_) settings.emplace_back("room.url", redis_->url());
  for (std::size_t i = 0; i < instances; ++i) {
    auto& proxy = *proxies_.emplace_back(std::make_unique<TcpProxy>(postgres_->port()));
    ServerOptions options{.catalogue = i == 0 ? catalogue : "", .settings = settings};
    options.settings.emplace_back("store.url", postgres_->url("sale", proxy.port()));
    options.environment.emplace_back("STAGEDOOR_AUTH_KEYS", "the-same-signing-key-on-all-instances");
    if (const char* neighbour = std::getenv("STAGEDOOR_TEST_NEIGHBOUR"); neighbour && i % 2 == 1)
      options.binary = std::filesystem::absolute(neighbour);
    auto& server = *servers_.emplace_back(std::make_unique<ServerProcess>(std::move(options)));
    server.set("http.listen", server.url().substr(std::string_view("http://").size()));
  }
}

void Cluster::take_over(std::unique_ptr<PostgresServer> postgres) {
  postgres_ = std::move(postgres);
  for (auto& proxy : proxies_) proxy->lead_to(postgres_->port());
}

std::vector<std::string> Cluster::urls() const {
  std::vector<std::string> urls;
  for (const auto& server : servers_) urls.push_back(server->url());
  return urls;
}

void Cluster::wait_until_ready() const {
  const auto until = std::chrono::steady_clock::now() + kReadyWithin;
  for (const auto& server : servers_) {
    for (;;) {
      crowd::Caller caller(server->url(), std::chrono::seconds(2));
      if (caller.call({.target = "/readyz"}).status == 200) break;
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error(server->url() + " is not ready again:\n" + server->log());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

Stored Cluster::stored() const {
  const auto lines = [&](const char* fields, const char* table) {
    return ask(
        fmt::format("SELECT coalesce(string_agg(concat_ws('|', {}), E'\\n'), '') FROM {}", fields, table));
  };
  Stored stored;
  each_line(
      lines("id, seat_id, user_id, status, coalesce(payment_id, 0)", "reservations"), [&](const auto& field) {
        stored.reservations[whole(field[0])] = {whole(field[1]), std::string(field[2]),
                                                kStatuses.at(std::size_t(whole(field[3]))), whole(field[4])};
      });
  each_line(lines("id, amount", "postings"),
            [&](const auto& field) { stored.postings[whole(field[0])] = whole(field[1]); });
  each_line(lines("event_id, place, user_id", "line_places"), [&](const auto& field) {
    stored.places[{whole(field[0]), whole(field[1])}] = std::string(field[2]);
  });
  each_line(lines("activated_at, expires_at", "visits"),
            [&](const auto& field) { stored.visits.emplace_back(whole(field[0]), whole(field[1])); });
  return stored;
}

CommandResult Cluster::audit() const { return servers_.front()->run({"audit"}); }

}  // namespace stagedoor::test
