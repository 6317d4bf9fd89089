#include "crowd/seat_map.h"

#include <zlib.h>

#include <array>
#include <bit>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <memory>
#include <stdexcept>

#include "core/base64url.h"

namespace stagedoor::crowd {
namespace {

namespace json = boost::json;

constexpr int kGzip = 16 + MAX_WBITS;

}  // namespace

std::string plain_body(const Response& response) {
  if (response.header("Content-Encoding") != "gzip") return std::string(response.body);
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::runtime_error("zlib cannot start");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(response.body.data()));
  stream.avail_in = static_cast<uInt>(response.body.size());
  std::string plain;
  std::array<char, 32'768> piece;
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    plain.append(piece.data(), piece.size() - stream.avail_out);
  }
  if (state != Z_STREAM_END) throw std::runtime_error("the answer is not compressed as it says");
  return plain;
}

SeatLayout read_layout(std::string_view text) {
  const json::value answer = json::parse(text);
  const json::value& data = answer.at("data");
  return {.first_seat = data.at("firstSeatId").to_number<std::int64_t>(),
          .seats = data.at("totalSeats").to_number<std::size_t>()};
}

void read_free_seats(std::string_view text, const SeatLayout& layout, std::vector<std::int64_t>& free) {
  unsigned char buffer[16'384];
  json::monotonic_resource memory(buffer, sizeof buffer);
  const json::value answer = json::parse(text, &memory);
  std::vector<std::uint8_t> bits((layout.seats + 7) / 8);
  if (!base64url_decode(answer.at("data").at("bits").as_string(), bits))
    throw std::runtime_error("not one bit for each seat");
  free.clear();
  for (std::size_t i = 0; i < bits.size(); ++i) {
    for (unsigned left = bits[i]; left != 0; left &= left - 1)
      free.push_back(layout.first_seat + static_cast<std::int64_t>(8 * i) + std::countr_zero(left));
  }
}

}  // namespace stagedoor::crowd
