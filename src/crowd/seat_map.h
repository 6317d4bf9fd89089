// Reads the seat map's answer without building it in memory: a crowd reads thousands of maps of thousands of
// seats.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace stagedoor::crowd {

struct FreeSeat {
  std::int64_t id = 0;
  std::int64_t price = 0;
};

// The available seats of {"data":{"seat":[{"id":…,"status":"AVAILABLE",…,"seatProperty":{…,"price":…}},…]}},
// in the map's order, over `free`. False when the text is not of that form.
bool read_free_seats(std::string_view json, std::vector<FreeSeat>& free);

}  // namespace stagedoor::crowd
