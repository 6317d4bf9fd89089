// Events as signed POST requests, one each, over libcurl (R-E2).
//
// What a receiver can make this process do is limited (adapters/outgoing/request.h). An answer is read for at
// most kAnswerMax bytes and never kept, and a delivery ends after `total_limit`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/time.h"
#include "ports/event_sink.h"

namespace stagedoor::webhook {

struct WebhookOptions {
  std::string url;                   // https:// or http://
  std::vector<std::string> secrets;  // newest first
  // Addresses that are not public may be connected to. http:// goes only to them, never over the internet.
  bool private_targets = false;
  std::function<TimePoint()> wall_clock;  // for the receiver, who compares it with its own
  Millis connect_limit{5'000};
  Millis total_limit{10'000};
};

class WebhookSink final : public KeyedSink {
 public:
  static constexpr std::size_t kInFlightMax = 32;       // deliveries, each of another key
  static constexpr std::size_t kAnswerMax = 64 * 1024;  // bytes of an answer, its head included
  static constexpr std::size_t kRefusalsMax = 32;       // in a row; then the receiver counts as down
  static constexpr const char* kSignatureHeader = "Stagedoor-Signature";

  explicit WebhookSink(WebhookOptions options);
  ~WebhookSink() override;

  // An answer 2xx accepts. 429, and 503 with Retry-After, put off. Starts no delivery after `total_limit`, so
  // it returns after twice that.
  std::vector<Delivered> deliver(std::span<const OutboxEvent> events, const std::stop_token& stop) override;

 private:
  class Client;
  const std::unique_ptr<Client> client_;
};

}  // namespace stagedoor::webhook
