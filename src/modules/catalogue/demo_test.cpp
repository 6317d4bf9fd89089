// The demo's catalogue (demo/catalogue.yaml) is what the README says of it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "modules/catalogue/model.h"

namespace stagedoor::catalogue {
namespace {

TEST(DemoCatalogue, sells_a_club_a_hall_and_an_arena) {
  std::ifstream file(STAGEDOOR_DEMO_CATALOGUE);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const CatalogueText text(bytes.str());
  ASSERT_TRUE(text.document()) << text.explain("demo/catalogue.yaml", text.document().error());
  const Catalogue empty;
  Ids ids(1);
  const auto none = [](const EventDate&) { return std::vector<SeatId>(); };
  const TimePoint now = *parse_rfc3339("2026-06-01T00:00:00Z");
  const auto plan = plan_import(*text.document(), empty, none, now, ids);
  ASSERT_TRUE(plan) << text.explain("demo/catalogue.yaml", plan.error());
  const Catalogue catalogue = with_changes(empty, plan->changes);

  EXPECT_EQ(catalogue.date(DateId{1})->seats.size(), 50U);
  EXPECT_EQ(catalogue.date(DateId{1})->first_seat, SeatId{1}) << "in a new store the club's seats are 1–50";
  for (const std::int64_t evening : {2, 3, 4})
    EXPECT_EQ(catalogue.date(DateId{evening})->seats.size(), 2500U);
  EXPECT_EQ(catalogue.date(DateId{5})->seats.size(), 15'000U);
  for (const auto& [id, event] : catalogue.events) EXPECT_TRUE(event->is_on_sale(now));
  for (const auto& [id, date] : catalogue.dates) EXPECT_TRUE(date->booking.contains(now));
}

}  // namespace
}  // namespace stagedoor::catalogue
