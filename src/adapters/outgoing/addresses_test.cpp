#include "adapters/outgoing/addresses.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

namespace stagedoor::outgoing {
namespace {

bool is_public_text(const std::string& text) {
  if (sockaddr_in ip{}; inet_pton(AF_INET, text.c_str(), &ip.sin_addr) == 1) {
    ip.sin_family = AF_INET;
    return is_public(reinterpret_cast<const sockaddr*>(&ip));
  }
  sockaddr_in6 ip{};
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &ip.sin6_addr), 1) << text;
  ip.sin6_family = AF_INET6;
  return is_public(reinterpret_cast<const sockaddr*>(&ip));
}

// R-E2
TEST(Addresses, are_public_only_on_the_internet) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1"})
    EXPECT_TRUE(is_public_text(text)) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:8.8.8.8",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1"})
    EXPECT_FALSE(is_public_text(text)) << text;
}

TEST(Addresses, are_of_ip) {
  sockaddr_un file{};
  file.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public(reinterpret_cast<const sockaddr*>(&file)));
}

}  // namespace
}  // namespace stagedoor::outgoing
