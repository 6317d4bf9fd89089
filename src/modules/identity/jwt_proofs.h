// Mode `jwt`: a token of the identity provider, in `Authorization`, names the user (R-W8). Proofs that were
// seen before are found by the thread that asks; all others wait for a thread of VerifyQueue, which then goes
// on with the call. Verification itself: jwt/verify.h; where the keys come from: jwt/key_source.h.
#pragma once

#include <array>
#include <atomic>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/list.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/guarded.h"
#include "engine/lane.h"
#include "jwt/key_source.h"
#include "jwt/seen_proofs.h"
#include "jwt/verify.h"
#include "modules/identity/proofs.h"
#include "modules/identity/verify_queue.h"
#include "ports/clock.h"

namespace stagedoor::identity {

// Any thread. An observer of the lane, to forget the proofs of users that any instance revokes.
class JwtProofs final : public Proofs, public CommitObserver {
 public:
  struct Options {
    jwt::JwtOptions claims;
    VerifyQueue::Limits queue = {};
    std::size_t seen_sets = 32 * 1024;  // 131,072 proofs in 13 MB
  };

  // The keys and the clock must outlive it. Proofs are judged by the wall clock, which is also the provider's
  // (R-A7). `secret`: 32 random bytes.
  JwtProofs(const Options& options, jwt::KeySource& keys, const Clock& wall_clock, std::string secret);

  // The wrapped handler is called with a request whose `proven` is set. Other requests are answered here:
  // TOKEN_NOT_FOUND, TOKEN_EXPIRED, OVERLOADED if too many proofs wait, STORE_UNAVAILABLE as long as there
  // are no keys.
  http::Handler prove_first(http::Handler handler) override;
  // Only in a handler that was wrapped.
  Result<Caller> of(const http::Request& request) const override;

  void on_commit(const Batch& batch) override;
  // Drops the remembered proofs of users who were revoked since the last call. Takes a millisecond for each:
  // not for the lane or an I/O thread. They have not counted any more since the revocation itself
  // (ProvenIdentity).
  void forget_revoked();

  // Verifies what waits, and refuses new proofs. Before the instance and the server end.
  void stop() { queue_.stop(); }

  struct Numbers {
    std::uint64_t seen, verified, missing, overloaded, without_keys;
    std::vector<std::pair<jwt::Why, std::uint64_t>> refused;  // every reason
    std::size_t waiting;
  };
  Numbers numbers() const;

 private:
  struct Call;
  using Counter = std::atomic<std::uint64_t>;

  void prove(const http::Request& request, http::Reply reply, const http::Handler& handler);
  VerifyQueue::Then verify(const std::shared_ptr<Call>& call);
  Result<jwt::Proof> verified(std::string_view jws);
  Refusal refused(jwt::Why why);

  const jwt::JwtOptions claims_;
  jwt::KeySource& keys_;
  const Clock& wall_clock_;
  jwt::SeenProofs seen_;
  Guarded<std::vector<UserId>> revoked_;  // whose proofs are still to be forgotten

  static constexpr std::size_t kReasons =
      boost::mp11::mp_size<boost::describe::describe_enumerators<jwt::Why>>::value;
  Counter seen_count_{0}, verified_{0}, missing_{0}, overloaded_{0}, without_keys_{0};
  std::array<Counter, kReasons> refused_{};
  VerifyQueue queue_;  // its threads end before all else
};

}  // namespace stagedoor::identity
