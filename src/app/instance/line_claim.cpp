#include "app/instance/line_claim.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/ensure.h"

namespace stagedoor {
namespace {

std::string where(const std::string& source) { return source.empty() ? "the store itself" : source; }
std::string what_to_write(const std::string& source) {
  return source.empty() ? "leave room.url empty" : fmt::format("set room.url to {}", source);
}

// An event that is not over and has places.
std::optional<EventId> event_with_places(const StorePorts& store, TimePoint now) {
  std::set<EventId> marked;
  store.startup.read({.line_mark = [&](const LineMark& mark) {
    if (mark.last_place > 0) marked.insert(mark.event);
  }});
  for (const auto& [id, event] : store.startup.catalogue().events)
    if (!event->is_over(now) && (marked.contains(id) || store.line.head(id) > 0)) return id;
  return std::nullopt;
}

}  // namespace

LineClaim::LineClaim(std::string source, const StorePorts& store, TimePoint now,
                     const std::function<bool()>& has_other_instances)
    : source_(std::move(source)) {
  store.startup.read({.line_source = [&](const LineSource& row) { noted_ = row.url; }});
  if (noted_ == source_) return;
  if (const auto event = event_with_places(store, now))
    throw StoreUnusable(fmt::format(
        "people have places in the queue of event {}, and that queue is in {}; {}, or wait until the sale is "
        "over",
        event->value, where(noted_), what_to_write(noted_)));
  if (has_other_instances && has_other_instances())
    throw StoreUnusable(fmt::format(
        "the queue of this store is in {}, and other processes that use the store have no other room.url; "
        "{}, or stop them first",
        where(noted_), what_to_write(noted_)));
}

class LineClaim::Write : public Command {
 public:
  Write(const LineClaim& claim, std::optional<Answer>& answer)
      : Command(LaneClass::operation, {}), claim_(claim), answer_(answer) {}

  void rows_to_load(const View&, Keys&) const override {}
  CommandResult decide(const View&, BatchContext& context) override {
    CommandResult result;
    const bool is_free = claim_.noted_ == noted_before_ && !claim_.has_new_places_;
    if (is_free) result.changes.line_sources.push_back({.url = claim_.source_, .since = context.now});
    return result;
  }
  void reply(Answer answer) override { answer_ = std::move(answer); }

 private:
  const LineClaim& claim_;
  const std::string noted_before_ = claim_.noted_;
  std::optional<Answer>& answer_;
};

void LineClaim::settle(Lane& lane) {
  if (noted_ != source_) {
    std::optional<Answer> answer;
    lane.submit(std::make_unique<Write>(*this, answer));
    while (!answer) lane.run_once();
    if (answer->refusal) throw StoreUnavailable("the store cannot note where its queue is; try again");
    if (noted_ != source_)
      throw StoreUnusable(fmt::format("another instance started with its queue in {}; {}", where(noted_),
                                      what_to_write(noted_)));
  }
  is_settled_ = true;
}

void LineClaim::on_commit(const Batch& batch) {
  if (!is_settled_ && !batch.line.empty()) has_new_places_ = true;
  for (const LineSource& row : batch.line_sources) {
    if (is_settled_ && row.url != source_)
      die_of_bug(
          fmt::format("the queue of this store was moved from {} to {} by another instance; {} and "
                      "start this one again",
                      where(source_), where(row.url), what_to_write(row.url)));
    noted_ = row.url;
  }
}

}  // namespace stagedoor
