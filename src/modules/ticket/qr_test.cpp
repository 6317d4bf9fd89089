#include "modules/ticket/qr.h"

#include <gmock/gmock.h>

namespace stagedoor::ticket {
namespace {

using testing::HasSubstr;
using testing::Not;

// R-P7: version 8 has 49 modules a side; the quiet zone has 4 on each.
TEST(QrSvg, of_a_ticket_is_small_enough_for_a_phone) {
  const std::string svg = qr_svg(std::string(151, 'a'));
  EXPECT_THAT(svg, HasSubstr(R"(viewBox="0 0 57 57")"));
  EXPECT_LT(svg.size(), 24'000U);
}

// It stands in a page whose policy allows no style attributes (R-U1).
TEST(QrSvg, has_no_style_and_no_script) {
  const std::string svg = qr_svg("x");
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, Not(HasSubstr("style")));
  EXPECT_THAT(svg, Not(HasSubstr("script")));
}

}  // namespace
}  // namespace stagedoor::ticket
