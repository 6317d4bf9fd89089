#include "adapters/outgoing/request.h"

#include <sys/socket.h>

#include "adapters/outgoing/addresses.h"
#include "core/ensure.h"

namespace stagedoor::outgoing {
namespace {

curl_socket_t open_socket(void* of, curlsocktype, curl_sockaddr* address) {
  auto& guard = *static_cast<Guard*>(of);
  const bool is_internet = is_public(&address->addr);
  if (!is_internet && !guard.takes_private) {
    guard.refused = "its address is not public, and " + guard.setting + " is false";
    return CURL_SOCKET_BAD;
  }
  if (is_internet && guard.is_plain) {
    guard.refused = "its address is public, and http:// would go over the internet without encryption";
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

void start_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  ensure(code == CURLE_OK, "libcurl starts");
}

void prepare(CURL* handle, const std::string& url, const Limits& limits, Guard& guard) {
  guard.is_plain = !url.starts_with("https://");
  set(handle, CURLOPT_URL, url.c_str());
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
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, long(limits.connect.count()));
  set(handle, CURLOPT_TIMEOUT_MS, long(limits.total.count()));
  set(handle, CURLOPT_USERAGENT, "Stagedoor");
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&guard));
}

}  // namespace stagedoor::outgoing
