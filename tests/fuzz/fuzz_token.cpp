// Bytes → TokenKeys::verify, as a text and as the binary form of a token. Whatever comes: no crash; a text
// that is accepted is the very one that sign() makes of its claims, so that no other text stands for a place;
// and claims always come back as they were signed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base64url.h"
#include "core/ensure.h"
#include "modules/identity/token.h"

namespace stagedoor {
namespace {

const identity::TokenKeys& keys() {
  static const identity::TokenKeys kKeys({std::string(32, 'n'), std::string(32, 'o')});
  return kKeys;
}
const identity::TokenKeys& old_key() {
  static const identity::TokenKeys kOld({std::string(32, 'o')});
  return kOld;
}

void try_text(std::string_view text) {
  const auto claims = keys().verify(text);
  if (!claims) return;
  ensure(keys().sign(*claims) == text || old_key().sign(*claims) == text,
         "an accepted text is the one that was signed");
}

// The first bytes as claims, the rest as changes to the token of them: where, and by how much.
void try_changed(const std::uint8_t* bytes, std::size_t size) {
  protocol::TokenClaims claims;
  const auto take = [&](std::size_t count) {
    std::uint64_t value = 0;
    for (; count > 0 && size > 0; --count, --size) value = value << 8 | *bytes++;
    return value;
  };
  claims.event.value = static_cast<std::int64_t>(take(8));
  claims.place = static_cast<Place>(take(4));
  for (auto& byte : claims.user.bytes) byte = static_cast<std::uint8_t>(take(1));
  claims.issued_at = from_ms(static_cast<std::int64_t>(take(8)));
  const std::string token = keys().sign(claims);
  ensure(keys().verify(token) == claims, "claims come back as they were signed");
  ensure(!old_key().verify(token), "a key does not take another's token");

  std::string changed = token;
  while (size >= 2) {
    const std::size_t at = take(1) % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(take(1)));
  }
  ensure(keys().verify(changed).has_value() == (changed == token), "a changed token is none");
}

}  // namespace
}  // namespace stagedoor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stagedoor;
  try_text({reinterpret_cast<const char*>(bytes), size});
  try_text(base64url_encode({bytes, std::min<std::size_t>(size, 57)}));
  try_changed(bytes, size);
  return 0;
}
