// Which addresses an outgoing request may go to (R-E2, R-W8).
#pragma once

#include <sys/socket.h>

namespace stagedoor::outgoing {

// True for an address that anybody on the internet may have. False for loopback, private, shared (CGNAT),
// link-local, unique-local, multicast, reserved and documentation addresses, for those that carry an IPv4
// address (mapped, NAT64, 6to4, Teredo), and for everything that is not IP.
bool is_public(const sockaddr* address);

}  // namespace stagedoor::outgoing
