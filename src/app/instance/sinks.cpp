#include "app/instance/sinks.h"

#include "adapters/stdout/stdout_sink.h"
#include "adapters/system/clock.h"
#include "adapters/webhook/webhook_sink.h"
#include "core/ensure.h"

namespace stagedoor {

std::unique_ptr<EventSink> make_sink(const SinkSetting& setting, const Config& config) {
  if (is_webhook(setting.url)) {
    return std::make_unique<webhook::WebhookSink>(
        webhook::WebhookOptions{.url = setting.url,
                                .secrets = config.events.webhook_secrets,
                                .private_targets = config.events.private_targets,
                                .wall_clock = [] { return system::SystemClock().now(); }});
  }
  ensure(setting.url == "stdout:", "events.sinks was checked");
  return std::make_unique<standard_output::StdoutSink>();
}

}  // namespace stagedoor
