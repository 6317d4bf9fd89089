// What all outgoing HTTP requests of this process have in common: limits on what a receiver, or a URL with a
// fault, can make it do. No redirect is followed, and no proxy, cookie or password is used. The address is
// checked where it is connected to, so a name that resolves to something else the second time gains nothing.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/time.h"

namespace stagedoor::outgoing {

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

// libcurl cannot make the request.
struct NotPossible : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Any thread; before the first handle.
void start_curl_once();

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK) throw NotPossible(curl_easy_strerror(code));
}

struct Limits {
  Millis connect{5'000};
  Millis total{10'000};
};

// Addresses that are not public are connected to only if the setting allows it. http:// goes only to them,
// never over the internet.
struct Guard {
  bool takes_private = false;
  std::string setting;  // its name, for the reason
  bool is_plain = false;
  std::string refused = {};  // why an address was not connected to
};

// Sets the URL, the limits and the guard, which must outlive the handle. Throws NotPossible.
void prepare(CURL* handle, const std::string& url, const Limits& limits, Guard& guard);

}  // namespace stagedoor::outgoing
