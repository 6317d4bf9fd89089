// The sub-commands: their options and actions. Each is implemented in its own file; cli.h selects one from
// the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config/config.h"
#include "crowd/crowd.h"

namespace CLI {
class App;
}

namespace stagedoor {

// Exit code of a sub-command that could not begin: settings, arguments or a catalogue are invalid, or the
// store cannot be read. Nothing was changed. 0: success; 1: failure, or a negative judgement.
inline constexpr int kRefused = 2;

class SubCommand {
 public:
  virtual ~SubCommand() = default;
  virtual const char* name() const = 0;
  virtual const char* doc() const = 0;  // one line for --help
  // Declares the options, which are read into this object.
  virtual void add_options(CLI::App&) {}
  virtual int run() const = 0;  // returns the exit code
};

// A sub-command that reads the settings: --config FILE and every --section.key=value, in order.
class ConfiguredCommand : public SubCommand {
 public:
  void add_options(CLI::App& app) override;
  // Loads the settings and starts the log, or reports all errors in the settings.
  int run() const override;

  std::string config_file;
  std::vector<std::pair<std::string, std::string>> flags;

 private:
  virtual int run_with(const LoadedConfig& loaded) const = 0;
  // The settings that --help describes; {}: all of them.
  virtual std::vector<std::string_view> settings() const { return {"store.url", "room.url"}; }
  virtual bool needs_store() const { return true; }
  virtual bool needs_secrets() const { return false; }  // of sinks
};

// Prints the operator key that a new store was given, once, on standard error.
void show_new_operator_key(const std::optional<std::string>& key);

// Serves until SIGTERM or SIGINT. One JSON line on standard output when ready: {"event":"listening",…}.
class ServeCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "serve"; }
  const char* doc() const override { return "Serve the API until SIGTERM; prints one JSON line when ready"; }
  void add_options(CLI::App& app) override;

  bool accept_clock = false;

 private:
  std::vector<std::string_view> settings() const override { return {}; }
  bool needs_secrets() const override { return true; }
  int run_with(const LoadedConfig& loaded) const override;
};

// Imports a catalogue file into the store and prints the changes.
class ImportCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "import"; }
  const char* doc() const override { return "Bring a catalogue file into the store, all or nothing"; }
  void add_options(CLI::App& app) override;

  std::string file;
  bool overwrite = false;
  bool strict = false;

 private:
  int run_with(const LoadedConfig& loaded) const override;
};

class AuditCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "audit"; }
  const char* doc() const override {
    return "Check every invariant of the store; exit code 1 if one does not hold, 2 if it cannot be read";
  }

 private:
  int run_with(const LoadedConfig& loaded) const override;
};

class BackupCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "backup"; }
  const char* doc() const override { return "Copy the store to a new file, also while a server runs"; }
  void add_options(CLI::App& app) override;

  std::string file;

 private:
  int run_with(const LoadedConfig& loaded) const override;
};

class ClockCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "clock"; }
  const char* doc() const override {
    return "Show service time, how far the wall clock is from it, and the store's last moment";
  }
  void add_options(CLI::App& app) override;

  bool accept = false;

 private:
  int run_with(const LoadedConfig& loaded) const override;
};

// Asks a running server, because it is the only writer of an embedded store.
class EventsCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "events"; }
  const char* doc() const override {
    return "Show how far the sinks of events are, deliver events again, list and change parked keys and dead "
           "letters";
  }
  void add_options(CLI::App& app) override;

  enum class Action : std::uint8_t { status, replay, list_parked, retry, give_up, list, send, drop };
  Action action = Action::status;
  std::string url;  // of the server; "": as the settings say
  std::string sink;
  std::int64_t from = 0;
  std::vector<std::string> keys;  // parked ones
  std::vector<std::int64_t> ids;  // of dead letters
  bool all = false;

 private:
  std::vector<std::string_view> settings() const override {
    return {"http.listen", "http.admin_listen", "admin.keys", "store.url"};
  }
  bool needs_store() const override { return false; }
  int run_with(const LoadedConfig& loaded) const override;
};

struct FairnessOptions {
  std::int64_t event = 0;
  bool json = false;
  std::string joins;  // file to write the list of joins to; "" = none
};

class FairnessCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "fairness"; }
  const char* doc() const override {
    return "Judge the room of one event from the store, also while a server runs; exit code 1: not fair";
  }
  void add_options(CLI::App& app) override;

  FairnessOptions options;

 private:
  int run_with(const LoadedConfig& loaded) const override;
};

struct VerifyDrawOptions {
  std::int64_t event = 0;
  std::string url;   // of the server that publishes the draw, or
  std::string file;  // its answer, saved
  // Each is "" if absent:
  std::string token;       // of a fan
  std::string commitment;  // noted before the draw
  std::string list;        // file of the joins
  std::string ranks;       // file to write every rank to
};

// Needs no store, key or settings, so that anybody can check any server (R-Q13).
class VerifyDrawCommand : public SubCommand {
 public:
  const char* name() const override { return "verify-draw"; }
  const char* doc() const override {
    return "Recompute a draw from what is published of it; exit code 1: wrong";
  }
  void add_options(CLI::App& app) override;
  int run() const override;

  VerifyDrawOptions options;
};

class VerifyConfigCommand : public ConfiguredCommand {
 public:
  const char* name() const override { return "verify-config"; }
  const char* doc() const override {
    return "Show every setting, where its value comes from, and all that is wrong or unwise";
  }
  void add_options(CLI::App& app) override;
  int run() const override;

  bool reference = false;  // print docs/configuration.md instead

 private:
  bool needs_store() const override { return false; }
  bool needs_secrets() const override { return true; }
  int run_with(const LoadedConfig& loaded) const override;
};

class OpenApiCommand : public SubCommand {
 public:
  const char* name() const override { return "openapi"; }
  const char* doc() const override { return "Print the description of the API (OpenAPI 3.1)"; }
  void add_options(CLI::App& app) override;
  int run() const override;

  std::string events_folder;  // not empty: write the schemas of the events to it instead
  bool event_types = false;   // print the list of event types instead
};

class VersionCommand : public SubCommand {
 public:
  const char* name() const override { return "version"; }
  const char* doc() const override { return "Print the version"; }
  int run() const override;
};

class CrowdCommand : public SubCommand {
 public:
  const char* name() const override { return "crowd"; }
  const char* doc() const override {
    return "Send a crowd of fans through a running server: join, poll, hold, pay";
  }
  void add_options(CLI::App& app) override;
  int run() const override;

  crowd::CrowdOptions options;
};

}  // namespace stagedoor
