// What stands in a store's file, read past the server: the only judge of what a crash has left. The server
// must not run meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stagedoor::test {

struct StoredReservation {
  std::int64_t seat = 0;
  std::string user;  // as a UUID
  std::string status;
  std::int64_t payment = 0;
};

struct Stored {
  std::map<std::int64_t, StoredReservation> reservations;
  std::map<std::int64_t, std::int64_t> postings;                        // id → amount
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> places;  // (event, place) → user
  std::vector<std::pair<std::int64_t, std::int64_t>> visits;            // begin and end in ms, of all events
};

// Throws when the file cannot be read.
Stored read_stored(const std::filesystem::path& database);

// The most visits at one moment; half-open, so that one may begin when another ends.
std::int64_t most_at_once(const Stored& stored);
// The most visits that begin in any window, both ends included, of so many ms.
std::int64_t most_begun_within(const Stored& stored, std::int64_t window_ms);

}  // namespace stagedoor::test
