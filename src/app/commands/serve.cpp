// `stagedoor serve`: runs a Service from its start to the signal that stops it.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/judged.h"
#include "app/instance/open_log.h"
#include "app/instance/service.h"
#include "app/instance/sinks.h"
#include "core/log.h"

namespace stagedoor {
namespace {

// Raises the limit of file descriptors, one per connection, to the system's maximum. Returns the limit.
std::int64_t raise_file_limit() {
  constexpr rlim_t kMost = 1'000'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::int64_t>(std::min(limit.rlim_cur, kMost));
}

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t signals{};
  ::sigemptyset(&signals);
  for (const int number : numbers) ::sigaddset(&signals, number);
  return signals;
}

// The signals of this program. Make it before other threads, which inherit the mask: then only wait()
// receives them.
class Signals {
 public:
  Signals() {
    for (const int ignored : {SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2}) std::signal(ignored, SIG_IGN);
    ::pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  }
  int wait() const {
    int signal = 0;
    ::sigwait(&all_, &signal);
    return signal;
  }

 private:
  sigset_t all_ = set_of({SIGTERM, SIGINT, SIGHUP});
};

// Of a stop that did not finish.
constexpr int kUnfinished = 1;
constexpr Millis kAfterGrace{5'000};

// Ends the process at the next stop signal, or after `patience`: a thread may hang, for example because
// nobody reads the log. What was answered is committed, and what was not is as after a crash.
void exit_unless_stopped_in(Millis patience) {
  std::thread([until = std::chrono::steady_clock::now() + patience] {
    const sigset_t stop = set_of({SIGTERM, SIGINT});
    for (int signal = -1; signal < 0;) {
      const auto left =
          std::max(Millis(0), std::chrono::ceil<Millis>(until - std::chrono::steady_clock::now()));
      const timespec timeout{.tv_sec = left.count() / 1000, .tv_nsec = left.count() % 1000 * 1'000'000};
      signal = ::sigtimedwait(&stop, nullptr, &timeout);
      if (signal < 0 && errno == EAGAIN) break;
    }
    constexpr std::string_view kLine = "stagedoor: stopped before everything had finished\n";
    pollfd log{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&log, 1, 0) == 1) {
      [[maybe_unused]] const ssize_t written = ::write(log.fd, kLine.data(), kLine.size());
    }
    std::_Exit(kUnfinished);
  }).detach();
}

void log_import(const CatalogueFile& file, const catalogue::ImportOutcome& imported) {
  if (imported.is_superseded) {
    log(LogLevel::warn,
        "catalogue.file was imported once and another file after it, so it is not imported again; to import "
        "it, "
        "run stagedoor import",
        {{"file.path", file.name()}});
    return;
  }
  log(LogLevel::info, "catalogue imported",
      {{"file.path", file.name()},
       {"stagedoor.import.added", imported.summary.added.size()},
       {"stagedoor.import.changed", imported.summary.changed.size()},
       {"stagedoor.import.unchanged", imported.summary.left.size()},
       {"stagedoor.import.kept", imported.summary.kept.size()}});
  if (!imported.summary.kept.empty())
    log(LogLevel::warn, "what operators changed stays, although catalogue.file says otherwise",
        {{"stagedoor.import.fields", fmt::format("{}", fmt::join(imported.summary.kept, "; "))}});
}

}  // namespace

void ServeCommand::add_options(CLI::App& app) {
  ConfiguredCommand::add_options(app);
  app.add_flag("--accept-clock", accept_clock,
               "Start although the last moment in the store is more than an hour ahead of the wall clock");
}

int ServeCommand::run_with(const LoadedConfig& loaded) const {
  Config config = loaded.config;
  const std::int64_t descriptors = raise_file_limit();
  if (const auto error = settle_max_connections(config, descriptors)) {
    std::fprintf(stderr, "stagedoor: %s\n", error->c_str());
    return kRefused;
  }
  log(LogLevel::info, "maximum number of connections",
      {{"http.max_connections", config.http.max_connections},
       {"http.max_streams", config.http.max_streams},
       {"process.file_descriptors_max", descriptors}});
  const Signals signals;
  const auto file = config.catalogue.file.empty()
                        ? std::nullopt
                        : std::optional(CatalogueFile::read(config.catalogue.file, config));
  if (file && !*file) return refused(file->error());
  try {
    check_certificate(config);
    check_provider_keys(config);
    check_sinks(config);
    line_source(config);
  } catch (const std::runtime_error& why) {
    std::fprintf(stderr, "stagedoor: %s\n", why.what());
    return kRefused;
  }
  Service service(config, open_store(config, accept_clock));
  show_new_operator_key(service.new_operator_key());
  if (file) {
    const auto imported = service.import_file(**file, {.unless_superseded = true});
    if (!imported) return refused(imported.error());
    log_import(**file, *imported);
  }
  if (!service.has_default_event()) {
    log(LogLevel::warn, "queue.default_event names no event of the store; joins without an event are refused",
        {{"stagedoor.event.id", config.queue.default_event}});
  }
  service.start();
  const auto admin = service.admin_address();
  const std::string admin_member = admin ? "\"admin_address\":\"" + *admin + "\"," : "";
  std::printf("{\"event\":\"listening\",\"address\":\"%s\",%s\"version\":\"%s\"}\n",
              service.address().c_str(), admin_member.c_str(), STAGEDOOR_VERSION);
  std::fflush(stdout);
  service.start_relays();
  while (signals.wait() == SIGHUP)
    service.reload([this] { return load_config_of_process(config_file, flags); });
  exit_unless_stopped_in(config.http.stop_delay + config.http.stop_grace + kAfterGrace);
  service.stop();
  return 0;
}

}  // namespace stagedoor
