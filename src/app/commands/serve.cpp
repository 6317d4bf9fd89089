// `stagedoor serve`: runs a Service from its start to the signal that stops it.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/instance/service.h"

namespace stagedoor {
namespace {

// Raises the limit of file descriptors, one per connection, to the system's maximum.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
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
  const Config& config = loaded.config;
  raise_file_limit();
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
  std::printf("{\"event\":\"listening\",\"address\":\"%s\",\"version\":\"%s\"}\n", service.address().c_str(),
              STAGEDOOR_VERSION);
  std::fflush(stdout);
  service.start_relays();
  stop_signals.wait();
  service.stop();
  return 0;
}

}  // namespace stagedoor
