#include "modules/queue/stock.h"

#include "json/write.h"

namespace stagedoor::queue {

StockUpdate render(const Stock& stock, bool sold_out) {
  StockUpdate update{sold_out, {std::make_shared<const std::string>(json::to_text(stock))}};
  for (const auto& category : stock.categories)
    update.sum = update.sum * 1'000'003 + std::uint64_t(category.seatsLeft) + 1;
  return update;
}

}  // namespace stagedoor::queue
