// A library for LD_PRELOAD: the wall clock of the process is ahead by what the file CLOCK_SET_BY says, 8
// bytes, nanoseconds in the machine's order, read at every call. So a test sets the clock of a server while
// it runs (set_clock.h). Monotonic and boot-time clocks are as they are, and so are time-outs.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

const std::atomic<std::int64_t>* open_file() {
  static const std::atomic<std::int64_t> none{0};
  const char* const name = std::getenv("CLOCK_SET_BY");
  const int file = name ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return &none;
  void* const bytes = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return bytes == MAP_FAILED ? &none : static_cast<const std::atomic<std::int64_t>*>(bytes);
}

std::int64_t set_by() {
  static const std::atomic<std::int64_t>* const file = open_file();
  return file->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto code = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (code != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return code;
  const std::int64_t shown = now->tv_sec * kSecond + now->tv_nsec + set_by();
  now->tv_sec = shown / kSecond;
  now->tv_nsec = shown % kSecond;
  return code;
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec exact{};
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* into) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (into) *into = exact.tv_sec;
  return exact.tv_sec;
}
}
