// The stock of seats for waiting users (R-Q16). The queue's interface to the numbers of the catalogue's read
// model.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/money.h"
#include "json/types.h"

namespace stagedoor::queue {

struct CategoryStock {
  std::string name;
  Won price;
  std::int64_t seatsLeft = 0;
};
BOOST_DESCRIBE_STRUCT(CategoryStock, (), (name, price, seatsLeft))

struct Stock {
  std::int64_t seatsLeft = 0;
  std::vector<CategoryStock> categories;  // of one name and price, over all dates
};
BOOST_DESCRIBE_STRUCT(Stock, (), (seatsLeft, categories))

struct StockUpdate {
  bool sold_out = false;  // no seat is available and no hold can expire
  json::Rendered<Stock> stock;
  std::uint64_t sum = 0;  // checksum of the numbers, stable across restarts
};
StockUpdate render(const Stock& stock, bool sold_out);

// Any thread. nullopt for an unknown event.
using StockOf = std::function<std::optional<StockUpdate>(EventId)>;

}  // namespace stagedoor::queue
