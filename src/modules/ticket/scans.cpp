#include "modules/ticket/scans.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/parse_number.h"

namespace stagedoor::ticket {

Scans parse_scans(std::string_view text) {
  Scans scans;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t blank = line.find(' ');
    if (blank == line.npos) continue;
    const auto ms = parse_number<std::int64_t>(line.substr(1, blank - 1));
    if (ms) scans.push_back({from_ms(*ms), std::string(line.substr(blank + 1)), line.front() == '-'});
  }
  return scans;
}

std::string to_text(const Scans& scans) {
  std::string text;
  for (const Scan& scan : scans)
    text += fmt::format("{}{} {}\n", scan.is_undone ? '-' : '+', to_ms(scan.at), scan.device);
  return text;
}

Scans::iterator place_of(Scans& scans, TimePoint at, std::string_view device) {
  return std::ranges::lower_bound(scans, std::tuple(at, device), {}, [](const Scan& scan) {
    return std::tuple<TimePoint, std::string_view>(scan.at, scan.device);
  });
}

const Scan* first_live(const Scans& scans) {
  const auto first = std::ranges::find(scans, false, &Scan::is_undone);
  return first == scans.end() ? nullptr : &*first;
}

}  // namespace stagedoor::ticket
