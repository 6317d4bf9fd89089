#include "sample.h"

namespace stagedoor::contract {
namespace {

EventDate sample_date(DateId id, SeatId first_seat, std::int64_t first_category) {
  EventDate date;
  date.id = id;
  date.event = kEvent;
  date.starts_at = at(86'400'000 * id.value);
  date.booking = {at(-1000), at(86'000'000)};
  date.layout = "hall";
  date.first_seat = first_seat;
  date.sections = {"Stalls", "Balcony"};
  date.categories = {{CategoryId{first_category}, "VIP", Won{150'000}},
                     {CategoryId{first_category + 1}, "Regular", Won{90'000}}};
  for (std::size_t i = 0; i < kSeats; ++i) {
    date.seats.push_back({.number = std::int32_t(i + 1),
                          .number_in_row = std::int32_t(i % 5 + 1),
                          .section = std::uint16_t(i / 5),
                          .row = 1,
                          .category = std::uint16_t(i / 5)});
  }
  date.created_at = date.updated_at = at(-5000);
  date.imported = R"({"starts_at":"2036-02-01T10:00:00.000Z"})";
  return date;
}

}  // namespace

UserId user(std::uint8_t number) {
  UserId id{};
  id.bytes[0] = std::uint8_t(number * 37);
  id.bytes[15] = number;
  return id;
}

SeatId seat(int number) {
  return number <= int(kSeats) ? SeatId{kFirstSeat.value + number - 1} : SeatId{200 + number - int(kSeats)};
}

CatalogueChanges sample_catalogue() {
  CatalogueChanges changes;
  Event event;
  event.id = kEvent;
  event.name = "Winter Club Night";
  event.performer = "The Understudies";
  event.venue = "Stagedoor Club";
  event.on_sale = {at(-1000), at(86'000'000)};
  event.created_at = event.updated_at = at(-5000);
  event.time_zone = "Europe/Berlin";
  event.imported = R"({"name":"Winter Club Night"})";
  changes.events.push_back(event);
  changes.dates = {sample_date(kDate, kFirstSeat, 51), sample_date(DateId{2}, SeatId{201}, 61)};
  changes.layouts = {{"hall", Layout{.sections = {{"Stalls", 1, 5, "VIP", Point{-0.5, 4}, 0, 12.25},
                                                  {"Balcony", 1, 5, "Regular", Point{30.1, -7}, 359.5, 0}}}},
                     {"club", Layout{.seats = 50, .category = "Standard"}},
                     {"stalls", Layout{.sections = {{"Stalls", 1, 5, "VIP"}}}}};
  changes.imports = {{std::string(64, 'a'), LogId{5}}, {std::string(64, 'b'), LogId{4}}};
  return changes;
}

Reservation hold(std::int64_t id, SeatId seat_id, const UserId& who, TimePoint made) {
  Reservation row;
  row.id = ReservationId{id};
  row.seat = seat_id;
  row.date = seat_id.value > 200 ? DateId{2} : kDate;
  row.event = kEvent;
  row.user = who;
  row.place = 7;
  row.price = Won{90'000};
  row.expires_at = made + Millis(300'000);
  row.created_at = row.updated_at = made;
  return row;
}

Reservation paid(Reservation row, std::int64_t payment, TimePoint when) {
  row.status = ReservationStatus::PAID;
  row.payment = PaymentId{payment};
  row.paid_at = row.updated_at = when;
  ++row.version;
  return row;
}

Reservation cancelled(Reservation row, CancelReason reason, TimePoint when) {
  row.status = ReservationStatus::CANCELLED;
  row.reason = reason;
  row.updated_at = when;
  ++row.version;
  return row;
}

Wallet wallet(std::int64_t id, const UserId& who, std::int64_t balance, std::int64_t seq) {
  return {.id = WalletId{id}, .user = who, .balance = Won{balance}, .seq = seq};
}

Posting charge(std::int64_t id, const Wallet& after, std::int64_t amount) {
  return {.id = PostingId{id},
          .wallet = after.id,
          .seq = after.seq,
          .type = PostingType::CHARGE,
          .amount = Won{amount},
          .balance_after = after.balance,
          .debit_account = kChargesAccount,
          .credit_account = after.id.value,
          .created_at = at(after.seq)};
}

Visit visit(Place place_number, const UserId& who, TimePoint from, TimePoint until) {
  return {.event = kEvent, .place = place_number, .user = who, .activated_at = from, .expires_at = until};
}

LinePlace place(Place number, const UserId& who, TimePoint joined) {
  return {.event = kEvent, .place = number, .user = who, .joined_at = joined};
}

IdempotentAnswer answer(const UserId& who, std::string key, TimePoint when) {
  return {.user = who,
          .key = std::move(key),
          .request_hash = std::string("\x00\x01\xff", 3) + std::string(29, 'h'),
          .status = 201,
          .body = R"({"success":true,"data":{"name":"겨울"}})",
          .headers = "Location: /x\r\n",
          .created_at = when};
}

OutboxRow outbox(std::int64_t id, std::string key, std::int64_t version, TimePoint when) {
  return {.id = OutboxId{id},
          .key = std::move(key),
          .version = version,
          .type = "seat.held",
          .payload = "{}",
          .created_at = when};
}

LogRow log_row(std::int64_t id) {
  return {.id = LogId{id},
          .created_at = at(id),
          .operator_name = "anna",
          .action = "queue.pause",
          .event = id % 2 ? kEvent : EventId{},
          .detail = "{}"};
}

void put(Batch& batch, const Reservation& row, const Reservation* stored) {
  batch.reservations.put(row.id, row, stored);
}
void put(Batch& batch, const Wallet& row, const Wallet* stored) { batch.wallets.put(row.user, row, stored); }
void put(Batch& batch, const Visit& row, const Visit* stored) {
  batch.visits.put({row.event, row.place}, row, stored);
}
void put(Batch& batch, const LinePlace& row, const LinePlace* stored) {
  batch.line.put({row.event, row.place}, row, stored);
}
void put(Batch& batch, const SeatBlock& row) { batch.blocks.put(row.seat, row, &row); }

void commit(Store& store, const Batch& batch) {
  const auto transaction = store.begin();
  transaction->apply(batch);
  transaction->commit();
}

bool refuses(Store& store, const Batch& batch) {
  try {
    commit(store, batch);
    return false;
  } catch (const StoreRefused&) {
    return true;
  }
}

void open_sample(Store& store) {
  Batch batch;
  batch.catalogue = sample_catalogue();
  commit(store, batch);
}

View loaded(Store& store, const Keys& keys) {
  View view;
  store.begin()->load(keys, view);
  return view;
}

}  // namespace stagedoor::contract
