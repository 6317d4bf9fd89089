// The demo's catalogue (demo/catalogue.yaml) is what the README says of it.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "modules/catalogue/availability.h"
#include "modules/catalogue/layout.h"
#include "modules/catalogue/model.h"
#include "support/drawn_seats.h"

namespace stagedoor::catalogue {
namespace {

const TimePoint kSaleTime = *parse_rfc3339("2026-06-01T00:00:00Z");

Catalogue demo() {
  std::ifstream file(STAGEDOOR_DEMO_CATALOGUE);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const CatalogueText text(bytes.str());
  if (!text.document())
    throw std::runtime_error(text.explain("demo/catalogue.yaml", text.document().error()));
  Ids ids(1);
  const auto none = [](const EventDate&) { return std::vector<SeatId>(); };
  const auto plan = plan_import(*text.document(), Catalogue{}, none, kSaleTime, ids);
  if (!plan) throw std::runtime_error(text.explain("demo/catalogue.yaml", plan.error()));
  return with_changes(Catalogue{}, plan->changes);
}

TEST(DemoCatalogue, sells_a_club_a_hall_and_an_arena) {
  const Catalogue catalogue = demo();
  EXPECT_EQ(catalogue.date(DateId{1})->seats.size(), 50U);
  EXPECT_EQ(catalogue.date(DateId{1})->first_seat, SeatId{1}) << "in a new store the club's seats are 1–50";
  for (const std::int64_t evening : {2, 3, 4})
    EXPECT_EQ(catalogue.date(DateId{evening})->seats.size(), 2500U);
  EXPECT_EQ(catalogue.date(DateId{5})->seats.size(), 15'000U);
  for (const auto& [id, event] : catalogue.events) EXPECT_TRUE(event->is_on_sale(kSaleTime));
  for (const auto& [id, date] : catalogue.dates) EXPECT_TRUE(date->booking.contains(kSaleTime));
}

// R-C9: the hall is a fan, the arena a bowl around its stage.
TEST(DemoCatalogue, has_shapes_in_which_no_seat_stands_on_another) {
  const Catalogue catalogue = demo();
  for (const std::int64_t id : {2, 5}) {
    const EventDate& date = *catalogue.date(DateId{id});
    const LayoutDto layout = layout_dto(date, catalogue.layout_of(date));
    for (std::size_t i = 0; i < layout.sections.size(); ++i) {
      EXPECT_EQ(layout.sections[i].curve, catalogue.layout_of(date)->sections[i].curve) << "it is not used";
    }
    const auto seats = test::drawn_seats(layout);
    EXPECT_GT(test::least_distance(seats), 0.9) << "date " << id;
    for (const Point& seat : seats) EXPECT_GT(std::hypot(seat.x, seat.y), 5) << "on the stage";
  }
}

TEST(DemoCatalogue, the_map_of_the_arena_has_the_sizes_of_R_C9) {
  const Catalogue catalogue = demo();
  const EventDate& arena = *catalogue.date(DateId{5});
  EXPECT_LE(RenderedPage(render_layout(arena, catalogue.layout_of(arena))).gzip().size, 30U * 1024);
  EXPECT_LE(render_availability(arena, SeatBits(arena.seats.size())).body.size(), 4U * 1024);
}

}  // namespace
}  // namespace stagedoor::catalogue
