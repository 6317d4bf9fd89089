#include "app/instance/instance.h"

#include <algorithm>
#include <cstring>

#include "app/instance/staleness_guard.h"
#include "http/render_refusal.h"
#include "modules/identity/call_rules.h"
#include "modules/queue/logged_line.h"

namespace stagedoor {
namespace {

constexpr std::size_t kQueryThreads = 2;
constexpr Millis kLineWait{200};  // for a record; a stop is seen after it
constexpr Millis kLinePauseMax{1000};
constexpr Millis kPagesKept{60'000};  // after they were last asked for

std::uint64_t random_number(const RandomBytes& random) {
  std::uint64_t number = 0;
  std::memcpy(&number, random(sizeof number).data(), sizeof number);
  return number;
}

// With the line from where it is.
void restore_rooms(queue::Rooms& rooms, const InstanceParts& parts) {
  StartupState& startup = parts.store.startup;
  if (!parts.store.log) return rooms.restore(parts.store.line, startup);
  queue::LoggedLine line(
      *parts.store.log, [&](const StartupRows& rows) { startup.read(rows); }, parts.line_patience);
  rooms.restore(line, startup);
}

std::unique_ptr<const identity::Identity> identity_by(const identity::Proofs* proofs,
                                                      const identity::PlaceTokens& tokens,
                                                      const identity::Revocations& revocations) {
  if (proofs) return std::make_unique<identity::ProvenIdentity>(tokens, *proofs, revocations);
  return std::make_unique<identity::TokenIdentity>(tokens);
}

// nullptr: the caller's thread does the jobs.
std::unique_ptr<catalogue::PageWorker> make_worker(const InstanceParts& parts, const char* name,
                                                   std::function<void()> sweep) {
  if (!parts.has_workers) return nullptr;
  return std::make_unique<catalogue::PageWorker>(name, parts.random, std::move(sweep));
}

std::vector<std::string> ticket_secrets(const InstanceParts& parts) {
  std::vector<std::string> secrets = parts.ticket_keys;
  std::ranges::replace(secrets, std::string("store"), parts.store.startup.ticket_secret());
  return secrets;
}

}  // namespace

Instance::Instance(const InstanceParts& parts)
    : clock_(parts.clock, parts.store.startup.latest_moment()),
      page_worker_(make_worker(parts, "rendering of pages", [this] { drop_unasked_pages(); })),
      import_worker_(make_worker(parts, "slow calls of operators", [] {})),
      token_keys_(parts.token_keys),
      tokens_(token_keys_, clock_,
              {.lifetime = parts.token_lifetime,
               .session_lifetime = parts.session_lifetime,
               .limits = parts.client_limits,
               .headers = parts.proofs ? identity::TokenHeaders::queue_token : identity::TokenHeaders::both,
               .revocations = &revocations_}),
      proofs_(parts.proofs),
      identity_(identity_by(parts.proofs, tokens_, revocations_)),
      operator_keys_(parts.operator_keys, parts.client_limits, &clock_),
      rooms_(clock_, catalogue_, parts.random),
      housekeeping_(parts.store.retention, parts.events),
      lane_(parts.store, clock_, catalogue_, &http::render_refusal, parts.limits),
      joins_(parts.store.log
                 ? std::make_unique<queue::JoinsElsewhere>(
                       *parts.store.log, rooms_, clock_, parts.random,
                       [this](std::unique_ptr<Command> command) { lane_.submit(std::move(command)); })
                 : nullptr),
      line_reader_(joins_ && parts.has_workers
                       ? std::make_unique<Worker>(
                             Worker::Options{.name = "reading of the line's log", .pause_max = kLinePauseMax},
                             [this](const std::stop_token&) {
                               read_line(kLineWait);
                               return Millis(0);
                             },
                             parts.random)
                       : nullptr),
      query_pool_(parts.queries ? kQueryThreads : 0, parts.queries),
      seat_feeds_(read_model_, clock_, random_number(parts.random), submit_to(page_worker_.get())),
      queue_deps_{.lane = lane_,
                  .rooms = rooms_,
                  .identity = *identity_,
                  .tokens = tokens_,
                  .clock = clock_,
                  .catalogue = catalogue_,
                  .default_event = parts.default_event,
                  .stock = stock_,
                  .limits = parts.client_limits,
                  .joins = joins_.get()},
      wallet_deps_{.lane = lane_,
                   .query_pool = query_pool_,
                   .identity = *identity_,
                   .catalogue = catalogue_,
                   .balance_max = parts.balance_max,
                   .users_may_charge = parts.users_may_charge},
      payment_deps_{.lane = lane_,
                    .query_pool = query_pool_,
                    .identity = *identity_,
                    .turns = turns_,
                    .clock = clock_,
                    .catalogue = catalogue_,
                    .users_may_charge = parts.users_may_charge},
      ticket_keys_(ticket_secrets(parts)),
      operator_deps_{.lane = lane_,
                     .query_pool = query_pool_,
                     .read_model = read_model_,
                     .rooms = rooms_,
                     .keys = operator_keys_,
                     .clock = clock_,
                     .service_clock = parts.service_clock,
                     .balance_max = parts.balance_max,
                     .run_aside = submit_to(import_worker_.get()),
                     .sinks = parts.sinks,
                     .open_outbox = parts.outbox,
                     .revocations = &revocations_,
                     .render_aside = submit_to(page_worker_.get()),
                     .http_metrics = parts.http_metrics,
                     .open_queries = parts.queries,
                     .read_room = parts.read_room},
      identity_deps_{.identity = *identity_,
                     .tokens = tokens_,
                     .clock = clock_,
                     .mode = parts.auth_mode,
                     .users_may_charge = parts.users_may_charge,
                     .default_event = parts.default_event,
                     .oidc = parts.oidc},
      has_compat_(parts.has_compat),
      compat_deps_{.router = router_,
                   .lane = lane_,
                   .query_pool = query_pool_,
                   .tokens = tokens_,
                   .catalogue = catalogue_,
                   .balance_max = parts.balance_max,
                   .users_may_charge = parts.users_may_charge,
                   .limits = parts.client_limits} {
  if (lane_.has_others()) rooms_.share_presence();
  restore(parts);
  observe_lane();
  add_routes();
  if (page_worker_) page_worker_->start();
  if (import_worker_) import_worker_->start();
  if (line_reader_) line_reader_->start();
}

void Instance::restore(const InstanceParts& parts) {
  // The read model is first, here and among the observers: the rooms read the policies of their events from
  // it, and need those of the current batch.
  read_model_.load(parts.store.startup);
  restore_rooms(rooms_, parts);
  if (joins_) joins_->restore(parts.store.startup);
  hold_expiry_.restore(parts.store.startup);
  revocations_.restore(parts.store.startup);
  cancellations_.restore(*read_model_.catalogue());
}

void Instance::observe_lane() {
  // Observers receive a batch in this order. HoldExpiry and CancellationJob depend on no other one. Observers
  // that are added later (metrics) count changes that are already visible in the instance.
  lane_.add_observer(clock_);  // before those that read it
  lane_.add_observer(read_model_);
  lane_.add_observer(rooms_);
  if (joins_) lane_.add_observer(*joins_);  // answers with what the rooms know
  lane_.add_observer(best_seats_);          // after the read model, whose seat maps it reads
  lane_.add_observer(hold_expiry_);
  lane_.add_observer(revocations_);
  lane_.add_observer(cancellations_);
  lane_.add_job(rooms_);
  if (joins_) lane_.add_job(*joins_);
  lane_.add_job(hold_expiry_);
  lane_.add_job(cancellations_);
  lane_.add_job(housekeeping_);
}

Instance::~Instance() {
  if (line_reader_) line_reader_->stop();
  if (import_worker_) import_worker_->stop();  // before what their jobs read
  if (page_worker_) page_worker_->stop();
}

std::shared_ptr<const catalogue::SeatMap> Instance::seat_map_of(DateId id) const {
  const auto date = read_model_.live(id);
  return date ? date->seat_map : nullptr;
}

void Instance::drop_unasked_pages() {
  const TimePoint before = clock_.now() - kPagesKept;
  read_model_.drop_unasked(before);
  seat_feeds_.drop_unasked(before);
}

catalogue::SubmitJob Instance::submit_to(catalogue::PageWorker* worker) {
  if (!worker) return {};
  return [worker](catalogue::PageWorker::Job job) { worker->submit(std::move(job)); };
}

void Instance::read_line(Millis wait) {
  std::vector<EventId> living;
  const TimePoint now = clock_.now();
  for (const auto& [id, event] : catalogue_()->events)
    if (!event->is_over(now)) living.push_back(id);
  joins_->read(living, wait);
}

void Instance::stop() {
  if (line_reader_) line_reader_->stop();
  if (import_worker_) import_worker_->stop();
  lane_.stop();
  if (joins_) joins_->stop();
  query_pool_.stop();
  if (page_worker_) page_worker_->stop();
}

void Instance::replace_keys(const std::optional<std::vector<std::string>>& token_keys,
                            const std::optional<std::vector<std::string>>& operator_keys) {
  if (token_keys) token_keys_.replace(*token_keys);
  if (operator_keys) operator_keys_.replace(*operator_keys);
}

http::Handler Instance::decorated(const http::Route& route) {
  http::Handler handler = route.handler;
  if (lane_.has_others()) handler = with_staleness_guard(route, lane_);
  if (proofs_ && identity::needs_proof(route.handler.inputs.access))
    handler = proofs_->prove_first(std::move(handler));
  return handler;
}

void Instance::add_routes() {
  if (lane_.has_others() || proofs_)
    router_.decorate([this](const http::Route& route) { return decorated(route); });
  catalogue::add_catalogue_routes(router_, catalogue_deps_);
  catalogue::add_seat_stream_route(router_, seat_stream_deps_);
  queue::add_queue_routes(router_, queue_deps_);
  queue::add_queue_stream_route(router_, queue_stream_deps_);
  queue::add_public_routes(router_, public_deps_);
  reservation::add_reservation_routes(router_, reservation_deps_);
  wallet::add_wallet_routes(router_, wallet_deps_);
  payment::add_payment_routes(router_, payment_deps_);
  ticket::add_ticket_routes(router_, ticket_deps_);
  ticket::add_gate_routes(router_, ticket_deps_);
  operators::add_operator_routes(router_, operator_deps_);
  identity::add_identity_routes(router_, identity_deps_);
  if (has_compat_) compat::add_compat_routes(router_, compat_deps_);
  router_.decorate({});
  identity::check_rules(router_);
}

}  // namespace stagedoor
