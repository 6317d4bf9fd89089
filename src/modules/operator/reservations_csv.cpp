#include "modules/operator/reservations_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <stdexcept>
#include <utility>

#include "core/log.h"

namespace stagedoor::operators {
namespace {

// Excel takes a file without the mark for one in the code page of its country.
constexpr std::string_view kHead =
    "\xEF\xBB\xBF"
    "id,status,event_id,event,date_id,starts_at,seat_id,section,row,seat,user_id,price,created_at,updated_at,"
    "expires_at,paid_at,payment_id\r\n";

// What spreadsheets take for the begin of a formula, in East Asia also the wide forms.
constexpr std::string_view kFormulas[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
bool is_formula(std::string_view text) {
  return std::ranges::any_of(kFormulas, [&](std::string_view begin) { return text.starts_with(begin); });
}

// "" for an id that is not set.
template <class Id>
std::string number(Id id) {
  return id ? std::to_string(id.value) : "";
}

std::string moment(const std::optional<TimePoint>& at) { return at ? to_rfc3339(*at) : ""; }

}  // namespace

std::string csv_field(std::string_view text) {
  const bool is_guarded = is_formula(text);
  if (!is_guarded && text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string field = is_guarded ? "\"'" : "\"";
  for (const char one : text) {
    if (one == '"') field += '"';
    field += one;
  }
  field += '"';
  return field;
}

ReservationsCsv::ReservationsCsv(const OperatorDeps& deps, const CsvFilter& filter,
                                 std::shared_ptr<const void> counted)
    : deps_(deps),
      filter_(filter),
      counted_(std::move(counted)),
      began_at_(deps.clock.now()),
      keys_version_(deps.keys.version()),
      state_(State{.piece = std::string(kHead)}) {}

bool ReservationsCsv::next(std::string& text, std::shared_ptr<const std::string>&) {
  if (deps_.keys.version() != keys_version_)
    throw std::runtime_error("operator keys were changed during an export");
  {
    const auto state = state_.lock();
    if (state->is_being_read) return true;
    if (state->has_failed) throw std::runtime_error("the store could not be read for an export");
    text += std::exchange(state->piece, {});
    if (state->is_last) return false;
    state->is_being_read = true;
  }
  if (deps_.run_aside) deps_.run_aside([self = shared_from_this()] { self->read(); });
  else read();
  return true;
}

void ReservationsCsv::read() {
  State done;
  try {
    // Others' rows may be many, and a proxy does not wait for ever.
    for (int i = 0; i < kReadsMost && done.piece.empty() && !done.is_last; ++i)
      done.is_last = !append_rows(done.piece);
  } catch (const std::exception& outage) {
    log(LogLevel::error, "export failed", {{"error.message", outage.what()}});
    done.has_failed = true;
  }
  *state_.lock() = std::move(done);
}

bool ReservationsCsv::append_rows(std::string& piece) {
  if (!queries_) queries_ = deps_.open_queries();
  const auto rows = queries_->reservations_after(after_, kRows);
  const auto catalogue = deps_.read_model.catalogue();
  const TimePoint now = deps_.clock.now();
  for (const Reservation& row : rows) {
    if (row.created_at > began_at_) return false;
    after_ = row.id;
    if (filter_.event && row.event != *filter_.event) continue;
    if (filter_.date && row.date != *filter_.date) continue;
    append(piece, row, *catalogue, now);
  }
  return rows.size() == std::size_t(kRows);
}

void ReservationsCsv::append(std::string& piece, const Reservation& row, const Catalogue& catalogue,
                             TimePoint now) const {
  const Event* event = catalogue.event(row.event);
  const EventDate* date = catalogue.date(row.date);
  const Seat* seat = date && date->has(row.seat) ? &date->seat(row.seat) : nullptr;
  piece += fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", row.id.value,
      boost::describe::enum_to_string(row.status_at(now), ""), row.event.value,
      event ? csv_field(event->name) : "", row.date.value, date ? to_rfc3339(date->starts_at) : "",
      row.seat.value, seat ? csv_field(date->sections[seat->section]) : "",
      seat && seat->row > 0 ? std::to_string(seat->row) : "",
      seat ? std::to_string(seat->row > 0 ? seat->number_in_row : seat->number) : "", to_string(row.user),
      row.price.amount, to_rfc3339(row.created_at), to_rfc3339(row.updated_at), to_rfc3339(row.expires_at),
      moment(row.paid_at), number(row.payment));
}

}  // namespace stagedoor::operators
