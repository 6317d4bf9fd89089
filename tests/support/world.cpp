#include "support/world.h"

#include <stdexcept>

#include "http/problem.h"
#include "modules/catalog/change.h"
#include "modules/catalog/yaml.h"

namespace stagedoor::test {

void Pending::take(Answer&& answer) noexcept {
  ++answers_;
  if (journal_) journal_->emplace_back("answer");
  crowd::Reply reply;
  reply.status = answer.status;
  reply.headers = std::move(answer.headers);
  reply.body = answer.shared ? *answer.shared : std::move(answer.body);
  reply_.emplace(reply);
}

World::World(const StorePorts& store, const Clock& clock, WorldOptions options)
    : clock_(clock),
      journal_(options.journal),
      lane_(store, clock, catalogue_, &http::problem, options.limits),
      catalog_deps_{.shelf = shelf_, .tokens = tokens_, .turns = turns_, .clock = clock},
      queue_deps_{.lane = lane_,
                  .rooms = rooms_,
                  .identity = identity_,
                  .tokens = tokens_,
                  .clock = clock,
                  .catalogue = catalogue_,
                  .default_event = EventId{},
                  .stock = stock_},
      public_deps_{.rooms = rooms_, .clock = clock, .catalogue = catalogue_, .stock = stock_},
      wallet_deps_{
          .lane = lane_, .readers = readers_, .identity = identity_, .balance_max = options.balance_max},
      reservation_deps_{.lane = lane_,
                        .readers = readers_,
                        .identity = identity_,
                        .tokens = tokens_,
                        .rooms = rooms_,
                        .turns = turns_,
                        .clock = clock,
                        .catalogue = catalogue_},
      payment_deps_{.lane = lane_,
                    .readers = readers_,
                    .identity = identity_,
                    .turns = turns_,
                    .clock = clock,
                    .catalogue = catalogue_,
                    .balance_max = options.balance_max},
      operator_deps_{.lane = lane_,
                     .readers = readers_,
                     .shelf = shelf_,
                     .rooms = rooms_,
                     .keys = operator_keys_,
                     .clock = clock,
                     .balance_max = options.balance_max} {
  shelf_.load(store.startup);
  rooms_.restore(store.startup);
  lapse_holds_.restore(store.startup);
  lane_.add_listener(shelf_);
  lane_.add_listener(rooms_);
  lane_.add_listener(lapse_holds_);
  lane_.add_job(rooms_);
  lane_.add_job(lapse_holds_);
  catalog::add_catalog_routes(router_, catalog_deps_);
  add_queue_routes(router_, queue_deps_);
  add_public_routes(router_, public_deps_);
  add_wallet_routes(router_, wallet_deps_);
  add_reservation_routes(router_, reservation_deps_);
  add_payment_routes(router_, payment_deps_);
  operators::add_operator_routes(router_, operator_deps_);
}

void World::import(std::string_view yaml) {
  const catalog::CatalogueText text{std::string(yaml)};
  if (!text.document()) throw std::runtime_error(text.explain("catalogue", text.document().error()));
  const auto done = catalog::import_catalogue(lane_, *text.document(), "test");
  if (!done) throw std::runtime_error(text.explain("catalogue", done.error()));
}

PendingPtr World::send(const Call& call) {
  const auto pending = pending_.emplace_back(std::make_shared<Pending>(journal_));
  http::Request request;
  request.method = *http::parse_method(call.method);
  const std::string_view target = call.target;
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.raw_query = target.substr(question + 1);
  request.body = call.body;
  const std::string authorization = call.token.starts_with("Bearer ") ? call.token : "Bearer " + call.token;
  std::vector<http::Header> headers;
  if (!call.token.empty()) headers.push_back({"Authorization", authorization});
  if (!call.idempotency_key.empty()) headers.push_back({"Idempotency-Key", call.idempotency_key});
  for (const auto& [name, value] : call.headers) headers.push_back({name, value});
  request.headers = headers;
  const auto found = router_.find(request);
  http::Reply reply(*pending);
  if (found.route) found.route->handler(request, std::move(reply));
  else reply(http::problem(found.refusal));
  return pending;
}

ApiReply World::call(const Call& call) {
  const PendingPtr pending = send(call);
  while (!pending->is_answered()) {
    if (!lane_.run_once()) throw std::logic_error("the lane has nothing to do and the call no answer");
  }
  return pending->reply();
}

void World::run() {
  while (lane_.run_once()) {
  }
}

Visitor World::enter(std::uint64_t n, std::int64_t event) {
  const Visitor visitor{user(n), text(call(join(user(n), event)).data(), "token")};
  run();
  return visitor;
}

}  // namespace stagedoor::test
