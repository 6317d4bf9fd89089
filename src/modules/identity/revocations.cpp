#include "modules/identity/revocations.h"

#include <boost/endian/conversion.hpp>

namespace stagedoor::identity {

// UUIDs are random enough; whoever chooses theirs otherwise only takes the lock.
std::uint32_t Revocations::bit_of(const UserId& user) {
  return boost::endian::load_big_u32(user.bytes.data()) ^ boost::endian::load_big_u32(&user.bytes[12]);
}

void Revocations::restore(StartupState& startup) {
  startup.read({.revocation = [this](const Revocation& row) { put(row); }});
}

void Revocations::on_commit(const Batch& batch) {
  for (const Revocation& row : batch.revocations) put(row);
}

void Revocations::put(const Revocation& row) {
  rows_.lock()->insert_or_assign(row.user, row.not_before);
  const std::uint32_t bit = bit_of(row.user);
  filter_[bit / 64 % filter_.size()].fetch_or(std::uint64_t{1} << bit % 64, std::memory_order_release);
}

std::optional<TimePoint> Revocations::not_before(const UserId& user) const {
  const std::uint32_t bit = bit_of(user);
  const std::uint64_t word = filter_[bit / 64 % filter_.size()].load(std::memory_order_acquire);
  if (!(word >> bit % 64 & 1)) [[likely]]
    return std::nullopt;
  const auto rows = rows_.lock();
  const auto found = rows->find(user);
  return found == rows->end() ? std::nullopt : std::optional(found->second);
}

}  // namespace stagedoor::identity
