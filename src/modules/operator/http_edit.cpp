#include "modules/operator/http_edit.h"

namespace stagedoor::operators {
namespace {

Refusal without_paths(Refusal refusal, const std::vector<std::string>& hidden) {
  for (auto& error : refusal.details) {
    for (const auto& path : hidden) {
      if (error.path.starts_with(path)) error.path.erase(0, path.size());
    }
  }
  return refusal;
}

}  // namespace

void submit_edit(const OperatorDeps& deps, const identity::Operator& who, CatalogueEdit edit,
                 Idempotency idempotency, http::Reply reply) {
  auto held = std::make_shared<http::Reply>(std::move(reply));
  catalogue::Change change;
  change.document = std::move(edit.document);
  change.complete = std::move(edit.complete);
  change.operator_name = who.name;
  change.action = std::move(edit.action);
  change.request = std::move(edit.request);
  change.rule = edit.rule;
  change.digest = std::move(edit.digest);
  change.is_dry_run = edit.is_dry_run;
  change.render = [render = std::move(edit.render), hidden = std::move(edit.hidden_paths)](
                      const Result<CataloguePlan>& plan, const Catalogue& after, TimePoint now) {
    return plan ? render(*plan, after, now) : http::render_refusal(without_paths(plan.error(), hidden));
  };
  change.reply = [held](Answer answer) { (*held)(std::move(answer)); };
  change.idempotency = std::move(idempotency);
  change.submit = [&lane = deps.lane](std::unique_ptr<Command> next) { lane.submit(std::move(next)); };
  change.has_joined = [&rooms = deps.rooms](EventId event) { return rooms.last_place(event) > 0; };
  deps.lane.submit(std::make_unique<catalogue::ChangeCatalogue>(std::move(change)));
}

http::Route edit_route(http::Route route) {
  route.refusals.insert(route.refusals.end(), {Code::SEAT_OCCUPIED, Code::DRAW_FIXED});
  return operator_route(std::move(route));
}

CatalogueDocument only(EventDocument event) {
  CatalogueDocument document;
  document.events.emplace().push_back(std::move(event));
  return document;
}

Result<boost::json::value> patch_body(const api::Source& from) {
  if (const auto refusal = api::refuse_other_type(from.request)) return *refusal;
  json::FieldErrors errors;
  auto patch = json::parse(from.request.body, errors);
  if (patch && !patch->is_object()) errors.add("", "must be an object");
  if (!errors.empty()) return json::invalid(errors);
  return std::move(*patch);
}

}  // namespace stagedoor::operators
