#include "app/instance/process_metrics.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace stagedoor {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(const char* name, const char* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == MetricType::Counter) metric.counter.value = value;
  else metric.gauge.value = value;
  return {name, help, type, {metric}};
}

double seconds(const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; }

// Since 1970. The kernel knows the start in ticks since boot.
double start_time() {
  std::ifstream file("/proc/self/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::size_t at = text.rfind(')');  // the name of the program may have blanks
  for (int field = 2; field < 22 && at != text.npos; ++field) at = text.find(' ', at + 1);
  if (at == text.npos) return 0;
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const double age = double(since_boot.tv_sec) + double(since_boot.tv_nsec) / 1e9 -
                     double(std::stoull(text.substr(at + 1))) / double(::sysconf(_SC_CLK_TCK));
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() - age;
}

double open_files() {
  constexpr const char* kFolder = "/proc/self/fd";
  struct stat folder {};
  // Linux 6.2 and later tell the number without a walk.
  if (::stat(kFolder, &folder) == 0 && folder.st_size > 0) return double(folder.st_size);
  std::error_code error;
  const std::filesystem::directory_iterator first(kFolder, error);
  return error ? 0 : double(std::distance(begin(first), end(first)));
}

}  // namespace

std::vector<MetricFamily> process_metrics() {
  static const double started_at = start_time();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  double pages = 0;
  double resident_pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident_pages;
  const double page = double(::sysconf(_SC_PAGESIZE));
  const double files_max =
      files.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : double(files.rlim_cur);

  MetricFamily build =
      family("stagedoor_build_info", "Always 1; the label is the program's version", MetricType::Gauge, 1);
  build.metric.front().label = {{"version", STAGEDOOR_VERSION}};
  return {std::move(build),
          family("process_cpu_seconds_total", "Processor time used, of user and system", MetricType::Counter,
                 seconds(used.ru_utime) + seconds(used.ru_stime)),
          family("process_resident_memory_bytes", "Memory in use", MetricType::Gauge, resident_pages * page),
          family("process_virtual_memory_bytes", "Address space in use", MetricType::Gauge, pages * page),
          family("process_open_fds", "File descriptors in use", MetricType::Gauge, open_files()),
          family("process_max_fds", "Limit of file descriptors", MetricType::Gauge, files_max),
          family("process_start_time_seconds", "Start of the process, in seconds since 1970",
                 MetricType::Gauge, started_at)};
}

}  // namespace stagedoor
