#include "cluster/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <ostream>
#include <stdexcept>

#include "cluster/models.h"

namespace stagedoor::test {
namespace {

std::int64_t end_of(const Operation& operation) {
  return operation.told ? *operation.answered_at : std::numeric_limits<std::int64_t>::max();
}

using Done = std::vector<std::size_t>;  // of the calls that are open: those that have taken effect; sorted

struct Stuck {
  std::size_t at;                   // the operation whose answer nothing explains
  std::int64_t explained_until;     // no call was open then that has an answer
  std::vector<std::string> states;  // which there may have been then
};

// The search of Wing & Gong with Lowe's memory of what was seen: (operations that took effect, state). It
// goes through the history by time with all possibilities at once, so that it finds the first answer that
// cannot be explained. Nothing is tried before an answer demands it. Four rules keep the possibilities few:
//  - what changes nothing takes effect as soon as it may: that never takes a possibility away;
//  - of open calls that are alike the one that must be over first goes first;
//  - a call of unknown outcome takes effect only where it has one;
//  - of two ways to the same state the one that needed more such calls is forgotten.
template <class State>
class Search {
 public:
  // Operations of one key by their invoked_at.
  Search(const History& operations, std::size_t tries_max) : operations_(operations), tries_left_(tries_max) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Operation& operation = operations[i];
      const auto alike = std::tuple(operation.kind, operation.argument, operation.told);
      alike_.push_back(classes_.emplace(alike, classes_.size()).first->second);
    }
  }

  std::optional<Stuck> run() {
    // A call at the very moment of an answer comes before it: they may have overlapped.
    std::vector<std::tuple<std::int64_t, bool, std::size_t>> events;  // when, is an answer, of which
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      events.emplace_back(operations_[i].invoked_at, false, i);
      if (operations_[i].told) events.emplace_back(end_of(operations_[i]), true, i);
    }
    std::sort(events.begin(), events.end());
    std::size_t answers_owed = 0;
    Stuck stuck{};
    for (const auto& [when, is_answer, operation] : events) {
      if (is_answer) {
        answer(operation);
        --answers_owed;
        stuck.at = operation;
        if (possible_.empty()) return stuck;
      } else {
        if (answers_owed == 0) {
          stuck.explained_until = when;
          stuck.states = states();
        }
        answers_owed += operations_[operation].told.has_value();
        call(operation);
      }
    }
    return std::nullopt;
  }

 private:
  // What may have happened so far.
  using Possible = std::map<State, std::vector<Done>>;

  void call(std::size_t operation) {
    open_.push_back(operation);
    for (auto& [state, ways] : possible_)
      for (Done& done : ways) settle(state, done);
  }

  // What changes nothing takes effect.
  void settle(const State& state, Done& done) const {
    for (const std::size_t operation : open_)
      if (operations_[operation].told && step(state, operations_[operation]) == state)
        insert(done, operation);
  }

  // Keeps what can explain that the operation is over.
  void answer(std::size_t operation) {
    Possible explained, seen = possible_;
    std::deque<std::pair<State, Done>> to_try;  // few effects first
    for (const auto& [state, ways] : possible_)
      for (const Done& done : ways) to_try.emplace_back(state, done);
    while (!to_try.empty()) {
      if (tries_left_-- == 0)
        throw std::runtime_error(to_string(operations_[0].key) + ": too many possibilities");
      auto [state, done] = std::move(to_try.front());
      to_try.pop_front();
      if (std::binary_search(done.begin(), done.end(), operation)) {
        std::erase(done, operation);
        add(explained, state, std::move(done));
        continue;
      }
      for (const std::size_t next : open_) {
        if (!is_first_of_its_like(next, done)) continue;
        const auto after = step(state, operations_[next]);
        if (!after || *after == state) continue;
        Done further = done;
        insert(further, next);
        settle(*after, further);
        if (add(seen, *after, further)) to_try.emplace_back(*after, std::move(further));
      }
    }
    std::erase(open_, operation);
    possible_ = std::move(explained);
  }

  static void insert(Done& done, std::size_t operation) {
    const auto at = std::lower_bound(done.begin(), done.end(), operation);
    if (at == done.end() || *at != operation) done.insert(at, operation);
  }

  // False when there is one already that is no worse.
  bool add(Possible& possible, const State& state, Done done) const {
    auto& ways = possible[state];
    if (std::ranges::any_of(ways, [&](const Done& way) { return is_no_worse(way, done); })) return false;
    std::erase_if(ways, [&](const Done& way) { return is_no_worse(done, way); });
    ways.push_back(std::move(done));
    return true;
  }

  // All that `other` has done besides is of unknown outcome, and so need not have happened.
  bool is_no_worse(const Done& one, const Done& other) const {
    Done besides;
    std::ranges::set_difference(other, one, std::back_inserter(besides));
    return other.size() - besides.size() == one.size() &&
           std::ranges::none_of(besides, [&](std::size_t i) { return operations_[i].told.has_value(); });
  }

  // Not done, and of the open calls that are alike and not done the one that must be over first.
  bool is_first_of_its_like(std::size_t operation, const Done& done) const {
    const auto rank = [&](std::size_t i) { return std::pair(end_of(operations_[i]), i); };
    const auto is_done = [&](std::size_t i) { return std::binary_search(done.begin(), done.end(), i); };
    return !is_done(operation) && std::ranges::none_of(open_, [&](std::size_t other) {
      return alike_[other] == alike_[operation] && rank(other) < rank(operation) && !is_done(other);
    });
  }

  std::vector<std::string> states() const {
    std::vector<std::string> texts;
    for (const auto& [state, ways] : possible_) texts.push_back(to_string(state));
    return texts;
  }

  const History& operations_;
  std::map<std::tuple<Kind, std::int64_t, std::optional<Told>>, std::size_t> classes_;
  std::vector<std::size_t> alike_;  // equal numbers: the same question and the same answer
  std::vector<std::size_t> open_;   // called and not over; never over without an answer
  std::size_t tries_left_;
  Possible possible_{{State{}, {Done{}}}};
};

bool changes_nothing(const Operation& operation) {
  if (operation.kind == Kind::look || operation.kind == Kind::balance) return true;
  return operation.told && operation.told->outcome != Outcome::done &&
         operation.told->outcome != Outcome::same;
}

// False also when that takes long to find out: with less told, more is possible.
template <class State>
bool is_soon_stuck(const History& operations) {
  try {
    return Search<State>(operations, 100'000).run().has_value();
  } catch (const std::runtime_error&) {
    return false;
  }
}

// Without the reads and refusals that it cannot be ordered without either. In pieces that grow smaller: most
// go at once.
template <class State>
void drop_what_does_not_matter(History& operations) {
  for (std::size_t piece = operations.size(); piece > 0; piece /= 2) {
    for (std::size_t from = 0; from < operations.size();) {
      History fewer(operations.begin(), operations.begin() + std::ptrdiff_t(from));
      const std::size_t to = std::min(operations.size(), from + piece);
      std::copy_if(operations.begin() + std::ptrdiff_t(from), operations.begin() + std::ptrdiff_t(to),
                   std::back_inserter(fewer), [](const auto& one) { return !changes_nothing(one); });
      const std::size_t kept = fewer.size();
      fewer.insert(fewer.end(), operations.begin() + std::ptrdiff_t(to), operations.end());
      const bool is_shorter = fewer.size() < operations.size();
      if (is_shorter && is_soon_stuck<State>(fewer)) {
        operations = std::move(fewer);
        from = kept;
      } else {
        from = to;
      }
    }
  }
}

std::string one_of(const std::vector<std::string>& states) {
  constexpr std::size_t kShown = 5;
  const auto end = states.begin() + std::ptrdiff_t(std::min(states.size(), kShown));
  return fmt::format("{}{}", fmt::join(states.begin(), end, " | "), end == states.end() ? "" : " | …");
}

// The last few that were over by then.
History last_before(std::int64_t context, History operations) {
  constexpr std::size_t kShown = 6;
  std::erase_if(operations, [&](const Operation& one) { return end_of(one) >= context; });
  std::ranges::stable_sort(operations, {}, end_of);
  return {operations.end() - std::ptrdiff_t(std::min(operations.size(), kShown)), operations.end()};
}

template <class State>
std::optional<Violation> search(const Key& key, const History& all, std::size_t tries_max) {
  auto stuck = Search<State>(all, tries_max).run();
  if (!stuck) return std::nullopt;
  History operations = all;
  const std::int64_t end = end_of(all[stuck->at]);
  std::erase_if(operations, [&](const Operation& one) { return one.invoked_at > end; });
  drop_what_does_not_matter<State>(operations);
  stuck = Search<State>(operations, tries_max).run();
  std::erase_if(operations, [&](const Operation& one) { return end_of(one) < stuck->explained_until; });
  return Violation{key, "no order explains these answers; before them: " + one_of(stuck->states),
                   std::move(operations), last_before(stuck->explained_until, all)};
}

// An id that is given twice: both keys alone may look well.
std::vector<Violation> find_repeated_ids(const History& history) {
  std::vector<Violation> found;
  std::map<std::pair<Kind, std::int64_t>, const Operation*> given;
  for (const Operation& operation : history) {
    const bool is_new = operation.kind == Kind::hold || operation.kind == Kind::charge;
    if (!is_new || !operation.told || operation.told->outcome != Outcome::done) continue;
    const auto [at, is_first] = given.emplace(std::pair(operation.kind, operation.told->id), &operation);
    if (!is_first) found.push_back({operation.key, "an id was given twice", {*at->second, operation}});
  }
  return found;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
  const std::int64_t start = violation.operations.front().invoked_at;
  const auto ms = [&](std::int64_t at) { return double(at - start) / 1e6; };
  const auto list = [&](const History& operations) {
    for (const Operation& one : operations) {
      const std::string end = one.answered_at ? fmt::format("{:9.3f}", ms(*one.answered_at)) : "    never";
      out << fmt::format("  {:9.3f} – {} ms  {}\n", ms(one.invoked_at), end, to_string(one));
    }
  };
  out << to_string(violation.key) << ": " << violation.why << '\n';
  list(violation.operations);
  if (!violation.earlier.empty()) out << "  the last before them:\n";
  list(violation.earlier);
  return out;
}

std::vector<Violation> find_violations(const History& history, std::size_t tries_max) {
  std::map<Key, History> by_key;
  for (const Operation& operation : history) {
    const bool was_done = !operation.told || operation.told->outcome != Outcome::refused;
    if (was_done && (operation.told || !changes_nothing(operation)))
      by_key[operation.key].push_back(operation);
  }
  std::vector<Violation> found = find_repeated_ids(history);
  for (auto& [key, operations] : by_key) {
    std::ranges::stable_sort(operations, {}, &Operation::invoked_at);
    auto violation = key.thing == Thing::seat ? search<Seat>(key, operations, tries_max)
                                              : search<Wallet>(key, operations, tries_max);
    if (violation) found.push_back(std::move(*violation));
  }
  return found;
}

}  // namespace stagedoor::test
