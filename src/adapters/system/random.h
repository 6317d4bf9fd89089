// The operating system's random bytes, by OpenSSL.
#pragma once

#include <openssl/rand.h>

#include <string>

#include "core/ensure.h"

namespace stagedoor::system {

inline std::string system_random(std::size_t count) {
  std::string bytes(count, '\0');
  ensure(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1,
         "the system provides random bytes");
  return bytes;
}

}  // namespace stagedoor::system
