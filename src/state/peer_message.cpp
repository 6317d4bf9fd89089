#include "state/peer_message.h"

#include <bit>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <type_traits>

namespace stagedoor {
namespace {

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

// What is told of a batch, by kinds.
struct Told {
  std::int64_t now = 0;
  std::int64_t next_id = 1;
  std::int64_t ids_reserved_to = 0;  // 0: not raised
  std::vector<std::pair<Reservation, std::optional<Reservation>>> reservations;
  std::vector<std::pair<Visit, bool>> visits;
  std::vector<std::pair<LinePlace, bool>> line;
  std::vector<PlaceBits> absences;
  std::vector<PlaceBits> seen;
  std::vector<std::pair<Draw, bool>> draws;
  std::vector<PriorityUser> priority;
  std::vector<SeatBlock> blocks;
  std::vector<UserId> wallets;
  std::vector<PaymentId> payments;
  std::vector<std::pair<UserId, std::string>> answers;
  std::vector<Event> events;
  std::vector<EventDate> dates;
  std::vector<std::pair<std::string, Layout>> layouts;
};
BOOST_DESCRIBE_STRUCT(Told, (),
                      (now, next_id, ids_reserved_to, reservations, visits, line, absences, seen, draws,
                       priority, blocks, wallets, payments, answers, events, dates, layouts))

// Whole numbers: seven bits a byte, lowest first, the sign in the lowest bit (small numbers take one byte).
// Lists and texts: their length first. Described structs: the number of bytes first, then the members.
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
  template <class T>
  void put(const std::vector<T>& list) {
    put(list.size());
    for (const auto& one : list) put(one);
  }
  template <Described T>
  void put(const T& row) {
    const std::size_t begin = out.size();
    boost::mp11::mp_for_each<Members<T>>([&](auto member) { put(row.*member.pointer); });
    Writer length;  // short: nothing is allocated
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
  template <class T>
  void get(std::vector<T>& list) {
    for (std::size_t left = length(); left > 0; --left) get(list.emplace_back());
  }
  template <Described T>
  void get(T& row) {
    Reader inner(take(length()));
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (!inner.rest_.empty()) inner.get(row.*member.pointer);
    });
  }

 private:
  [[noreturn]] static void fail() { throw BadBytes("the bytes of a batch end too early or make no sense"); }
  std::int64_t number() {
    std::int64_t value = 0;
    get(value);
    return value;
  }
  // Of what follows: each takes a byte at least.
  std::size_t length() {
    const std::int64_t value = number();
    if (value < 0 || static_cast<std::uint64_t>(value) > rest_.size()) fail();
    return static_cast<std::size_t>(value);
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) fail();
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

std::string to_bytes(const Batch& batch) {
  Told told;
  told.now = to_ms(batch.now);
  told.next_id = batch.next_id;
  told.ids_reserved_to = batch.ids_reserved_to.value_or(0);
  told.absences = batch.absences;
  told.seen = batch.seen;
  told.priority = batch.priority;
  told.events = batch.catalogue.events;
  told.dates = batch.catalogue.dates;
  told.layouts = batch.catalogue.layouts;
  for (const auto& [row, stored] : batch.reservations.rows()) told.reservations.emplace_back(row, stored);
  for (const auto& [row, stored] : batch.visits.rows()) told.visits.emplace_back(row, stored.has_value());
  for (const auto& [row, stored] : batch.line.rows()) told.line.emplace_back(row, stored.has_value());
  for (const auto& [row, stored] : batch.draws.rows()) told.draws.emplace_back(row, stored.has_value());
  for (const auto& [row, stored] : batch.blocks.rows()) told.blocks.push_back(row);
  for (const auto& [row, stored] : batch.wallets.rows()) told.wallets.push_back(row.user);
  for (const auto& row : batch.payments) told.payments.push_back(row.id);
  for (const auto& row : batch.answers) told.answers.emplace_back(row.user, row.key);
  Writer writer;
  writer.put(told);
  return std::move(writer.out);
}

Batch batch_from_bytes(std::string_view bytes) {
  Told told;
  Reader(bytes).get(told);
  Batch batch;
  batch.now = from_ms(told.now);
  batch.next_id = told.next_id;
  if (told.ids_reserved_to > 0) batch.ids_reserved_to = told.ids_reserved_to;
  for (const auto& [row, stored] : told.reservations)
    batch.reservations.put(row.id, row, stored ? &*stored : nullptr);
  for (const auto& [row, stored] : told.visits)
    batch.visits.put({row.event, row.place}, row, stored ? &row : nullptr);
  for (const auto& [row, stored] : told.line)
    batch.line.put({row.event, row.place}, row, stored ? &row : nullptr);
  for (const auto& [row, stored] : told.draws) batch.draws.put(row.event, row, stored ? &row : nullptr);
  for (const auto& row : told.blocks) batch.blocks.put(row.seat, row, &row);
  for (const auto& user : told.wallets) batch.wallets.put(user, Wallet{.user = user}, nullptr);
  for (const auto& id : told.payments) batch.payments.push_back({.id = id});
  for (const auto& [user, key] : told.answers) batch.answers.push_back({.user = user, .key = key});
  batch.absences = std::move(told.absences);
  batch.seen = std::move(told.seen);
  batch.priority = std::move(told.priority);
  batch.catalogue = {std::move(told.events), std::move(told.dates), std::move(told.layouts)};
  return batch;
}

}  // namespace stagedoor
