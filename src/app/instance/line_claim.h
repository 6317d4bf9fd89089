// The store's note of where its line is (decision 0028). Instances whose lines are in different places would
// give the same places to different people, so they do not serve one store together: the second one refuses
// to start, and one that runs ends when the note is changed.
#pragma once

#include <functional>
#include <string>

#include "engine/lane.h"
#include "ports/store_ports.h"

namespace stagedoor {

class LineClaim : public CommitObserver {
 public:
  // Reads the note, before the first Store::begin(). `source`: see line_source(). Throws StoreUnusable if the
  // line is elsewhere and cannot move: people have places of a sale that is not over, or
  // `has_other_instances`: others run with another `source`.
  LineClaim(std::string source, const StorePorts& store, TimePoint now,
            const std::function<bool()>& has_other_instances);

  // Writes the note if it names another place. Before the lane starts; this object must observe it. Throws
  // StoreUnusable if another instance was faster, or gave places meanwhile.
  void settle(Lane& lane);

  void on_commit(const Batch& batch) override;

 private:
  class Write;

  const std::string source_;
  std::string noted_;            // by the store; "": the line is in the store
  bool is_settled_ = false;      // from then on another note ends the process
  bool has_new_places_ = false;  // given since the note was read
};

}  // namespace stagedoor
