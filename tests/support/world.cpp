#include "support/world.h"

#include <stdexcept>

#include "http/render_refusal.h"
#include "modules/catalogue/change.h"
#include "modules/catalogue/yaml.h"

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
    : journal_(options.journal),
      has_log_(store.log != nullptr),
      instance_({.store = store,
                 .queries = {},
                 .sinks = options.sinks,
                 .outbox = options.outbox,
                 .clock = clock,
                 .service_clock = options.service_clock,
                 .random = options.random,
                 .token_keys = {std::string(32, 'k')},
                 .token_lifetime = Millis(30LL * 86'400'000),
                 .operator_keys = kOperatorKeys,
                 .limits = options.limits,
                 .balance_max = options.balance_max}) {}

void World::import(std::string_view yaml) {
  const catalogue::CatalogueText text{std::string(yaml)};
  if (!text.document()) throw std::runtime_error(text.explain("catalogue", text.document().error()));
  const auto done = catalogue::import_catalogue(
      lane(), *text.document(),
      {.operator_name = "test", .has_joined = [&](EventId event) { return rooms().last_place(event) > 0; }});
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
  if (!call.body.empty()) headers.push_back({"Content-Type", "application/json"});
  for (const auto& [name, value] : call.headers) headers.push_back({name, value});
  request.headers = headers;
  request.traceparent = request.header("traceparent");  // as the server would pass it on
  const auto found = instance_.router().find(request);
  http::Reply reply(*pending);
  if (found.route) found.route->handler(request, std::move(reply));
  else reply(http::render_refusal(found.refusal));
  return pending;
}

ApiReply World::call(const Call& call) {
  const PendingPtr pending = send(call);
  for (int idle = 0; !pending->is_answered();) {
    if (has_log_) read_line();
    if (!lane().run_once() && (!has_log_ || ++idle > 100))
      throw std::logic_error("the lane has nothing to do and the call no answer");
  }
  return pending->reply();
}

void World::run() {
  do {
    if (has_log_) read_line();
  } while (lane().run_once());
}

Visitor World::enter(std::uint64_t n, std::int64_t event) {
  const Visitor visitor{user(n), text(call(join(user(n), event)).data(), "token")};
  run();
  return visitor;
}

}  // namespace stagedoor::test
