#include "protocol/draw.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <cstring>

#include "core/ensure.h"
#include "core/sha256.h"

namespace stagedoor::protocol {
namespace {

template <class Integer>
void append_big_endian(std::string& text, Integer value) {
  boost::endian::native_to_big_inplace(value);
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string to_text(const Sha256& hash) { return {hash.begin(), hash.end()}; }

}  // namespace

std::string_view draw_algorithm_name(std::int32_t version) {
  return version == 1 ? "stagedoor-draw-1" : "stagedoor-draw-2";
}

std::optional<std::int32_t> draw_algorithm(std::string_view name) {
  for (std::int32_t version = 1; version <= kDrawAlgorithm; ++version)
    if (draw_algorithm_name(version) == name) return version;
  return std::nullopt;
}

std::string draw_commitment(const CommittedDraw& draw) {
  std::string text(draw_algorithm_name(draw.algorithm));
  text += draw.seed;
  append_big_endian(text, draw.event.value);
  if (draw.algorithm == 1) append_big_endian(text, to_ms(draw.opens_at));
  return to_text(sha256(text));
}

struct JoinsDigest::Hash {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string pending;  // hashed a few kilobytes at a time

  ~Hash() { EVP_MD_CTX_free(context); }
  void update() {
    ensure(EVP_DigestUpdate(context, pending.data(), pending.size()) == 1, "SHA-256 accepts bytes");
    pending.clear();
  }
};

JoinsDigest::JoinsDigest() : hash_(std::make_unique<Hash>()) {
  ensure(EVP_DigestInit_ex(hash_->context, EVP_sha256(), nullptr) == 1, "OpenSSL has SHA-256");
}
JoinsDigest::~JoinsDigest() = default;

void JoinsDigest::add(Place place, const UserId& user, TimePoint joined_at) {
  append_big_endian(hash_->pending, place);
  hash_->pending.append(user.bytes.begin(), user.bytes.end());
  append_big_endian(hash_->pending, to_ms(joined_at));
  if (hash_->pending.size() >= 4096) hash_->update();
}

std::string JoinsDigest::finish() {
  hash_->update();
  Sha256 digest{};
  unsigned size = 0;
  ensure(EVP_DigestFinal_ex(hash_->context, digest.data(), &size) == 1, "SHA-256 finishes");
  return to_text(digest);
}

std::string draw_key(std::string_view seed, std::string_view digest, std::string_view beacon) {
  std::string text(digest);
  text += beacon;
  Sha256 key{};
  unsigned size = 0;
  ensure(HMAC(EVP_sha256(), seed.data(), int(seed.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(), &size) != nullptr,
         "OpenSSL has HMAC");
  return to_text(key);
}

// Sorted by the first 8 bytes; ties, which occur once in forty million draws of a million people, are sorted
// by all bytes.
DrawnOrder draw_order(std::string_view key, Place people) {
  const auto tag = [key](Place place) {
    std::string text(key);
    append_big_endian(text, place);
    return sha256(text);
  };
  struct Tagged {
    std::uint64_t first;
    Place place;
  };
  std::vector<Tagged> tagged;
  tagged.reserve(people);
  for (Place place = 1; place <= people; ++place) {
    tagged.push_back({boost::endian::load_big_u64(tag(place).data()), place});
  }
  std::sort(tagged.begin(), tagged.end(), [&](const Tagged& a, const Tagged& b) {
    return a.first != b.first ? a.first < b.first : tag(a.place) < tag(b.place);
  });
  DrawnOrder order{std::vector<Place>(people), std::vector<Place>(people)};
  for (std::size_t rank = 0; rank < tagged.size(); ++rank) {
    order.place_at[rank] = tagged[rank].place;
    order.rank_of[tagged[rank].place - 1] = static_cast<Place>(rank + 1);
  }
  return order;
}

}  // namespace stagedoor::protocol
