// Histories of a line whose joins are in a log elsewhere: instances read one log, have the writer lock in
// turn, read late, and hear of commits late; the log doubles records and loses its tail. A sequential model
// judges every commit, and the places are made again from the log and the marks at the end (decision 0028).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "modules/queue/line_replay.h"
#include "modules/queue/line_tail.h"
#include "modules/queue/take_joins.h"
#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;
using testing::IsEmpty;

// How an instance gives places.
enum class Numbering {
  by_marks,    // as it is built
  by_reading,  // the control: each counts the records that it reads, by what it knows then
};

class OneInstance {
 public:
  explicit OneInstance(Numbering numbering) : numbering_(numbering) {}

  // Reads at most this many further records, and begins again when the log has others than before.
  void read(const std::vector<LogRecord>& log, std::size_t records, TimePoint now) {
    if (tail_.reading() == LineTail::Reading::torn) tail_.read_again();
    std::vector<LogRecord> page;
    for (const LogRecord& record : log) {
      if (record.at < tail_.read_from()) continue;
      if (page.size() == records + 1) break;
      page.push_back(record);
    }
    tail_.add(page, now);
    if (numbering_ == Numbering::by_marks) return;
    for (const LogRecord& record : page) {
      if (record.at <= counted_ || place_of(record.user)) continue;
      places_[++last_] = record.user;
      live_[record.user] = last_;
    }
    if (!page.empty()) counted_ = page.back().at;
  }
  void hear(const Changes& committed) {
    for (const LinePlace& row : committed.line) {
      if (row.left_at) {
        if (live_.contains(row.user) && live_[row.user] == row.place) live_.erase(row.user);
      } else if (numbering_ == Numbering::by_marks) {
        places_[row.place] = row.user;
        live_[row.user] = row.place;
      }
    }
    for (const LineMark& mark : committed.line_marks) tail_.taken(mark);
  }
  Changes take(const View& view, TimePoint now) const {
    return decide_take_joins(kClubNight, untaken(), view, now,
                             {tail_.mark(), [&](const UserId& user) { return place_of(user); },
                              [&](const LogRecord& one) { return tail_.is_repeat(one); }});
  }
  Changes leave(const UserId& user, TimePoint now) const {
    Changes changes;
    if (const auto place = place_of(user)) {
      changes.line.push_back(*place);
      changes.line.back().left_at = now;
    }
    return changes;
  }
  const std::map<Place, UserId>& places() const { return places_; }
  const LineMark& mark() const { return tail_.mark(); }
  std::vector<LogRecord> untaken() const { return tail_.untaken(kTakenAtOnce); }
  bool is_sound() const { return tail_.reading() == LineTail::Reading::sound; }
  std::vector<Place> missing() const { return tail_.missing(); }
  std::size_t heard = 0;

 private:
  std::optional<LinePlace> place_of(const UserId& user) const {
    const auto found = live_.find(user);
    if (found == live_.end()) return std::nullopt;
    return LinePlace{kClubNight, found->second, user, kNow, std::nullopt};
  }

  Numbering numbering_;
  LineTail tail_;
  LogPosition counted_{};
  std::map<Place, UserId> places_;
  std::map<UserId, Place> live_;
  Place last_ = 0;
};

class History {
 public:
  History(Numbering numbering, bool has_losses, unsigned seed)
      : numbering_(numbering), has_losses_(has_losses), dice_(seed) {}

  // What was wrong; empty if places are as they must be.
  std::set<std::string> play() {
    for (now_ = kNow; now_ < kNow + Millis(400); now_ += Millis(1)) {
      OneInstance& one = instances_[roll(2)];
      const auto what = roll(100);
      if (what < 40) join(user_id(1 + roll(20)));
      else if (what < 60) one.read(log_, roll(4), now_);
      else if (what < 62 && has_losses_) lose(roll(8));
      else if (what < 65 && has_losses_) put_back(one);
      else if (what < 68 && has_losses_) start();
      else write(one);
    }
    settle();
    return faults_;
  }

 private:
  std::uint32_t roll(std::uint32_t sides) { return std::uint32_t(dice_() % sides); }

  void append(LogRecord record) {
    record.at = {std::int64_t(log_.size()) + 1, 0};
    log_.push_back(record);
  }
  void join(const UserId& user) {
    const LogRecord record{.event = kClubNight, .at = {}, .random = user_id(1000 + ++randoms_), .user = user};
    append(record);
    if (roll(10) == 0) append(record);  // the broker doubles it
  }
  void lose(std::size_t records) { log_.resize(log_.size() - std::min(records, log_.size())); }

  bool has_lost(const LineMark& mark) const {
    if (mark.random == Uuid{}) return false;
    return std::size_t(mark.log_high) > log_.size() ||
           log_[std::size_t(mark.log_high) - 1].random != mark.random;
  }

  // The instance has the writer lock.
  void write(OneInstance& one) {
    hear(one);
    Changes all;
    const auto add = [&](const Changes& changes) {
      stage_.view.apply(changes);
      all.line.insert(all.line.end(), changes.line.begin(), changes.line.end());
      all.line_marks.insert(all.line_marks.end(), changes.line_marks.begin(), changes.line_marks.end());
      all.passed_over.insert(all.passed_over.end(), changes.passed_over.begin(), changes.passed_over.end());
    };
    if (numbering_ == Numbering::by_marks && roll(2) && has_lost(one.mark())) return raise_epoch(one);
    if (roll(2)) add(one.leave(user_id(1 + roll(20)), now_));
    if (numbering_ == Numbering::by_marks) {
      for (const LogRecord& record : one.untaken()) taken_[record.at] = record.random;
      add(one.take(stage_.view, now_));
    }
    commit(all);
    hear(one);
  }

  // Begins behind the last record that is as it was taken.
  void raise_epoch(OneInstance& one) {
    std::optional<LogRecord> kept;
    for (const auto& [at, random] : taken_) {
      if (std::size_t(at.high) > log_.size() || log_[std::size_t(at.high) - 1].random != random) break;
      kept = log_[std::size_t(at.high) - 1];
    }
    LineReplay replayed(marks_, passed_over_);
    for (const LogRecord& record : log_)
      if (kept && record.at <= kept->at) replayed.add(record);
    const auto lost = replayed.lost();
    const Place kept_place = lost.empty() ? last_ : lost.front() - 1;
    commit(decide_raise_epoch(kClubNight, one.mark().epoch, kept, kept_place, stage_.view, now_, one.mark()));
    taken_.erase(kept ? taken_.upper_bound(kept->at) : taken_.begin(), taken_.end());
    hear(one);
  }

  // Appends what the log should have and has not, as far as this instance has read.
  void put_back(OneInstance& one) {
    hear(one);
    one.read(log_, log_.size(), now_);
    if (!one.is_sound()) return;
    for (const Place place : one.missing()) {
      append({.event = kClubNight,
              .at = {},
              .random = user_id(1000 + ++randoms_),
              .user = one.places().at(place),
              .place = place,
              .epoch = one.mark().epoch});
    }
  }

  void commit(Changes changes) {
    for (const LinePlace& row : changes.line) {
      if (row.left_at) {
        waits_.erase(row.user);
        continue;
      }
      if (row.place != ++last_) faults_.insert("places are not dense");
      if (!waits_.emplace(row.user, row.place).second) faults_.insert("a user has two places");
      all_[row.place] = row;
    }
    for (const LineMark& mark : changes.line_marks) {
      if (!marks_.empty() &&
          std::tuple(mark.epoch, mark.at()) <= std::tuple(marks_.back().epoch, marks_.back().at()))
        faults_.insert("a record is taken twice");
      marks_.push_back(mark);
    }
    passed_over_.insert(passed_over_.end(), changes.passed_over.begin(), changes.passed_over.end());
    stage_.view.end_batch();
    commits_.push_back(std::move(changes));
  }

  void hear(OneInstance& one) {
    for (; one.heard < commits_.size(); ++one.heard) one.hear(commits_[one.heard]);
  }

  LineReplay replay() const {
    LineReplay replay(marks_, passed_over_);
    for (const LogRecord& record : log_) replay.add(record);
    return replay;
  }

  // What an instance that starts now takes for the owners of places: right, or not known.
  void start() {
    auto replayed = replay();
    replayed.drop_unproven();
    if (replayed.is_damaged()) faults_.insert("a start finds damage");
    for (const LinePlace& row : replayed.read(0, last_))
      if (row.user != UserId{} && row.user != all_[row.place].user)
        faults_.insert("a start takes a place for somebody else's");
  }

  // Everybody reads and hears all; then the log and the marks give the same places again.
  void settle() {
    for (int round = 0; round < 20; ++round) {
      for (OneInstance& one : instances_) {
        hear(one);
        one.read(log_, log_.size(), now_);
        write(one);
        put_back(one);
      }
    }
    for (OneInstance& one : instances_) {
      one.read(log_, log_.size(), now_);
      hear(one);
      if (numbering_ == Numbering::by_marks && !one.is_sound()) faults_.insert("a reading stays torn");
    }
    for (const auto& [place, user] : instances_[0].places()) {
      const auto other = instances_[1].places().find(place);
      if (other != instances_[1].places().end() && other->second != user)
        faults_.insert("two people share a place");
    }
    if (numbering_ == Numbering::by_reading) return;
    auto replayed = replay();
    replayed.drop_unproven();
    if (replayed.is_damaged()) faults_.insert("the log does not fit the marks");
    if (!replayed.lost().empty()) faults_.insert("places are lost");
    if (replayed.last_place() != last_) faults_.insert("the log has other places");
    for (const LinePlace& row : replayed.read(0, last_)) {
      if (row.user != all_[row.place].user) faults_.insert("a place is somebody else's after a restart");
      if (row.joined_at != all_[row.place].joined_at)
        faults_.insert("a place has another time after a restart");
    }
  }

  Numbering numbering_;
  bool has_losses_;
  std::mt19937 dice_;
  Stage stage_;
  TimePoint now_;
  std::uint32_t randoms_ = 0;
  std::vector<LogRecord> log_;
  OneInstance instances_[2] = {OneInstance(numbering_), OneInstance(numbering_)};
  std::vector<Changes> commits_;

  // The sequential model.
  std::set<std::string> faults_;
  std::map<UserId, Place> waits_;
  std::map<Place, LinePlace> all_;
  Place last_ = 0;
  std::vector<LineMark> marks_;
  std::vector<PassedOver> passed_over_;
  std::map<LogPosition, Uuid> taken_;
};

// R-Q7, R-Q9
TEST(LineHistory, gives_each_place_once_whoever_has_the_lock) {
  for (unsigned seed = 0; seed < 200; ++seed)
    EXPECT_THAT(History(Numbering::by_marks, false, seed).play(), IsEmpty()) << "seed " << seed;
}

// R-Q18
TEST(LineHistory, keeps_every_place_when_the_log_loses_its_tail) {
  for (unsigned seed = 0; seed < 500; ++seed)
    EXPECT_THAT(History(Numbering::by_marks, true, seed).play(), IsEmpty()) << "seed " << seed;
}

// The control: without marks, two instances that read the same records at different moments know different
// people of one place.
TEST(LineHistory, would_give_a_place_twice_by_reading_alone) {
  int shared = 0;
  for (unsigned seed = 0; seed < 200; ++seed)
    shared += int(History(Numbering::by_reading, false, seed).play().contains("two people share a place"));
  EXPECT_GT(shared, 100);
}

}  // namespace
}  // namespace stagedoor::queue
