#include "jwt/seen_proofs.h"

#include <algorithm>
#include <bit>
#include <boost/endian/conversion.hpp>
#include <span>

#include "core/ensure.h"
#include "core/same_secret.h"

namespace stagedoor::jwt {

SeenProofs::SeenProofs(std::size_t sets, std::string secret)
    : secret_(std::move(secret)), sets_(sets), table_(std::make_unique<Guarded<Set>[]>(sets)) {
  ensure(std::has_single_bit(sets), "the sets of a table are a power of two");
}

Sha256 SeenProofs::digest_of(std::string_view jws) const { return sha256(secret_, jws); }

Guarded<SeenProofs::Set>& SeenProofs::set_of(const Sha256& digest) const {
  return table_[boost::endian::load_big_u64(digest.data()) & (sets_ - 1)];
}

std::optional<Proof> SeenProofs::find(std::string_view jws, const JwtKeys& keys, TimePoint wall_now) {
  if (jws.size() > kProofMax) return std::nullopt;
  const Sha256 digest = digest_of(jws);
  const auto set = set_of(digest).lock();
  for (Slot& slot : *set) {
    if (!is_same_secret(std::span(slot.digest), std::span(digest))) continue;
    if (wall_now < slot.proof.expires && keys.contains(slot.proof.key)) return slot.proof;
    slot = {};
  }
  return std::nullopt;
}

void SeenProofs::remember(std::string_view jws, const Proof& proof) {
  const Sha256 digest = digest_of(jws);
  const auto set = set_of(digest).lock();
  const auto is_it = [&](const Slot& slot) {
    return is_same_secret(std::span(slot.digest), std::span(digest));
  };
  auto slot = std::ranges::find_if(*set, is_it);
  if (slot == set->end())
    slot = std::ranges::min_element(*set, {}, [](const Slot& one) { return one.proof.expires; });
  *slot = {digest, proof};
}

void SeenProofs::forget(const UserId& user) {
  for (Guarded<Set>& guarded : std::span(table_.get(), sets_)) {
    const auto set = guarded.lock();
    for (Slot& slot : *set)
      if (slot.proof.user == user) slot = {};
  }
}

}  // namespace stagedoor::jwt
