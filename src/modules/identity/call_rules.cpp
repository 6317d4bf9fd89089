#include "modules/identity/call_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ensure.h"

namespace stagedoor::identity {
namespace {

using enum http::Access;
using enum Role;

constexpr CallRule kRules[] = {
    {"getClient", open},
    {"beginSession", named_user},
    {"getCaller", user},

    {"joinQueue", claimed_user},
    {"getPlace", place_token},
    {"streamPlace", stream_token},
    {"leaveQueue", place_token},
    {"getRoom", open},
    {"getDraw", open},

    {"listEvents", open},
    {"getEvent", open},
    {"getSeat", open},
    {"listDates", place_token},
    {"listSeats", place_token},
    {"getLayout", open},
    {"getAvailability", place_token},
    {"listSeatsOfDay", place_token},
    {"streamSeats", stream_token},

    {"holdSeats", user_and_place},
    {"holdBestSeats", user_and_place},
    {"payReservation", user_and_place},
    {"getReservation", user},
    {"cancelReservation", user},
    {"refundReservation", user},
    {"listReservations", user},
    {"getTicket", user},
    {"getTicketCode", user},
    {"getTicketKeys", open},
    {"getPayment", user},
    {"listPayments", user},
    {"getBalance", user},
    {"chargeBalance", user},
    {"listBalanceHistory", user},

    {"adminGetCaller", operator_key, any},
    {"adminCheckIn", operator_key, gate},
    {"adminListRevokedTickets", operator_key, gate},

    {"adminGetLive", operator_key, viewer},
    {"adminStreamLive", operator_key, viewer},
    {"adminFindReservations", operator_key, viewer},
    {"adminGetSeats", operator_key, viewer},
    {"adminExportCatalogue", operator_key, viewer},
    {"adminGetFairness", operator_key, viewer},
    {"adminListLog", operator_key, viewer},
    {"adminListEvents", operator_key, viewer},
    {"adminGetEvent", operator_key, viewer},
    {"adminGetDate", operator_key, viewer},
    {"adminListPriority", operator_key, viewer},
    {"adminListSinks", operator_key, viewer},
    {"adminListParkedKeys", operator_key, viewer},
    {"adminListDeadLetters", operator_key, viewer},

    {"adminCreateEvent", operator_key, operator_},
    {"adminChangeEvent", operator_key, operator_},
    {"adminCreateDate", operator_key, operator_},
    {"adminChangeDate", operator_key, operator_},
    {"adminChangeQueue", operator_key, operator_},
    {"adminPauseQueue", operator_key, operator_},
    {"adminResumeQueue", operator_key, operator_},
    {"adminEmptyQueue", operator_key, operator_},
    {"adminNameBeacon", operator_key, operator_},
    {"adminGrantPriority", operator_key, operator_},
    {"adminEndPriority", operator_key, operator_},
    {"adminBlockSeats", operator_key, operator_},
    {"adminUnblockSeats", operator_key, operator_},
    {"adminCancelDate", operator_key, operator_},
    {"adminMoveDate", operator_key, operator_},
    {"adminReleaseReservation", operator_key, operator_},
    {"adminRefundReservation", operator_key, operator_},
    {"adminReassignReservation", operator_key, operator_},
    {"adminExportReservations", operator_key, operator_},
    {"adminReplaySink", operator_key, operator_},
    {"adminRetryParkedKeys", operator_key, operator_},
    {"adminGiveUpParkedKeys", operator_key, operator_},
    {"adminSendDeadLetters", operator_key, operator_},
    {"adminDropDeadLetters", operator_key, operator_},

    {"adminImportCatalogue", operator_key, owner},
    {"adminChargeBalance", operator_key, owner},
    {"adminAcceptClock", operator_key, owner},
    {"adminListKeys", operator_key, owner},
    {"adminRevokeUser", operator_key, owner},
};

}  // namespace

const CallRule* rule_of(std::string_view id) {
  const auto* found = std::ranges::find(kRules, id, &CallRule::id);
  return found == std::end(kRules) ? nullptr : found;
}

bool needs_proof(http::Access access) {
  return access == claimed_user || access == user || access == user_and_place;
}

Role role_for(std::string_view id) {
  const CallRule* rule = rule_of(id);
  ensure(rule && rule->access == operator_key, "an operators' call has a role");
  return rule->role;
}

void check_rules(const http::Router& router) {
  for (const auto& route : router.routes()) {
    if (route->id.empty()) continue;
    const CallRule* rule = rule_of(route->id);
    const http::Inputs& inputs = route->handler.inputs;
    ensure(rule && inputs.access == rule->access,
           fmt::format("{} proves what its rule says", route->id).c_str());
    ensure(rule->access != operator_key || inputs.role == to_string(rule->role),
           fmt::format("{} needs the role that its rule says", route->id).c_str());
  }
}

}  // namespace stagedoor::identity
