// The two parts of a date's seat map, as far as a crowd reads them (R-C9): the layout, which does not change,
// and one bit for each seat that says whether it is free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crowd/response.h"

namespace stagedoor::crowd {

// The seats have the ids first_seat, first_seat + 1, …
struct SeatLayout {
  std::int64_t first_seat = 0;
  std::size_t seats = 0;
};

// The functions throw std::exception when an answer has another form.

// The body of the answer, which may be compressed with gzip.
std::string plain_body(const Response& response);
SeatLayout read_layout(std::string_view json);
// The ids of the free seats, in order; replaces `free`.
void read_free_seats(std::string_view json, const SeatLayout& layout, std::vector<std::int64_t>& free);

}  // namespace stagedoor::crowd
