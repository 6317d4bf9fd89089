// The scans of one ticket (R-P9), as a row of the store has them: a line each, "+MOMENT DEVICE", of one that
// is undone "-MOMENT DEVICE". They are a set in one order, so the text is the same whatever the order in
// which devices sent them, and so is the scan that counts: the first one that is not undone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace stagedoor::ticket {

struct Scan {
  TimePoint at{};
  std::string device{};
  bool is_undone = false;
};
using Scans = std::vector<Scan>;  // by moment and device

// Of more the earliest are kept, whatever the order of reports: nobody scans a ticket so often, except to
// fill the store.
inline constexpr std::size_t kScansMax = 20;

Scans parse_scans(std::string_view text);
std::string to_text(const Scans& scans);

// Where a scan is, or belongs.
Scans::iterator place_of(Scans& scans, TimePoint at, std::string_view device);
// nullptr: all are undone, or there are none.
const Scan* first_live(const Scans& scans);

}  // namespace stagedoor::ticket
