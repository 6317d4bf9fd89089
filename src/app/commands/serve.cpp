// `stagedoor serve`: runs a Service from its start to the signal that stops it.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <initializer_list>
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
  const Signals signals;
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
  while (signals.wait() == SIGHUP) service.reload();
  service.stop();
  return 0;
}

}  // namespace stagedoor
