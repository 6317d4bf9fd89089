#include "state/peer_message.h"

#include <bit>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <type_traits>

#include "state/kinds.h"

namespace stagedoor {
namespace {

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

// Whole numbers: seven bits per byte, lowest first, the sign in the lowest bit (small numbers take one byte).
// Lists and strings: prefixed with their length. Described structs: the number of bytes, then the members.
// The seats of a date: runs of neighbours, because there are up to 100,000 of them.
struct SeatRun {
  Seat first;
  std::int32_t count = 0;

  bool continues_with(const Seat& seat) const {
    return seat.number == first.number + count && seat.number_in_row == first.number_in_row + count &&
           seat.section == first.section && seat.row == first.row && seat.category == first.category;
  }
};
BOOST_DESCRIBE_STRUCT(SeatRun, (), (first, count))
constexpr std::size_t kSeatsMax = 100'000;  // of a date

class Writer {
 public:
  std::string out;

  void put(std::int64_t value) {
    auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (; rest >= 0x80; rest >>= 7) out.push_back(static_cast<char>(rest | 0x80));
    out.push_back(static_cast<char>(rest));
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void put(T value) { put(static_cast<std::int64_t>(value)); }
  void put(double value) { put(std::bit_cast<std::int64_t>(value)); }
  void put(Millis value) { put(value.count()); }
  void put(TimePoint value) { put(to_ms(value)); }
  void put(Won value) { put(value.amount); }
  template <class Tag>
  void put(Id<Tag> id) {
    put(id.value);
  }
  void put(const Uuid& uuid) { out.append(uuid.bytes.begin(), uuid.bytes.end()); }
  void put(const std::string& text) {
    put(text.size());
    out += text;
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class A, class B>
  void put(const std::pair<A, B>& both) {
    put(both.first);
    put(both.second);
  }
  void put(const std::vector<Seat>& seats) {
    std::vector<SeatRun> runs;
    for (const Seat& seat : seats) {
      if (runs.empty() || !runs.back().continues_with(seat)) runs.push_back({seat, 0});
      ++runs.back().count;
    }
    put(runs);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put(list.size());
    for (const auto& one : list) put(one);
  }
  template <Described T>
  void put(const T& row) {
    const std::size_t begin = out.size();
    boost::mp11::mp_for_each<Members<T>>([&](auto member) { put(row.*member.pointer); });
    Writer length;  // short, so it does not allocate
    length.put(out.size() - begin);
    out.insert(begin, length.out);
  }
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  void get(std::int64_t& value) {
    std::uint64_t raw = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      if (shift > 63) fail();
      raw |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) break;
    }
    value = static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void get(T& value) { value = static_cast<T>(number()); }
  void get(double& value) { value = std::bit_cast<double>(number()); }
  void get(Millis& value) { value = Millis(number()); }
  void get(TimePoint& value) { value = from_ms(number()); }
  void get(Won& value) { get(value.amount); }
  template <class Tag>
  void get(Id<Tag>& id) {
    get(id.value);
  }
  void get(Uuid& uuid) {
    const auto bytes = take(uuid.bytes.size());
    std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  }
  void get(std::string& text) { text = take(length()); }
  template <class T>
  void get(std::optional<T>& value) {
    if (number() != 0) get(value.emplace());
  }
  template <class A, class B>
  void get(std::pair<A, B>& both) {
    get(both.first);
    get(both.second);
  }
  void get(std::vector<Seat>& seats) {
    std::vector<SeatRun> runs;
    get(runs);
    for (const SeatRun& run : runs) {
      const auto is_small = [](std::int32_t n) { return n >= 0 && std::size_t(n) <= kSeatsMax; };
      if (!is_small(run.count) || !is_small(run.first.number) || !is_small(run.first.number_in_row) ||
          seats.size() + std::size_t(run.count) > kSeatsMax)
        fail();
      for (std::int32_t i = 0; i < run.count; ++i) {
        Seat& seat = seats.emplace_back(run.first);
        seat.number += i;
        seat.number_in_row += i;
      }
    }
  }
  template <class T>
  void get(std::vector<T>& list) {
    for (std::size_t left = length(); left > 0; --left) get(list.emplace_back());
  }
  template <Described T>
  void get(T& row) {
    Reader members = inner();
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (!members.is_at_end()) members.get(row.*member.pointer);
    });
  }

  // The end of a length-prefixed part.
  Reader inner() { return Reader(take(length())); }
  bool is_at_end() const { return rest_.empty(); }
  // Number of the elements or bytes that follow; each element has at least one byte.
  std::size_t length() {
    const std::int64_t value = number();
    if (value < 0 || static_cast<std::uint64_t>(value) > rest_.size()) fail();
    return static_cast<std::size_t>(value);
  }

 private:
  [[noreturn]] static void fail() { throw BadBytes("the bytes of a batch are truncated or invalid"); }
  std::int64_t number() {
    std::int64_t value = 0;
    get(value);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) fail();
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
};

// Calls f(kind) for each kind that the message contains, in the order of the message.
template <class F>
void for_each_sent_kind(F&& f) {
  for_each_kind([&]<class Kind>(Kind kind) {
    if constexpr (Kind::peer_form != PeerForm::nothing) f(kind);
  });
}

template <class Kind>
void put_rows(Kind, const Batch& batch, Writer& writer) {
  const auto& rows = [&]() -> const auto& {
    if constexpr (kIsConditional<Kind>) return Kind::in(batch).rows();
    else return Kind::in(batch);
  }
  ();
  writer.put(rows.size());
  for (const auto& one : rows) {
    const auto& row = [&]() -> const auto& {
      if constexpr (kIsConditional<Kind>) return one.row;
      else return one;
    }
    ();
    if constexpr (Kind::peer_form == PeerForm::key) {
      writer.put(Kind::key(row));
    } else {
      writer.put(row);
      if constexpr (Kind::peer_form == PeerForm::row_is_stored) writer.put(one.stored.has_value());
      if constexpr (Kind::peer_form == PeerForm::row_and_stored) writer.put(one.stored);
    }
  }
}

template <class Kind>
void get_rows(Kind, Reader& reader, Batch& batch) {
  for (std::size_t left = reader.length(); left > 0; --left) {
    RowOf<Kind> row{};
    std::optional<RowOf<Kind>> stored;
    if constexpr (Kind::peer_form == PeerForm::key) {
      KeyOf<Kind> key{};
      reader.get(key);
      row = Kind::row_of(key);
    } else {
      reader.get(row);
      if constexpr (Kind::peer_form == PeerForm::row_and_stored) reader.get(stored);
      bool is_stored = Kind::peer_form == PeerForm::row;
      if constexpr (Kind::peer_form == PeerForm::row_is_stored) reader.get(is_stored);
      if (is_stored) stored = row;
    }
    if constexpr (kIsConditional<Kind>) Kind::in(batch).put(Kind::key(row), row, stored ? &*stored : nullptr);
    else Kind::in(batch).push_back(std::move(row));
  }
}

}  // namespace

// The message has the form of a described struct: its length, then its members. A reader stops at the end of
// the message, so an older version may omit kinds.
std::string to_bytes(const Batch& batch) {
  Writer members;
  members.put(to_ms(batch.now));
  members.put(batch.next_id);
  members.put(batch.ids_reserved_to.value_or(0));
  for_each_sent_kind([&](auto kind) { put_rows(kind, batch, members); });
  Writer writer;
  writer.put(members.out);
  return std::move(writer.out);
}

Batch batch_from_bytes(std::string_view bytes) {
  Reader reader = Reader(bytes).inner();
  Batch batch;
  std::int64_t ids_reserved_to = 0;
  if (!reader.is_at_end()) reader.get(batch.now);
  if (!reader.is_at_end()) reader.get(batch.next_id);
  if (!reader.is_at_end()) reader.get(ids_reserved_to);
  if (ids_reserved_to > 0) batch.ids_reserved_to = ids_reserved_to;
  for_each_sent_kind([&](auto kind) {
    if (!reader.is_at_end()) get_rows(kind, reader, batch);
  });
  return batch;
}

}  // namespace stagedoor
