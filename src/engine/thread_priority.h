// The priority of a thread among those of this process.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace stagedoor {

// Above 0: other threads come first. Of the calling thread: on Linux the niceness is the thread's own.
inline void set_own_niceness(int niceness) {
  if (niceness > 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
}

}  // namespace stagedoor
