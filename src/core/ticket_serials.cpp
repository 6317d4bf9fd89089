#include "core/ticket_serials.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <boost/endian/conversion.hpp>
#include <charconv>

#include "core/ensure.h"
#include "core/sha256.h"

namespace stagedoor {
namespace {

constexpr int kNumberBits = 11;  // beside the 53 bits of an id
static_assert(kIdMax < (std::int64_t{1} << (64 - kNumberBits)));
// A Feistel network of this many rounds over two halves, as in NIST SP 800-38G (FF1), with AES as the round
// function.
constexpr int kRounds = 10;

}  // namespace

struct TicketSerials::Cipher {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();

  explicit Cipher(std::string_view secret) {
    const Sha256 key = sha256("stagedoor ticket serials " + std::string(secret));
    ensure(context && EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1 &&
               EVP_CIPHER_CTX_set_padding(context, 0) == 1,
           "OpenSSL has AES");
  }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher() { EVP_CIPHER_CTX_free(context); }

  std::uint32_t round(int number, std::uint32_t half) {
    std::array<std::uint8_t, 16> in{}, out{};
    in[0] = static_cast<std::uint8_t>(number);
    boost::endian::store_big_u32(&in[1], half);
    int size = 0;
    ensure(EVP_EncryptUpdate(context, out.data(), &size, in.data(), int(in.size())) == 1 && size == 16,
           "AES of a block");
    return boost::endian::load_big_u32(out.data());
  }
};

TicketSerials::TicketSerials(std::string_view secret) : cipher_(std::make_unique<Cipher>(secret)) {}
TicketSerials::~TicketSerials() = default;

TicketSerial TicketSerials::of(const TicketRef& ticket) const {
  const auto plain = static_cast<std::uint64_t>(ticket.first.value) << kNumberBits |
                     static_cast<std::uint64_t>(ticket_number(ticket.second));
  auto left = static_cast<std::uint32_t>(plain >> 32), right = static_cast<std::uint32_t>(plain);
  const auto cipher = cipher_.lock();
  for (int i = 0; i < kRounds; ++i) left = std::exchange(right, left ^ (*cipher)->round(i, right));
  return {std::uint64_t{left} << 32 | right};
}

TicketRef TicketSerials::ticket_of(TicketSerial serial) const {
  auto left = static_cast<std::uint32_t>(serial.value >> 32),
       right = static_cast<std::uint32_t>(serial.value);
  const auto cipher = cipher_.lock();
  for (int i = kRounds; i-- > 0;) right = std::exchange(left, right ^ (*cipher)->round(i, left));
  const std::uint64_t plain = std::uint64_t{left} << 32 | right;
  return {ReservationId{static_cast<std::int64_t>(plain >> kNumberBits)},
          ticket_number(static_cast<std::int32_t>(plain & 0x7FF))};
}

std::string to_text(TicketSerial serial) { return fmt::format("{:016x}", serial.value); }

std::optional<TicketSerial> parse_serial(std::string_view text) {
  TicketSerial serial;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), serial.value, 16);
  if (text.size() != 16 || error != std::errc() || to_text(serial) != text) return std::nullopt;
  return serial;
}

}  // namespace stagedoor
