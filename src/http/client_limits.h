// The limits of clients (R-A2): how often an address, a user or a token may do what, and how many streams and
// connections an address may have. docs/limits.md has them for clients and operators.
//
// An address is checked by the connection, before a body is read; a user or token by modules/identity, after
// it is proven and before anything is queued or rendered. Rates are kept in tables of fixed size
// (core/bucket_table.h), so checking takes no lock. Any thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bucket_table.h"
#include "core/event_stream.h"
#include "core/guarded.h"
#include "core/refusal.h"
#include "core/uuid.h"
#include "http/proxies.h"
#include "http/types.h"

namespace stagedoor::http {

struct ClientLimitSettings {
  Rate join_address = {}, join_user = {};
  std::int64_t places_per_hour = 0;  // of an event, by one user; 0: no limit
  Rate poll_address = {};
  Rate read_address = {}, map_token = {};
  Rate write_address = {}, write_token = {};
  Rate keys_address = {};                // failed operator keys
  std::size_t streams_address = 0;       // open at once; 0: no limit
  std::size_t streams_token = 0;         // the same
  std::size_t connections_address = 0;   // the same
  std::vector<std::string> exempt = {};  // networks
};

// The key of an address: of IPv4 the address, of IPv6 its /64.
std::uint64_t address_key(const IpAddress& address);

class ClientLimits {
 public:
  // Throws std::runtime_error if an exempt network is malformed. `seed`: random.
  ClientLimits(const ClientLimitSettings& settings, std::uint64_t seed);

  const ClientLimitSettings& settings() const { return settings_; }
  bool is_exempt(const IpAddress& address) const { return exempt_.trusts(address); }

  // Counts the request. RATE_LIMITED with Retry-After and `scope`.
  std::optional<Refusal> check_address(LimitClass limit_class, const LimitedClient& client);
  std::optional<Refusal> check_join(const LimitedClient& client, const UserId& user);
  std::optional<Refusal> check_token(LimitClass limit_class, const LimitedClient& client,
                                     const UserId& proven);
  // Counts a wrong operator key; nobody is exempt. A right key is never refused.
  std::optional<Refusal> check_failed_key(const LimitedClient& client);
  // A join beyond `places_per_hour` was refused.
  void count_too_many_places() { places_of_user_.refused.fetch_add(1, std::memory_order_relaxed); }

  // The stream, counted until it is destroyed. `token`: a key of the place.
  Result<std::shared_ptr<EventStream>> count_stream(const LimitedClient& client, std::uint64_t token,
                                                    std::shared_ptr<EventStream> stream);

  // A connection of this address, counted while the object lives.
  class CountedConnection {
   public:
    CountedConnection() = default;
    CountedConnection(ClientLimits& limits, std::uint64_t address) : limits_(&limits), address_(address) {}
    CountedConnection(CountedConnection&& other) noexcept
        : limits_(std::exchange(other.limits_, nullptr)), address_(other.address_) {}
    CountedConnection& operator=(CountedConnection&&) = delete;
    ~CountedConnection() {
      if (limits_) limits_->connections_.remove(address_);
    }

   private:
    ClientLimits* limits_ = nullptr;
    std::uint64_t address_ = 0;
  };
  Result<CountedConnection> count_connection(std::uint64_t address);

  // stagedoor_limited_total{class,scope}
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  // Numbers of things that are open, by key.
  class Open {
   public:
    // False if there are `max` already.
    bool add(std::uint64_t key, std::size_t max);
    void remove(std::uint64_t key);

   private:
    Guarded<absl::flat_hash_map<std::uint64_t, std::size_t>> counts_;
  };
  class CountedStream;

  // One line of the metric.
  struct Counter {
    const char* limit_class;
    const char* scope;
    std::atomic<std::uint64_t> refused{0};
  };
  struct Buckets {
    Buckets(const Rate& rate_, std::size_t sets, std::uint64_t seed) : rate(rate_), table(sets, seed) {}
    Rate rate;
    BucketTable table;
  };

  std::optional<Refusal> take(Buckets& buckets, std::uint64_t key, const LimitedClient& client,
                              Counter& counter);
  static Refusal refuse_for(Counter& counter, std::chrono::nanoseconds wait);

  const ClientLimitSettings settings_;
  TrustedProxies exempt_;
  Buckets join_address_, poll_address_, read_address_, write_address_, keys_address_;
  Buckets join_user_, map_token_, write_token_;
  Open streams_of_address_, streams_of_token_, connections_;

  Counter join_of_address_{"join", "address"}, join_of_user_{"join", "user"},
      places_of_user_{"places", "user"};
  Counter poll_of_address_{"poll", "address"};
  Counter read_of_address_{"read", "address"}, map_of_token_{"map", "token"};
  Counter write_of_address_{"write", "address"}, write_of_token_{"write", "token"};
  Counter stream_of_address_{"streams", "address"}, stream_of_token_{"streams", "token"};
  Counter connection_of_address_{"connections", "address"}, key_of_address_{"keys", "address"};
};

}  // namespace stagedoor::http
