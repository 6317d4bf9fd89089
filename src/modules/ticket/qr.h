// A text as a QR code in SVG.
#pragma once

#include <string>

namespace stagedoor::ticket {

// Black on white, with the quiet zone that readers need, error correction M. Takes about a millisecond.
std::string qr_svg(const std::string& text);

}  // namespace stagedoor::ticket
