// The waiting users of a room, and their order (R-Q5, R-Q9, R-Q12, R-Q13, R-Q17). Pure, without clock or
// locks.
//
// The order is the place number, or, for users who gathered before a draw, their drawn rank. All waiting
// users are in the main line. Two side lines have a share of the admissions each: users who came back after
// their turn had passed, and users with priority.
//
// The people ahead of a user are those before them in the line who were always present. Users who vanished
// once, or who have priority, are not counted for others any more, so no position ever grows.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/functional/function_ref.h>

#include <optional>
#include <string>
#include <vector>

#include "modules/queue/waiting_set.h"
#include "protocol/draw.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::queue {

// Maximum shares of the admissions for the side lines, as long as others wait.
struct Shares {
  double returned = 0;
  double priority = 0;
};

class Line {
 public:
  // Facts, in the order they were committed. ---------------------------------------------------------------

  void append(bool has_priority);  // the next place, present
  void leave(Place place);         // gives up waiting
  void admit(Place place);
  // Was absent for too long, and is not counted for others from now on, even after a return.
  void vanish(Place place);
  void prioritise(Place place);  // waiting or not
  // Stays uncounted, so no other position grows.
  void end_priority(Place place);

  // Until the draw the order is unknown: there are no positions and no admissions.
  void gather();
  // Ends gathering. Places beyond the drawn ones follow in the order of their numbers.
  void set_order(protocol::DrawnOrder order);
  bool is_gathering() const { return is_gathering_; }

  // Not stored: after a restart, vanished users count as present until they are found absent again.
  // -----------------

  void come_back(Place place);  // no effect on users who are present or do not wait
  // A user who vanished, came back and is absent again. No effect on other users.
  void go_again(Place place);

  // --------------------------------------------------------------------------------------------------------

  Place last() const { return static_cast<Place>(waiting_.size()); }
  bool waits(Place place) const { return waiting_[place - 1]; }
  bool is_present(Place place) const { return present_[place - 1]; }
  bool has_vanished(Place place) const { return vanished_[place - 1]; }
  // Its turn passed while it was absent; it is admitted through the share of returned users.
  bool is_returned(Place place) const { return returned_.contains(place); }
  bool has_priority(Place place) const { return priority_.contains(place); }
  std::uint32_t waiting() const { return waiting_count_; }
  std::uint32_t present() const { return present_count_; }
  std::uint32_t returned_before(Place place) const { return returned_.count_before(place); }

  // People ahead (0 for the next one); nullopt while gathering. Requires waits(place).
  std::optional<std::uint32_t> position(Place place) const;
  // People in the line who are present, also those whom position() does not count: the line that has to be
  // admitted before and after this place. Require waits(place) and an order.
  std::uint32_t present_before(Place place) const;
  std::uint32_t present_behind(Place place) const;
  // For a user who would join now.
  std::uint32_t position_at_end() const { return counted_.count(); }
  // The highest rank that was admitted from the main line.
  Place frontier() const { return frontier_; }

  // The next users to admit, at most `wanted`, for whom `is_there` returns true.
  //
  // There are three candidates: the heads of the line, of those who returned and of the priority line. Each
  // step takes one of them and moves that head on:
  //   1. the returned one, if its share owes an admission, or no other user waits;
  //   2. the one with priority, when its share owes an admission, or the line is empty;
  //   3. otherwise the head of the line, which is the lower rank of counted_ and uncounted_.
  // A share owes an admission when the next one would be the (1 / share)th since the last from that side
  // line; the count goes on from the admissions before, so shares hold across calls. People with priority
  // stand in the line as well, so `taken` keeps those that were chosen from either from being chosen again.
  std::vector<Place> next(std::size_t wanted, const Shares& shares,
                          absl::FunctionRef<bool(Place)> is_there) const;

  // The places of a block whose users vanished once, in the stored form.
  PlaceBitmap absences(std::int32_t block) const;

 private:
  Place rank_of(Place place) const {
    return place <= order_.rank_of.size() ? order_.rank_of[place - 1] : place;
  }
  Place place_at(Place rank) const {
    return rank <= order_.place_at.size() ? order_.place_at[rank - 1] : rank;
  }
  void set_present(Place place, bool present);
  void remove(Place place);  // ends its waiting
  bool is_counted(Place place) const;
  bool stands_behind_frontier(Place place) const;

  bool is_in_lane(Place place) const {
    return priority_users_[place - 1] && !ended_priority_.contains(place);
  }

  // By place.
  std::vector<bool> waiting_, present_, vanished_, priority_users_;
  std::uint32_t waiting_count_ = 0, present_count_ = 0;

  bool is_gathering_ = false;
  protocol::DrawnOrder order_;
  Place frontier_ = 0;
  WaitingSet counted_;    // by rank: waiting, always present, no priority
  WaitingSet uncounted_;  // by rank: the other waiting users in the line who are present
  SideLine returned_;
  SideLine priority_;
  absl::flat_hash_set<Place> ended_priority_;  // places of priority_users_ that have it no more
  // Admissions since the last one of a side line.
  std::uint32_t since_returned_ = 0, since_priority_ = 0;
};

}  // namespace stagedoor::queue
