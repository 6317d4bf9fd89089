#include "app/instance/metrics_text.h"

#include <prometheus/text_serializer.h>

namespace stagedoor {
namespace {

constexpr std::chrono::seconds kAgeMax{1};

}  // namespace

std::string MetricsText::get() {
  const auto now = std::chrono::steady_clock::now();
  Text newest = *newest_.lock();
  const bool is_old = !newest.text || now - newest.at >= kAgeMax;
  if (is_old && (!is_collecting_.exchange(true) || !newest.text)) {
    newest = {std::make_shared<const std::string>(prometheus::TextSerializer().Serialize(collect_())), now};
    *newest_.lock() = newest;
    is_collecting_ = false;
  }
  return *newest.text + prometheus::TextSerializer().Serialize(collect_live_());
}

}  // namespace stagedoor
