// redis://[user:password@]host[:port][,host[:port]…][/database][?sentinel=NAME]
//
// With `sentinel` the hosts are those of Sentinel, which names the primary of NAME; without it there is one
// host. User and password may have %XX.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::redis {

struct Host {
  std::string name;
  int port = 0;
};

struct RedisUrl {
  std::string user{};  // "": the default one
  std::string password{};
  std::vector<Host> hosts;
  int database = 0;
  std::string sentinel{};  // "": none

  // Without user and password: for people, and to compare places of logs.
  std::string shown() const;
};

// nullopt if the text is not of this form.
std::optional<RedisUrl> parse_url(std::string_view text);

}  // namespace stagedoor::redis
