#include "modules/ticket/qr.h"

#include <fmt/format.h>

#include <qrcodegen/qrcodegen.hpp>

namespace stagedoor::ticket {

std::string qr_svg(const std::string& text) {
  using qrcodegen::QrCode;
  constexpr int kQuiet = 4;
  const QrCode code = QrCode::encodeText(text.c_str(), QrCode::Ecc::MEDIUM);
  const int size = code.getSize();
  std::string path;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const int from = x;
      while (x < size && code.getModule(x, y)) ++x;
      if (x > from) path += fmt::format("M{} {}h{}v1h-{}z", from + kQuiet, y + kQuiet, x - from, x - from);
    }
  }
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" role="img" aria-label="QR" shape-rendering="crispEdges">)"
      R"(<path d="M0 0h{0}v{0}H0z" fill="#fff"/><path d="{1}" fill="#000"/></svg>)",
      size + 2 * kQuiet, path);
}

}  // namespace stagedoor::ticket
