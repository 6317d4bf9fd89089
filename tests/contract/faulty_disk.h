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
  // The nth write from now on fails, once (n ≥ 1). Any thread.
  static void fail_write(Fault fault, int n);
  // Whether that write has happened.
  static bool has_failed();
};

}  // namespace stagedoor::contract
