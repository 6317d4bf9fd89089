#include "adapters/webhook/webhook_sink.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <string_view>

#include "adapters/webhook/addresses.h"
#include "adapters/webhook/signature.h"
#include "core/ensure.h"

namespace stagedoor::webhook {
namespace {

using Result = Delivered::Result;

constexpr int kLookForStopMs = 100;

void start_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  ensure(code == CURLE_OK, "libcurl starts");
}

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
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
  bool is_plain = false;  // http://
  bool takes_private = false;
  std::unique_ptr<CURL, FreeEasy> handle;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::size_t answered = 0;       // bytes
  const char* refused = nullptr;  // why an address was not connected to
};

std::size_t take_bytes(char*, std::size_t size, std::size_t count, void* of) {
  auto& delivery = *static_cast<Delivery*>(of);
  delivery.answered += size * count;
  return delivery.answered > WebhookSink::kAnswerMax ? 0 : size * count;  // 0 ends the delivery
}

curl_socket_t open_socket(void* of, curlsocktype, curl_sockaddr* address) {
  auto& delivery = *static_cast<Delivery*>(of);
  const bool is_internet = is_public(&address->addr);
  if (!is_internet && !delivery.takes_private) {
    delivery.refused = "its address is not public, and events.private_targets is false";
    return CURL_SOCKET_BAD;
  }
  if (is_internet && delivery.is_plain) {
    delivery.refused = "its address is public, and http:// would go over the internet without encryption";
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK) throw SinkUnavailable(curl_easy_strerror(code));
}

}  // namespace

// The connections, which are kept between batches, and the deliveries in flight.
class WebhookSink::Client {
 public:
  explicit Client(WebhookOptions options) : options_(std::move(options)) {
    start_curl_once();
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
    delivery.is_plain = options_.url.starts_with("http://");
    delivery.takes_private = options_.private_targets;
    delivery.handle.reset(curl_easy_init());
    CURL* const handle = delivery.handle.get();
    if (!handle) throw SinkUnavailable("no memory for a delivery");
    const auto at =
        std::chrono::floor<std::chrono::seconds>(options_.wall_clock()).time_since_epoch().count();
    add_header(delivery.headers, "Content-Type: application/cloudevents+json; charset=utf-8");
    add_header(delivery.headers, fmt::format("{}: {}", kSignatureHeader,
                                             signature(options_.secrets, std::int64_t(at), event.json)));
    add_header(delivery.headers, "Expect:");  // the body follows at once
    set(handle, CURLOPT_URL, options_.url.c_str());
    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_PROXY, "");  // also not those of the environment
    set(handle, CURLOPT_NETRC, long(CURL_NETRC_IGNORED));
    set(handle, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
    set(handle, CURLOPT_SSLVERSION, long(CURL_SSLVERSION_TLSv1_2));
    set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, long(options_.connect_limit.count()));
    set(handle, CURLOPT_TIMEOUT_MS, long(options_.total_limit.count()));
    set(handle, CURLOPT_USERAGENT, "Stagedoor");
    set(handle, CURLOPT_HTTPHEADER, delivery.headers.get());
    set(handle, CURLOPT_POST, 1L);
    set(handle, CURLOPT_POSTFIELDS, event.json.data());
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(event.json.size()));
    set(handle, CURLOPT_WRITEFUNCTION, &take_bytes);
    set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&delivery));
    set(handle, CURLOPT_HEADERFUNCTION, &take_bytes);
    set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&delivery));
    set(handle, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&delivery));
    set(handle, CURLOPT_PRIVATE, static_cast<void*>(&delivery));
    if (const CURLMcode code = curl_multi_add_handle(multi_.get(), handle); code != CURLM_OK)
      throw SinkUnavailable(curl_multi_strerror(code));
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
  if (delivery.refused && code != CURLE_OK) return {Result::refused, delivery.refused};
  if (code != CURLE_OK && !is_cut_here) return {Result::refused, curl_easy_strerror(code)};
  if (status >= 200 && status < 300) return {Result::accepted, {}};
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
  const auto done = [&](std::size_t number, Delivered delivered) {
    results[number] = std::move(delivered);
    if (results[number].result != Result::accepted) {
      ++refusals;
      return;
    }
    refusals = 0;
    auto& behind = waiting.at(events[number].row.key);
    if (behind.empty()) return;
    ready.push_front(behind.front());
    behind.pop_front();
  };
  try {
    while (!stop.stop_requested()) {
      const bool may_start = refusals < kRefusalsMax && std::chrono::steady_clock::now() < start_until;
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
