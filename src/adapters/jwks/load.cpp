#include "adapters/jwks/load.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "adapters/outgoing/request.h"

namespace stagedoor::jwks {
namespace {

const std::string kTooLarge = fmt::format("it has more than {} bytes", kSetMax);

struct Fetch {
  outgoing::Guard guard;
  std::stop_token stop;
  std::size_t received = 0;  // bytes, the head included
  std::string body = {};
};

// 0 ends the request.
std::size_t count_bytes(Fetch& fetch, std::size_t size) {
  fetch.received += size;
  return fetch.received > kSetMax ? 0 : size;
}
std::size_t take_head(char*, std::size_t size, std::size_t count, void* of) {
  return count_bytes(*static_cast<Fetch*>(of), size * count);
}
std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* of) {
  auto& fetch = *static_cast<Fetch*>(of);
  if (count_bytes(fetch, size * count) == 0) return 0;
  fetch.body.append(bytes, size * count);
  return size * count;
}
int look_for_stop(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Fetch*>(of)->stop.stop_requested() ? 1 : 0;
}

std::string fetch_set(const UrlOptions& options, const std::stop_token& stop) {
  outgoing::start_curl_once();
  Fetch fetch{.guard = {.takes_private = options.private_targets, .setting = options.setting}, .stop = stop};
  const outgoing::Easy handle(curl_easy_init());
  if (!handle) throw Unavailable("no memory for a request");
  try {
    outgoing::prepare(handle.get(), options.url, {options.total_limit, options.total_limit}, fetch.guard);
    outgoing::set(handle.get(), CURLOPT_WRITEFUNCTION, &take_body);
    outgoing::set(handle.get(), CURLOPT_WRITEDATA, static_cast<void*>(&fetch));
    outgoing::set(handle.get(), CURLOPT_HEADERFUNCTION, &take_head);
    outgoing::set(handle.get(), CURLOPT_HEADERDATA, static_cast<void*>(&fetch));
    outgoing::set(handle.get(), CURLOPT_NOPROGRESS, 0L);
    outgoing::set(handle.get(), CURLOPT_XFERINFOFUNCTION, &look_for_stop);
    outgoing::set(handle.get(), CURLOPT_XFERINFODATA, static_cast<void*>(&fetch));
  } catch (const outgoing::NotPossible& why) {
    throw Unavailable(why.what());
  }
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_WRITE_ERROR) throw Unavailable(kTooLarge);
  if (code != CURLE_OK)
    throw Unavailable(fetch.guard.refused.empty() ? curl_easy_strerror(code) : fetch.guard.refused);
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200)
    throw Unavailable(fmt::format("it answered with status {}{}", status,
                                  status / 100 == 3 ? ", and redirects are not followed" : ""));
  return std::move(fetch.body);
}

}  // namespace

Load from_file(std::filesystem::path path) {
  return [path = std::move(path)](const std::stop_token&) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) throw Unavailable("it is not a file");
    std::ifstream file(path, std::ios::binary);
    std::string text(kSetMax + 1, '\0');
    file.read(text.data(), std::streamsize(text.size()));
    if (file.bad() || !file.is_open()) throw Unavailable("it cannot be read");
    text.resize(std::size_t(file.gcount()));
    if (text.size() > kSetMax) throw Unavailable(kTooLarge);
    return text;
  };
}

Load from_url(UrlOptions options) {
  return [options = std::move(options)](const std::stop_token& stop) { return fetch_set(options, stop); };
}

Load from(UrlOptions options) {
  const bool is_url = options.url.starts_with("https://") || options.url.starts_with("http://");
  return is_url ? from_url(std::move(options)) : from_file(options.url);
}

}  // namespace stagedoor::jwks
