#include "adapters/reports/audit_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::reports {
namespace {

constexpr std::size_t kFindingsShown = 20;

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

}  // namespace stagedoor::reports
