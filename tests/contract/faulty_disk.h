// A disk that fails when told to: SQLite's file layer of this process, between it and the real one.
#pragma once

namespace stagedoor::contract {

class FaultyDisk {
 public:
  enum class Fault { none, full, write_error, sync_error };

  // From the first call on, every database that is opened later stands on it.
  static void install();
  // What the next writes and syncs of any file come to. Any thread.
  static void set(Fault fault);
};

}  // namespace stagedoor::contract
