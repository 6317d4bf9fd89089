// Reads the answer with the seat map without building it in memory: a crowd reads thousands of maps with
// thousands of seats each.
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
// in the order of the map; replaces `free`. False when the text has another form.
bool read_free_seats(std::string_view json, std::vector<FreeSeat>& free);

}  // namespace stagedoor::crowd
