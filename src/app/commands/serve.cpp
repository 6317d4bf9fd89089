// `stagedoor serve`: runs a Service from its start to the signal that stops it.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "app/commands/commands.h"
#include "app/instance/service.h"
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

// Blocks the stop signals in all later threads, so that only wait() receives them.
class StopSignals {
 public:
  StopSignals() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void wait() const {
    int signal = 0;
    ::sigwait(&signals_, &signal);
  }

 private:
  sigset_t signals_{};
};

}  // namespace

int ServeCommand::run_with(const LoadedConfig& loaded) const {
  Config config = loaded.config;
  const std::int64_t descriptors = raise_file_limit();
  if (const auto error = settle_max_connections(config, descriptors)) {
    std::fprintf(stderr, "stagedoor: %s\n", error->c_str());
    return kRefused;
  }
  log(LogLevel::info, "maximum number of connections",
      {{"http.max_connections", std::to_string(config.http.max_connections)},
       {"http.max_streams", std::to_string(config.http.max_streams)},
       {"process.file_descriptors_max", std::to_string(descriptors)}});
  const StopSignals stop_signals;
  Service service(config);
  if (!config.catalogue.file.empty()) {
    if (const auto imported = service.import_file(config.catalogue.file); !imported) {
      std::fprintf(stderr, "%s\n", imported.error().message.c_str());
      return kRefused;
    }
  }
  if (service.new_operator_key()) {
    std::fprintf(stderr, "new operator key, shown only once (name:role:secret): %s\n",
                 service.new_operator_key()->c_str());
  }
  service.start();
  const auto admin = service.admin_address();
  const std::string admin_member = admin ? "\"admin_address\":\"" + *admin + "\"," : "";
  std::printf("{\"event\":\"listening\",\"address\":\"%s\",%s\"version\":\"%s\"}\n",
              service.address().c_str(), admin_member.c_str(), STAGEDOOR_VERSION);
  std::fflush(stdout);
  service.start_relays();
  stop_signals.wait();
  service.stop();
  return 0;
}

}  // namespace stagedoor
