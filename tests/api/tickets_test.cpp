// R-P7, R-P9, R-O1: tickets of fans, the keys to check them with, and gates.
#include "api/api_test.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/base64url.h"
#include "protocol/ticket_layout.h"

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Tickets : public ApiTest {
 protected:
  // A sale of a new fan; the fan is in `who`.
  std::int64_t buy(Visitor& who, std::int64_t date = 1) {
    who = fan(kClub, 1'000'000);
    const std::int64_t id = new_hold(who, date);
    EXPECT_EQ(api.send(pay(who, id)).status, 200);
    return id;
  }
  static Call get_ticket(const Visitor& who, std::int64_t id, std::string_view end = "") {
    return {.method = "GET",
            .target = fmt::format("/events/reservations/{}/ticket{}", id, end),
            .token = who.token};
  }
  std::string serial_of(const Visitor& who, std::int64_t id) {
    return text(api.send(get_ticket(who, id)).data(), "serial");
  }
  static Call check_in(const std::string& body) { return admin("POST", "/admin/check-in", body); }
  static std::string scan(const std::string& serial, std::string_view at, std::string_view more = "") {
    return fmt::format(R"({{"serial":"{}","at":"{}"{}}})", serial, at, more);
  }
  // The results of some scans of a device: "ACCEPTED", or "ALREADY_USED by DEVICE".
  std::vector<std::string> report(std::string_view device, const std::vector<std::string>& scans) {
    const ApiReply reply =
        api.send(check_in(fmt::format(R"({{"device":"{}","scans":[{}]}})", device, fmt::join(scans, ","))));
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::string> results;
    for (const auto& one : reply.data().at("results").as_array()) {
      results.push_back(text(one, "result"));
      if (results.back() == "ALREADY_USED") results.back() += " by " + text(one.at("first"), "device");
    }
    return results;
  }
  boost::json::value gate_list(std::int64_t date = 1) {
    return api.send(admin("GET", fmt::format("/admin/dates/{}/revoked", date))).data();
  }
  static bool has_revoked(const boost::json::value& list, const std::string& serial) {
    for (const auto& one : list.at("revoked").as_array())
      if (one == boost::json::value(serial)) return true;
    return false;
  }
  // The double use of a ticket: "FIRST < LATER, LATER"; "" if there is none.
  static std::string double_use(const boost::json::value& list, const std::string& serial) {
    for (const auto& one : list.at("usedTwice").as_array()) {
      if (text(one, "serial") != serial) continue;
      std::string found = text(one.at("first"), "device") + " <";
      for (const auto& later : one.at("later").as_array()) found += " " + text(later, "device");
      return found;
    }
    return "";
  }
};

// R-P7
TEST_F(Tickets, a_paid_reservation_has_one) {
  Visitor who;
  const std::int64_t id = buy(who);
  const ApiReply reply = api.send(get_ticket(who, id));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const boost::json::value& ticket = reply.data();
  EXPECT_EQ(number(ticket, "reservationId"), id);
  EXPECT_EQ(number(ticket, "eventDateId"), 1);
  EXPECT_EQ(text(ticket, "eventName"), "Winter Club Night");
  EXPECT_TRUE(ticket.at("usedAt").is_null());
  const auto bytes = protocol::ticket_bytes(text(ticket, "ticket"));
  ASSERT_TRUE(bytes);
  const auto claims = protocol::ticket_claims(*bytes);
  EXPECT_EQ(to_text(claims.serial), text(ticket, "serial"));
  EXPECT_EQ(claims.reservation.value, id);
  EXPECT_EQ(claims.seat.value, number(ticket, "seatId"));

  const ApiReply keys = api.send({.method = "GET", .target = "/.well-known/jwks.json"});
  EXPECT_EQ(keys.status, 200);
  EXPECT_EQ(text(keys.json.at("keys").at(0), "kid"), fmt::format("{:08x}", protocol::ticket_key_id(*bytes)));
  EXPECT_THAT(keys.header("Cache-Control"), HasSubstr("max-age=300"));

  EXPECT_EQ(api.send(get_ticket(who, id)).body, reply.body) << "the same from every instance, and again";
  EXPECT_EQ(api.send(get_ticket(who, id).with_header("If-None-Match", reply.header("ETag"))).status, 304);
}

TEST_F(Tickets, a_code_for_the_gate_is_an_image) {
  Visitor who;
  const std::int64_t id = buy(who);
  const ApiReply reply = api.send(get_ticket(who, id, ".svg"));
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(reply.header("Content-Type"), HasSubstr("image/svg+xml"));
  EXPECT_THAT(reply.body, HasSubstr(R"(viewBox="0 0 57 57")"));
  EXPECT_THAT(reply.header("Cache-Control"), HasSubstr("no-store"));
  EXPECT_EQ(api.send(get_ticket(who, id, ".svg").with_header("If-None-Match", reply.header("ETag"))).status,
            304);
}

TEST_F(Tickets, only_owners_of_paid_reservations_get_one) {
  Visitor who;
  const std::int64_t id = buy(who);
  expect_refusal(get_ticket(fan(), id), 403, "FORBIDDEN");
  expect_refusal(get_ticket({}, id), 401, "TOKEN_NOT_FOUND");
  expect_refusal(get_ticket(who, 999'999'999), 404, "RESERVATION_NOT_FOUND");
  const Visitor holder = fan();
  for (const char* end : {"", ".svg"})
    expect_refusal(get_ticket(holder, new_hold(holder), end), 404, "TICKET_NOT_FOUND");
  ASSERT_EQ(api.send(refund(who, id)).status, 200);
  for (const char* end : {"", ".svg"}) expect_refusal(get_ticket(who, id, end), 409, "TICKET_REVOKED");
}

// R-P7: the single form, by the whole ticket and by a typed serial.
TEST_F(Tickets, a_gate_accepts_one_once) {
  Visitor who;
  const std::int64_t id = buy(who);
  const boost::json::value ticket = api.send(get_ticket(who, id)).data();
  const std::string body =
      fmt::format(R"({{"device":"door-1","ticket":"{}","eventDateId":1}})", text(ticket, "ticket"));
  const ApiReply entry = api.send(check_in(body));
  ASSERT_EQ(entry.status, 200) << entry.body;
  EXPECT_EQ(text(entry.data(), "result"), "ACCEPTED");
  EXPECT_EQ(number(entry.data(), "reservationId"), id);
  EXPECT_EQ(number(entry.data(), "seatNumber"), number(ticket, "seatNumber"));
  const ApiReply again =
      api.send(check_in(fmt::format(R"({{"device":"door-2","serial":"{}"}})", text(ticket, "serial"))));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "TICKET_ALREADY_USED");
  EXPECT_EQ(text(again.json, "device"), "door-1");
  EXPECT_EQ(text(again.json, "at"), text(entry.data(), "at"));
  EXPECT_EQ(text(api.send(get_ticket(who, id)).data(), "usedAt"), text(entry.data(), "at"));
  expect_refusal(refund(who, id), 409, "TICKET_ALREADY_USED");
  EXPECT_TRUE(api.send(admin("POST", fmt::format("/admin/reservations/{}/refund", id))).ok());
  expect_refusal(check_in(body), 409, "TICKET_REVOKED");
}

TEST_F(Tickets, a_gate_refuses_what_is_no_ticket_of_its_date) {
  Visitor who;
  const std::int64_t id = buy(who);
  const std::string ticket = text(api.send(get_ticket(who, id)).data(), "ticket");
  std::string changed = ticket;
  changed[60] = changed[60] == 'A' ? 'B' : 'A';
  const auto one = [](const std::string& of, std::string_view more = "") {
    return check_in(fmt::format(R"({{"device":"d","ticket":"{}"{}}})", of, more));
  };
  expect_refusal(one(changed), 404, "TICKET_NOT_FOUND");
  expect_refusal(one(""), 404, "TICKET_NOT_FOUND");
  expect_refusal(one(ticket, R"(,"eventDateId":2)"), 404, "TICKET_NOT_FOUND");
  expect_refusal(check_in(R"({"device":"d","serial":"0123456789abcdef"})"), 404, "TICKET_NOT_FOUND");
  EXPECT_EQ(api.send(one(ticket)).status, 200) << "the refusals used nothing";
}

// R-P9: offline, in any order, with ends.
TEST_F(Tickets, scans_of_devices_that_were_offline_agree_in_the_end) {
  Visitor who, other, third;
  const std::string serial = serial_of(who, buy(who)), twice = serial_of(other, buy(other));
  const std::int64_t gone = buy(third);
  const std::string revoked = serial_of(third, gone);
  ASSERT_EQ(api.send(refund(third, gone)).status, 200);

  const std::string late = "2031-01-01T18:00:02.000Z", early = "2031-01-01T18:00:01.000Z";
  EXPECT_EQ(api.send(check_in(fmt::format(R"({{"device":"a","scans":[{}]}})", scan(serial, late)))).code(),
            "INVALID_REQUEST")
      << "more than a day ahead";
  const std::string second = "2026-01-01T18:00:02.000Z", first = "2026-01-01T18:00:01.000Z";
  const std::vector<std::string> of_a = {scan(serial, second), scan(twice, second), scan(revoked, second),
                                         scan("ffffffffffffffff", second)};
  EXPECT_THAT(report("a", of_a), ElementsAre("ACCEPTED", "ACCEPTED", "REVOKED", "UNKNOWN"));
  EXPECT_THAT(report("b", {scan(twice, first)}), ElementsAre("ACCEPTED")) << "b was first";
  EXPECT_THAT(report("a", of_a), ElementsAre("ACCEPTED", "ALREADY_USED by b", "REVOKED", "UNKNOWN"));
  EXPECT_EQ(double_use(gate_list(), twice), "b < a");
  EXPECT_EQ(double_use(gate_list(), serial), "");
  EXPECT_TRUE(has_revoked(gate_list(), revoked));
  EXPECT_FALSE(has_revoked(gate_list(), twice));

  EXPECT_THAT(report("b", {scan(twice, first, R"(,"undo":true)")}), ElementsAre("ACCEPTED"));
  EXPECT_THAT(report("a", {scan(twice, second)}), ElementsAre("ACCEPTED"));
  EXPECT_EQ(double_use(gate_list(), twice), "");
}

// R-P9: a gate that has synced since refuses it.
TEST_F(Tickets, the_list_of_a_gate_changes_with_each_refund) {
  Visitor who;
  const std::int64_t id = buy(who, 3);
  const std::string serial = serial_of(who, id);
  const Call list = admin("GET", "/admin/dates/3/revoked");
  const ApiReply before = api.send(list);
  EXPECT_EQ(number(before.data(), "eventDateId"), 3);
  EXPECT_FALSE(has_revoked(before.data(), serial));
  EXPECT_EQ(api.send(list.with_header("If-None-Match", before.header("ETag"))).status, 304);
  ASSERT_EQ(api.send(refund(who, id)).status, 200);
  const ApiReply after = api.send(list.with_header("If-None-Match", before.header("ETag")));
  ASSERT_EQ(after.status, 200);
  EXPECT_TRUE(has_revoked(after.data(), serial));
  EXPECT_FALSE(has_revoked(gate_list(1), serial)) << "another date";
  expect_refusal(admin("GET", "/admin/dates/999/revoked"), 404, "EVENT_DATE_NOT_FOUND");
}

// What one bad gate may send.
TEST_F(Tickets, a_check_in_is_refused_with_all_its_faults) {
  const auto paths = [&](const std::string& body) { return error_paths(api.send(check_in(body))); };
  EXPECT_THAT(paths(R"({})"), ElementsAre("device", "scans"));
  EXPECT_THAT(paths(R"({"device":"no blanks","scans":[]})"), ElementsAre("device", "scans"));
  EXPECT_THAT(paths(R"({"device":"d","scans":[{"serial":"1","at":"2026-01-01T00:00:00Z"}]})"),
              ElementsAre("scans[0].serial"));
  EXPECT_THAT(paths(R"({"device":"d","serial":"0123456789abcdef","ticket":"x"})"), ElementsAre("scans"));
  EXPECT_THAT(paths(R"({"device":"d","serial":"0123456789abcdef","at":"2090-01-01T00:00:00Z"})"),
              ElementsAre("at"));
  std::vector<std::string> many(201, scan("0123456789abcdef", "2026-01-01T00:00:00Z"));
  EXPECT_THAT(paths(fmt::format(R"({{"device":"d","scans":[{}]}})", fmt::join(many, ","))),
              ElementsAre("scans"));
  many.pop_back();
  EXPECT_THAT(report("d", many), SizeIs(200));
  many.assign(2000, many.front());
  EXPECT_EQ(api.send(check_in(fmt::format(R"({{"device":"d","scans":[{}]}})", fmt::join(many, ",")))).status,
            413);
}

// R-X5
TEST_F(Tickets, a_check_in_is_answered_again_by_its_key) {
  Visitor who;
  const Call use = check_in(fmt::format(R"({{"device":"d","serial":"{}"}})", serial_of(who, buy(who))))
                       .with_key("entry-" + who.user);
  const ApiReply first = api.send(use);
  EXPECT_EQ(first.status, 200);
  const ApiReply again = api.send(use);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
}

// R-P7: a ticket outlives the process, and so does its use.
TEST_F(Tickets, outlive_the_process) {
  Deployment alone{std::string(kSale)};
  auto its_api = std::make_unique<Api>(alone.urls());
  const Visitor who = enter(*its_api, user(1), kClub);
  give_money(*its_api, who, 1'000'000);
  const std::int64_t id = number(its_api->send(hold(who, free_seats(*its_api, who, 1).at(0))).data(), "id");
  ASSERT_EQ(its_api->send(pay(who, id)).status, 200);
  const std::string ticket = text(its_api->send(get_ticket(who, id)).data(), "ticket");
  const Call use = check_in(fmt::format(R"({{"device":"d","ticket":"{}"}})", ticket));
  ASSERT_EQ(its_api->send(use).status, 200);
  alone.kill9_all();
  alone.start_all();
  its_api = std::make_unique<Api>(alone.urls());
  EXPECT_EQ(text(its_api->send(get_ticket(who, id)).data(), "ticket"), ticket);
  EXPECT_EQ(its_api->send(use).code(), "TICKET_ALREADY_USED");
}

}  // namespace
}  // namespace stagedoor::test
