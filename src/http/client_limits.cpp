#include "http/client_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/refusals.h"

namespace stagedoor::http {
namespace {

// Four buckets a set, 64 bytes: an address table has 16,384 buckets (256 KiB), one of users 65,536 (1 MiB).
constexpr std::size_t kSetsOfAddresses = 4096;
constexpr std::size_t kSetsOfUsers = 16'384;

TrustedProxies networks(const std::vector<std::string>& texts) {
  auto parsed = TrustedProxies::parse(texts);
  if (!parsed)
    throw std::runtime_error("an exempt client must be an address or a network such as 10.0.0.0/8");
  return std::move(*parsed);
}

std::uint64_t key_of(const UserId& user) {
  std::uint64_t halves[2];
  static_assert(sizeof halves == sizeof user.bytes);
  std::memcpy(halves, user.bytes.data(), sizeof halves);
  return mix_key(halves[0], halves[1]);
}

}  // namespace

std::uint64_t address_key(const IpAddress& address) {
  if (address.is_v4()) return mix_key(4, address.to_v4().to_uint());
  const auto bytes = address.to_v6().to_bytes();
  std::uint64_t network = 0;
  std::memcpy(&network, bytes.data(), sizeof network);
  return mix_key(6, network);
}

ClientLimits::ClientLimits(const ClientLimitSettings& settings, std::uint64_t seed)
    : settings_(settings),
      exempt_(networks(settings.exempt)),
      join_address_(settings.join_address, kSetsOfAddresses, seed),
      poll_address_(settings.poll_address, kSetsOfAddresses, seed),
      read_address_(settings.read_address, kSetsOfAddresses, seed),
      write_address_(settings.write_address, kSetsOfAddresses, seed),
      keys_address_(settings.keys_address, kSetsOfAddresses, seed),
      join_user_(settings.join_user, kSetsOfUsers, seed),
      map_token_(settings.map_token, kSetsOfUsers, seed),
      write_token_(settings.write_token, kSetsOfUsers, seed) {}

Refusal ClientLimits::refuse_for(Counter& counter, std::chrono::nanoseconds wait) {
  counter.refused.fetch_add(1, std::memory_order_relaxed);
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
  return {.code = Code::RATE_LIMITED,
          .message = fmt::format("Too many requests from this {}. Nothing was done.", counter.scope),
          .extra = {{"scope", fmt::format("\"{}\"", counter.scope)}},
          .headers = {{"Retry-After", std::to_string(seconds.count())}}};
}

std::optional<Refusal> ClientLimits::take(Buckets& buckets, std::uint64_t key, const LimitedClient& client,
                                          Counter& counter) {
  const auto now = std::chrono::nanoseconds(client.at.time_since_epoch()).count();
  const auto wait = buckets.table.take(key, buckets.rate, now);
  if (wait.count() == 0) [[likely]]
    return std::nullopt;
  return refuse_for(counter, wait);
}

std::optional<Refusal> ClientLimits::check_address(LimitClass limit_class, const LimitedClient& client) {
  if (client.is_exempt) return std::nullopt;
  switch (limit_class) {
    case LimitClass::join:
      return take(join_address_, client.address, client, join_of_address_);
    case LimitClass::poll:
    case LimitClass::stream:
      return take(poll_address_, client.address, client, poll_of_address_);
    case LimitClass::read:
    case LimitClass::map:
      return take(read_address_, client.address, client, read_of_address_);
    case LimitClass::write:
    case LimitClass::payment:
      return take(write_address_, client.address, client, write_of_address_);
    case LimitClass::operation:
      break;  // a valid operator key is never refused
  }
  return std::nullopt;
}

std::optional<Refusal> ClientLimits::check_join(const LimitedClient& client, const UserId& user) {
  if (client.is_exempt) return std::nullopt;
  return take(join_user_, key_of(user), client, join_of_user_);
}

std::optional<Refusal> ClientLimits::check_token(LimitClass limit_class, const LimitedClient& client,
                                                 const UserId& proven) {
  if (client.is_exempt) return std::nullopt;
  if (limit_class == LimitClass::map) return take(map_token_, key_of(proven), client, map_of_token_);
  if (limit_class == LimitClass::write || limit_class == LimitClass::payment)
    return take(write_token_, key_of(proven), client, write_of_token_);
  return std::nullopt;
}

std::optional<Refusal> ClientLimits::check_failed_key(const LimitedClient& client) {
  return take(keys_address_, client.address, client, key_of_address_);
}

// Counts its stream while it lives.
class ClientLimits::CountedStream final : public EventStream {
 public:
  CountedStream(ClientLimits& limits, std::uint64_t address, std::uint64_t token,
                std::shared_ptr<EventStream> inner)
      : limits_(limits), address_(address), token_(token), inner_(std::move(inner)) {}
  ~CountedStream() override {
    limits_.streams_of_address_.remove(address_);
    limits_.streams_of_token_.remove(token_);
  }
  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override {
    return inner_->next(text, shared);
  }

 private:
  ClientLimits& limits_;
  std::uint64_t address_;
  std::uint64_t token_;
  std::shared_ptr<EventStream> inner_;
};

Result<std::shared_ptr<EventStream>> ClientLimits::count_stream(const LimitedClient& client,
                                                                std::uint64_t token,
                                                                std::shared_ptr<EventStream> stream) {
  constexpr std::chrono::seconds kRetry(5);
  if (client.is_exempt) return stream;
  if (!streams_of_token_.add(token, settings_.streams_token)) return refuse_for(stream_of_token_, kRetry);
  if (!streams_of_address_.add(client.address, settings_.streams_address)) {
    streams_of_token_.remove(token);
    return refuse_for(stream_of_address_, kRetry);
  }
  return std::shared_ptr<EventStream>(
      std::make_shared<CountedStream>(*this, client.address, token, std::move(stream)));
}

Result<ClientLimits::CountedConnection> ClientLimits::count_connection(std::uint64_t address) {
  constexpr std::chrono::seconds kRetry(1);
  if (!connections_.add(address, settings_.connections_address))
    return refuse_for(connection_of_address_, kRetry);
  return CountedConnection(*this, address);
}

bool ClientLimits::Open::add(std::uint64_t key, std::size_t max) {
  const auto counts = counts_.lock();
  std::size_t& count = (*counts)[key];
  if (max > 0 && count >= max) return false;
  ++count;
  return true;
}

void ClientLimits::Open::remove(std::uint64_t key) {
  const auto counts = counts_.lock();
  const auto at = counts->find(key);
  if (--at->second == 0) counts->erase(at);
}

std::vector<prometheus::MetricFamily> ClientLimits::collect() const {
  prometheus::MetricFamily family;
  family.name = "stagedoor_limited_total";
  family.help = "Requests refused with RATE_LIMITED, by class and by whose limit it was";
  family.type = prometheus::MetricType::Counter;
  for (const Counter* counter :
       {&join_of_address_, &join_of_user_, &places_of_user_, &poll_of_address_, &read_of_address_,
        &map_of_token_, &write_of_address_, &write_of_token_, &stream_of_address_, &stream_of_token_,
        &connection_of_address_, &key_of_address_}) {
    prometheus::ClientMetric metric;
    metric.label = {{"class", counter->limit_class}, {"scope", counter->scope}};
    metric.counter.value = double(counter->refused.load(std::memory_order_relaxed));
    family.metric.push_back(std::move(metric));
  }
  return {std::move(family)};
}

}  // namespace stagedoor::http
