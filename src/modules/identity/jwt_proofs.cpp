#include "modules/identity/jwt_proofs.h"

#include <fmt/format.h>

#include "core/ensure.h"
#include "core/log.h"
#include "core/refusals.h"
#include "http/kept_request.h"
#include "http/render_refusal.h"
#include "modules/identity/bearer.h"

namespace stagedoor::identity {
namespace {

std::optional<std::string_view> proof_in(const http::Request& request) {
  const auto header = only_header(request, "Authorization");
  return header ? after_bearer(*header) : std::nullopt;
}

Refusal no_proof() {
  return refuse(Code::TOKEN_NOT_FOUND,
                "Sign in: send the token of the identity provider as Authorization: Bearer TOKEN.");
}

Refusal no_keys() {
  return refuse(
      Code::STORE_UNAVAILABLE,
      "There are no keys of the identity provider at present. Nothing was done; try again shortly.");
}

Refusal refusal_of(jwt::Why why) {
  if (why == jwt::Why::expired)
    return refuse(Code::TOKEN_EXPIRED, "The token of the identity provider has expired. Sign in again.");
  if (why == jwt::Why::unknown_key)
    return refuse(Code::TOKEN_NOT_FOUND,
                  "The token is signed with a key that is not known here. If the identity provider has just "
                  "changed its keys, try again in a minute; else sign in again.");
  return refuse(Code::TOKEN_NOT_FOUND,
                fmt::format("This token of the identity provider does not count ({}). Sign in again.",
                            jwt::to_string(why)));
}

void call_proven(const http::Handler& handler, const http::Request& request, const jwt::Proof& proof,
                 http::Reply reply) {
  http::Request proven = request;
  proven.proven = http::ProvenUser{proof.user, proof.issued};
  handler(proven, std::move(reply));
}

std::uint64_t read(const std::atomic<std::uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}
void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

// A call that waits for a thread.
struct JwtProofs::Call {
  Call(const http::Request& from, http::Reply to, const http::Handler& then)
      : request(from, http::KeptRequest::Body::kept), reply(std::move(to)), handler(then) {}

  void go_on(const jwt::Proof& proof) {
    try {
      call_proven(handler, request.get(), proof, std::move(reply));
    } catch (const std::exception& error) {
      log_failure(error);
    }
  }
  // The destroyed Reply answers 500.
  void log_failure(const std::exception& error) const {
    log(LogLevel::error, "handler failed",
        {{"error.message", error.what()}, {"http.request.id", request.get().request_id}});
  }

  http::KeptRequest request;
  http::Reply reply;
  const http::Handler& handler;  // of its route
};

JwtProofs::JwtProofs(const Options& options, jwt::KeySource& keys, const Clock& wall_clock,
                     std::string secret)
    : claims_(options.claims),
      keys_(keys),
      wall_clock_(wall_clock),
      seen_(options.seen_sets, std::move(secret)),
      queue_(options.queue) {}

http::Handler JwtProofs::prove_first(http::Handler handler) {
  // Shared by the copies of the wrapper, so a call that waits may refer to it: routes outlive calls.
  auto shared = std::make_shared<const http::Handler>(std::move(handler));
  return [this, shared = std::move(shared)](const http::Request& request, http::Reply reply) {
    prove(request, std::move(reply), *shared);
  };
}

Result<Caller> JwtProofs::of(const http::Request& request) const {
  ensure(request.proven.has_value(), "a call that asks who the caller is proves it first");
  return Caller{request.proven->user, Proof::jwt, request.proven->issued_at};
}

void JwtProofs::prove(const http::Request& request, http::Reply reply, const http::Handler& handler) {
  const auto jws = proof_in(request);
  if (!jws) {
    count(missing_);
    return reply(http::render_refusal(no_proof()));
  }
  const auto keys = keys_.keys();
  if (keys->keys().empty()) {
    count(without_keys_);
    return reply(http::render_refusal(no_keys()));
  }
  if (const auto proof = seen_.find(*jws, *keys, wall_clock_.now())) {
    count(seen_count_);
    return call_proven(handler, request, *proof, std::move(reply));
  }
  const auto& client = request.client;
  const auto address = client.is_exempt ? std::nullopt : std::optional(client.address);
  const auto call = std::make_shared<Call>(request, std::move(reply), handler);
  if (queue_.submit(address, [this, call] { return verify(call); })) return;
  count(overloaded_);
  call->reply(http::render_refusal(overloaded()));
}

VerifyQueue::Then JwtProofs::verify(const std::shared_ptr<Call>& call) {
  try {
    const auto proof = verified(*proof_in(call->request.get()));
    if (proof) return [call, proof = *proof] { call->go_on(proof); };
    call->reply(http::render_refusal(proof.error()));
  } catch (const std::exception& error) {
    call->log_failure(error);
  }
  return {};
}

Result<jwt::Proof> JwtProofs::verified(std::string_view jws) {
  const auto keys = keys_.keys();
  const TimePoint now = wall_clock_.now();
  // A client that sends several requests at once needs one verification.
  if (const auto proof = seen_.find(jws, *keys, now)) {
    count(seen_count_);
    return *proof;
  }
  const auto proof = jwt::verify(jws, *keys, claims_, now);
  if (!proof) return refused(proof.error());
  count(verified_);
  seen_.remember(jws, *proof);
  return *proof;
}

Refusal JwtProofs::refused(jwt::Why why) {
  count(refused_[static_cast<std::size_t>(why)]);
  if (why == jwt::Why::unknown_key) keys_.look_again();
  return refusal_of(why);
}

void JwtProofs::on_commit(const Batch& batch) {
  if (batch.revocations.empty()) [[likely]]
    return;
  const auto revoked = revoked_.lock();
  for (const Revocation& row : batch.revocations) revoked->push_back(row.user);
}

void JwtProofs::forget_revoked() {
  for (const UserId& user : std::exchange(*revoked_.lock(), {})) seen_.forget(user);
}

JwtProofs::Numbers JwtProofs::numbers() const {
  Numbers numbers{.seen = read(seen_count_),
                  .verified = read(verified_),
                  .missing = read(missing_),
                  .overloaded = read(overloaded_),
                  .without_keys = read(without_keys_),
                  .refused = {},
                  .waiting = queue_.waiting()};
  for (std::size_t i = 0; i < kReasons; ++i) numbers.refused.emplace_back(jwt::Why(i), read(refused_[i]));
  return numbers;
}

}  // namespace stagedoor::identity
