// Bytes → json::read of a struct with every kind of member. Whatever comes: no crash; what is accepted is
// written and read back the same; what is refused says why, in JSON.
#include <boost/json/parse.hpp>
#include <cstdint>

#include "core/ensure.h"
#include "http/render_refusal.h"
#include "json/read.h"
#include "json/types.h"
#include "json/write.h"

namespace stagedoor {

BOOST_DEFINE_ENUM_CLASS(Kind, one, two)

struct Part {
  Millis ttl{};
  std::int32_t count = 0;
  bool operator==(const Part&) const = default;
};
BOOST_DESCRIBE_STRUCT(Part, (), (ttl, count))

void check(const Part& part, json::FieldErrors& errors) {
  if (part.count < 0) errors.add("count", "must not be negative");
}

struct Whole {
  bool flag = false;
  std::int64_t big = 0;
  std::uint32_t place = 0;
  double share = 0;
  std::string text;
  SeatId seatId;
  UserId userId;
  TimePoint at{};
  Won price;
  Kind kind = Kind::one;
  std::optional<std::string> note;
  json::Omitted<std::int64_t> extra;
  std::vector<SeatId> seatIds;
  std::map<std::string, Won> prices;
  Part part;
  std::vector<Part> parts;
  std::map<std::string, std::vector<std::optional<Part>>> deep;
  bool operator==(const Whole&) const = default;
};
BOOST_DESCRIBE_STRUCT(Whole, (),
                      (flag, big, place, share, text, seatId, userId, at, price, kind, note, extra, seatIds,
                       prices, part, parts, deep))

// Everything may be left out, so that the fuzzer gets somewhere without finding all the names at once.
struct Loose {
  std::optional<bool> flag;
  std::optional<std::int32_t> small;
  std::optional<double> share;
  std::optional<std::string> text;
  std::optional<SeatId> seatId;
  std::optional<UserId> userId;
  std::optional<TimePoint> at;
  std::optional<Millis> ttl;
  std::optional<Won> price;
  std::optional<Kind> kind;
  json::Omitted<std::vector<Part>> parts;
  json::Omitted<std::map<std::string, double>> shares;
  bool operator==(const Loose&) const = default;
};
BOOST_DESCRIBE_STRUCT(Loose, (),
                      (flag, small, share, text, seatId, userId, at, ttl, price, kind, parts, shares))

template <class T>
void try_one(std::string_view text) {
  const auto first = json::read<T>(text);
  if (!first) {
    ensure(!first.error().details.empty(), "a refusal says why");
    ensure(boost::json::parse(http::render_refusal(first.error()).body).is_object(), "a refusal is JSON");
    return;
  }
  const std::string written = json::to_text(*first);
  const auto second = json::read<T>(written);
  ensure(second.has_value(), "what was written can be read");
  ensure(*second == *first, "what was written reads the same");
  ensure(json::to_text(*second) == written, "it is written the same");
}

}  // namespace stagedoor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  stagedoor::try_one<stagedoor::Whole>(text);
  stagedoor::try_one<stagedoor::Loose>(text);
  return 0;
}
