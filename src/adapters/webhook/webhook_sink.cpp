#include "adapters/webhook/webhook_sink.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string_view>

#include "adapters/outgoing/request.h"
#include "adapters/webhook/signature.h"
#include "core/ensure.h"

namespace stagedoor::webhook {
namespace {

using Result = Delivered::Result;

constexpr int kLookForStopMs = 100;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

void add_header(std::unique_ptr<curl_slist, FreeList>& list, const std::string& line) {
  curl_slist* all = curl_slist_append(list.get(), line.c_str());
  if (!all) throw SinkUnavailable("no memory for a header");
  list.release();
  list.reset(all);
}

// One POST.
struct Delivery {
  std::size_t event = 0;  // its number in the batch
  outgoing::Guard guard;
  outgoing::Easy handle;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::size_t answered = 0;  // bytes
};

std::size_t take_bytes(char*, std::size_t size, std::size_t count, void* of) {
  auto& delivery = *static_cast<Delivery*>(of);
  delivery.answered += size * count;
  return delivery.answered > WebhookSink::kAnswerMax ? 0 : size * count;  // 0 ends the delivery
}

// How long the receiver asks to be left alone; nullopt: it does not say so, or until a time that has passed.
std::optional<Millis> wait_of(const Delivery& delivery) {
  constexpr curl_off_t kMost = 86'400;
  curl_off_t seconds = 0;  // libcurl converts a date
  curl_easy_getinfo(delivery.handle.get(), CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kMost));
}

}  // namespace

// The connections, which are kept between batches, and the deliveries in flight.
class WebhookSink::Client {
 public:
  explicit Client(WebhookOptions options) : options_(std::move(options)) {
    outgoing::start_curl_once();
    multi_.reset(curl_multi_init());
    ensure(multi_ != nullptr, "libcurl makes a handle");
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, long(kInFlightMax));
  }
  ~Client() { abandon(); }

  void start(std::size_t number, const OutboxEvent& event);
  // Waits a moment for answers, and calls done(number, Delivered) for each delivery that has ended.
  template <class Done>
  void wait(const Done& done);
  std::size_t in_flight() const { return deliveries_.size(); }
  void abandon() {
    for (auto& delivery : deliveries_) curl_multi_remove_handle(multi_.get(), delivery.handle.get());
    deliveries_.clear();
  }
  const WebhookOptions& options() const { return options_; }

 private:
  static Delivered judge(const Delivery& delivery, CURLcode code);

  const WebhookOptions options_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::list<Delivery> deliveries_;  // libcurl points to them
};

void WebhookSink::Client::start(std::size_t number, const OutboxEvent& event) {
  Delivery& delivery = deliveries_.emplace_back();
  try {
    delivery.event = number;
    delivery.guard = {.takes_private = options_.private_targets, .setting = "events.private_targets"};
    delivery.handle.reset(curl_easy_init());
    CURL* const handle = delivery.handle.get();
    if (!handle) throw SinkUnavailable("no memory for a delivery");
    const auto at =
        std::chrono::floor<std::chrono::seconds>(options_.wall_clock()).time_since_epoch().count();
    add_header(delivery.headers, "Content-Type: application/cloudevents+json; charset=utf-8");
    add_header(delivery.headers, fmt::format("{}: {}", kSignatureHeader,
                                             signature(options_.secrets, std::int64_t(at), event.json)));
    if (!event.row.trace.empty()) add_header(delivery.headers, "traceparent: " + event.row.trace);
    add_header(delivery.headers, "Expect:");  // the body follows at once
    outgoing::prepare(handle, options_.url, {options_.connect_limit, options_.total_limit}, delivery.guard);
    outgoing::set(handle, CURLOPT_HTTPHEADER, delivery.headers.get());
    outgoing::set(handle, CURLOPT_POST, 1L);
    outgoing::set(handle, CURLOPT_POSTFIELDS, event.json.data());
    outgoing::set(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(event.json.size()));
    outgoing::set(handle, CURLOPT_WRITEFUNCTION, &take_bytes);
    outgoing::set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&delivery));
    outgoing::set(handle, CURLOPT_HEADERFUNCTION, &take_bytes);
    outgoing::set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&delivery));
    outgoing::set(handle, CURLOPT_PRIVATE, static_cast<void*>(&delivery));
    if (const CURLMcode code = curl_multi_add_handle(multi_.get(), handle); code != CURLM_OK)
      throw SinkUnavailable(curl_multi_strerror(code));
  } catch (const outgoing::NotPossible& why) {
    deliveries_.pop_back();
    throw SinkUnavailable(why.what());
  } catch (...) {
    deliveries_.pop_back();
    throw;
  }
}

template <class Done>
void WebhookSink::Client::wait(const Done& done) {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  bool has_ended = false;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto ended = std::ranges::find_if(
        deliveries_, [&](const Delivery& delivery) { return delivery.handle.get() == handle; });
    ensure(ended != deliveries_.end(), "a delivery that ended was started");
    const std::size_t event = ended->event;
    Delivered delivered = judge(*ended, code);
    curl_multi_remove_handle(multi_.get(), handle);
    deliveries_.erase(ended);
    done(event, std::move(delivered));
    has_ended = true;
  }
  if (!has_ended) curl_multi_poll(multi_.get(), nullptr, 0, kLookForStopMs, nullptr);
}

// The status decides also when the rest of a long answer was not read. An answer that its sender cut short
// proves nothing.
Delivered WebhookSink::Client::judge(const Delivery& delivery, CURLcode code) {
  long status = 0;
  curl_easy_getinfo(delivery.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool is_cut_here = code == CURLE_WRITE_ERROR && delivery.answered > kAnswerMax;
  if (!delivery.guard.refused.empty() && code != CURLE_OK) return {Result::refused, delivery.guard.refused};
  if (code != CURLE_OK && !is_cut_here) return {Result::refused, curl_easy_strerror(code)};
  if (status >= 200 && status < 300) return {Result::accepted, {}};
  constexpr long kTooManyRequests = 429, kUnavailable = 503;
  const auto wait = wait_of(delivery);
  if (status == kTooManyRequests || (status == kUnavailable && wait))
    return {Result::put_off, "it answered with status " + std::to_string(status), wait};
  return {Result::refused, "it answered with status " + std::to_string(status) +
                               (status / 100 == 3 ? ", and redirects are not followed" : "")};
}

WebhookSink::WebhookSink(WebhookOptions options) : client_(std::make_unique<Client>(std::move(options))) {}
WebhookSink::~WebhookSink() = default;

std::vector<Delivered> WebhookSink::deliver(std::span<const OutboxEvent> events,
                                            const std::stop_token& stop) {
  std::vector<Delivered> results(events.size());
  std::map<std::string_view, std::deque<std::size_t>> waiting;  // behind the first of their key
  std::deque<std::size_t> ready;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto [behind, is_first] = waiting.try_emplace(events[i].row.key);
    (is_first ? ready : behind->second).push_back(i);
  }
  const auto start_until = std::chrono::steady_clock::now() + client_->options().total_limit;
  std::size_t refusals = 0;  // in a row
  bool is_busy = false;      // the receiver
  const auto done = [&](std::size_t number, Delivered delivered) {
    results[number] = std::move(delivered);
    if (results[number].result == Result::put_off) is_busy = true;
    if (results[number].result == Result::refused) ++refusals;
    if (results[number].result != Result::accepted) return;
    refusals = 0;
    auto& behind = waiting.at(events[number].row.key);
    if (behind.empty()) return;
    ready.push_front(behind.front());
    behind.pop_front();
  };
  try {
    while (!stop.stop_requested()) {
      const bool may_start =
          !is_busy && refusals < kRefusalsMax && std::chrono::steady_clock::now() < start_until;
      while (may_start && !ready.empty() && client_->in_flight() < kInFlightMax) {
        client_->start(ready.front(), events[ready.front()]);
        ready.pop_front();
      }
      if (client_->in_flight() == 0) break;
      client_->wait(done);
    }
  } catch (...) {
    client_->abandon();
    throw;
  }
  client_->abandon();
  return results;
}

}  // namespace stagedoor::webhook
