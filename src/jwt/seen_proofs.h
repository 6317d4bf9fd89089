// Proofs that were verified before: one hash and a look-up instead of a signature. The table has a fixed size
// (as those of decision 0018): a newcomer to a full set replaces the proof that ends first.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/guarded.h"
#include "core/sha256.h"
#include "jwt/verify.h"

namespace stagedoor::jwt {

// For the proofs of one JwtOptions. Any thread.
class SeenProofs {
 public:
  static constexpr std::size_t kSlotsPerSet = 4;

  // `sets` is a power of two; a set has about 400 bytes. `secret` is random: it keys the digests, so nobody
  // can choose the set of a proof.
  SeenProofs(std::size_t sets, std::string secret);

  // The proof if it was remembered, has not expired, and its key is still among `keys`.
  std::optional<Proof> find(std::string_view jws, const JwtKeys& keys, TimePoint wall_now);
  // After verify() accepted it.
  void remember(std::string_view jws, const Proof& proof);
  // Forgets all proofs of a user whose proofs are revoked. A proof that is being verified at this moment may
  // be remembered after it: compare Proof::issued with the time of the revocation as well.
  void forget(const UserId& user);

 private:
  struct Slot {
    Sha256 digest{};
    Proof proof;  // free or expired: expires <= now
  };
  using Set = std::array<Slot, kSlotsPerSet>;

  Sha256 digest_of(std::string_view jws) const;
  Guarded<Set>& set_of(const Sha256& digest) const;

  const std::string secret_;
  const std::size_t sets_;
  const std::unique_ptr<Guarded<Set>[]> table_;
};

}  // namespace stagedoor::jwt
