#include "adapters/reports/audit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "adapters/tables/answer_digest.h"

namespace stagedoor::reports {
namespace {

constexpr std::size_t kFindingsShown = 20;
// A start refuses a store that is further ahead (R-A7).
constexpr std::chrono::hours kAheadMax{1};

}  // namespace

void AuditCheck::add(std::string finding) {
  ++count;
  if (findings.size() < kFindingsShown) findings.push_back(std::move(finding));
}

bool AuditReport::is_clean() const {
  return std::all_of(checks.begin(), checks.end(), [](const AuditCheck& check) { return check.count == 0; });
}

std::string AuditReport::text() const {
  std::string out;
  for (const auto& check : checks) {
    out += fmt::format("{} {}\n", check.count == 0 ? "ok   " : "WRONG", check.claim);
    for (const auto& finding : check.findings) out += fmt::format("        {}\n", finding);
    const auto more = check.count - std::int64_t(check.findings.size());
    if (more > 0) out += fmt::format("        and {} more\n", more);
  }
  const auto wrong = std::count_if(checks.begin(), checks.end(), [](const auto& c) { return c.count > 0; });
  out += wrong == 0 ? fmt::format("The store is clean: {} checks.\n", checks.size())
                    : fmt::format("{} of {} checks found something wrong.\n", wrong, checks.size());
  return out;
}

void audit_clock(AuditReport& report, TimePoint latest_moment) {
  AuditCheck check{
      "clock", "The newest batch is not more than an hour ahead of the clock of this machine.", 0, {}};
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  if (latest_moment > now + kAheadMax)
    check.add(fmt::format("the mark latest_moment is {}, this machine has {}", to_rfc3339(latest_moment),
                          to_rfc3339(now)));
  report.checks.push_back(std::move(check));
}

void audit_digest(AuditCheck& check, const StoredDigest& answer) {
  if (answer.digest != tables::answer_digest(answer.user, answer.key))
    check.add(fmt::format("the answer with id {} has another digest than its user and key", answer.id));
}

}  // namespace stagedoor::reports
