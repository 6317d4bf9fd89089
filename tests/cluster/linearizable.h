// Is there an order of the recorded operations, each at one moment between its call and its answer, in which
// every answer is right? Asked of each seat and each wallet by itself: a history is linearizable when it is
// so for every key. What that leaves out: that the two halves of one payment happened together where neither
// was answered; `stagedoor audit` knows that.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cluster/history.h"

namespace stagedoor::test {

struct Violation {
  Key key;
  std::string why;
  // What cannot be put in order: from the latest moment before at which every answer was explained, to the
  // first answer that nothing explains. Without the reads that do not matter.
  History operations;
  History earlier = {};  // the last few before them, for who wants to know how it came about
};
std::ostream& operator<<(std::ostream& out, const Violation& violation);

// At most one for each key, besides ids that were given twice. Seats start free and wallets empty. Throws
// std::runtime_error when a key is not decided after so many tries, a minute or so: some fifty answers to one
// wallet that are missing take seconds, some hundred too long.
std::vector<Violation> find_violations(const History& history, std::size_t tries_max = 10'000'000);

}  // namespace stagedoor::test
