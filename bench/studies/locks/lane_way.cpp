// Our own way: the product's instance over the product's stores. A charge is the product's; a use is posted
// with the product's book, in a command of its own, because the product uses money only to pay. A seat is
// held and a payment made by the calls of the API, with their JSON and their tokens, but without a socket.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <deque>
#include <stdexcept>

#include "adapters/system/random.h"
#include "app/instance/instance.h"
#include "app/instance/open_store.h"
#include "modules/catalogue/change.h"
#include "modules/catalogue/yaml.h"
#include "work.h"

namespace locks {
namespace {

using namespace stagedoor;

constexpr std::string_view kCatalogue = R"(layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Night
    performer: They
    venue: Here
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 30m, poll_min: 0s}
    policy: {seats_per_user: 4, hold_ttl: 5m}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 100}}
)";

struct Fan {
  std::string user, token;
};

std::string fan_id(int number) { return fmt::format("00000000-0000-4000-8000-{:012x}", number + 1); }

class LaneWay final : public Way {
 public:
  LaneWay(const Work& work, const Config& config)
      : store_(open_store(config)),
        queries_(store_.queries()),
        user_(*parse_uuid(fan_id(0))),
        instance_({.store = store_.ports,
                   .queries = {},
                   .clock = *store_.clock,
                   .random = &system::system_random,
                   .token_keys = {std::string(32, 'k')},
                   .token_lifetime = Millis(86'400'000),
                   .operator_keys = {"study:owner:0123456789abcdef0123456789abcdef"},
                   .limits = {.queue_max = {kAll, kAll, kAll, kAll, kAll}, .wait_max = {}},
                   .balance_max = Won{1'000'000'000'000}}) {
    const catalogue::CatalogueText text{std::string(kCatalogue)};
    if (!catalogue::import_catalogue(instance_.lane(), *text.document(),
                                     {.operator_name = "study", .has_joined = [](EventId) { return false; }}))
      throw std::runtime_error("the catalogue was refused");
    instance_.lane().start();
    prepare(work);
  }
  ~LaneWay() override { instance_.stop(); }

  void run(const Work& work, Tally& tally) override {
    std::deque<ToTally> sinks;
    for (int i = 0; i < work.size; ++i) sinks.emplace_back(tally, i);
    tally.start();
    for (int i = 0; i < work.size; ++i) {
      http::Reply reply(sinks[static_cast<std::size_t>(i)]);
      const Task task = work.task(i);
      if (task.cell == kSeat) hold(fans_[static_cast<std::size_t>(i)], std::move(reply));
      else if (task.cell == kPayment) pay(std::move(reply));
      else if (task.amount > 0) charge(task.amount, std::move(reply));
      else use(-task.amount, std::move(reply));
    }
    tally.wait_for_all();
  }

  Cell cell(std::int64_t id) override {
    if (id == kWallet) {
      const auto wallet = queries_->wallet(user_);
      return wallet ? Cell{wallet->balance.amount, wallet->seq - before_, 0} : Cell{};
    }
    return {};
  }

 private:
  static constexpr std::size_t kAll = 1'000'000;

  struct ToTally final : http::Reply::Sink {
    ToTally(Tally& to, int i) : tally(to), number(i) {}
    void take(Answer&& answer) noexcept override {
      const int kind = answer.status / 100;
      tally.answer(number, kind == 2   ? Tally::Answer::granted
                           : kind == 4 ? Tally::Answer::refused
                                       : Tally::Answer::failed);
    }
    Tally& tally;
    const int number;
  };
  // Waited for.
  struct Waiting final : http::Reply::Sink {
    void take(Answer&& answer) noexcept override {
      body = answer.shared ? *answer.shared : std::move(answer.body);
      is_there = true;
      is_there.notify_one();
    }
    boost::json::value wait() {
      is_there.wait(false);
      auto read = boost::json::parse(body);
      if (!read.at("success").as_bool()) throw std::runtime_error(body);
      return std::move(read.as_object()["data"]);
    }
    std::string body;
    std::atomic<bool> is_there{false};
  };

  void prepare(const Work& work) {
    if (work.money() > 0) {
      Waiting charged;
      charge(work.money(), http::Reply(charged));
      charged.wait();
      before_ = 1;
    }
    const int fans = work.kind == Kind::seat ? work.size : work.kind == Kind::payment ? 1 : 0;
    std::deque<Waiting> joined(static_cast<std::size_t>(fans));
    for (int i = 0; i < fans; ++i)
      call("POST", "/queue", {}, fmt::format(R"({{"userId":"{}","eventId":1}})", fan_id(i)),
           http::Reply(joined[static_cast<std::size_t>(i)]));
    for (int i = 0; i < fans; ++i)
      fans_.push_back(
          {fan_id(i), std::string(joined[static_cast<std::size_t>(i)].wait().at("token").as_string())});
    for (const Fan& fan : fans_) wait_until_inside(fan);
    if (work.kind == Kind::payment) {
      Waiting held;
      hold(fans_.front(), http::Reply(held));
      reservation_ = held.wait().at("id").as_int64();
    }
  }
  void wait_until_inside(const Fan& fan) {
    for (;;) {
      Waiting status;
      call("GET", "/queue", fan.token, {}, http::Reply(status));
      if (status.wait().at("status").as_string() == "ACTIVATED") return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void charge(std::int64_t amount, http::Reply reply) {
    wallet::submit_charge(instance_.lane(), {user_, Won{amount}, Won{1'000'000'000'000}},
                          Idempotency{.user = user_, .key = {}, .request_hash = {}}, std::move(reply));
  }
  void use(std::int64_t amount, http::Reply reply) {
    const auto keys = [user = user_](const View& view, Keys& wanted) {
      want(view.wallets, wanted.wallets, user);
    };
    const auto decide_use = [user = user_, amount](const View& view, BatchContext& context) {
      const Wallet* stored = view.wallets.find(user);
      if (!stored || stored->balance.amount < amount)
        return CommandResult{{.status = 409, .body = "{}"}, {}, false};
      wallet::WalletBook book(stored, user, context);
      book.use(Won{amount}, ReservationId{1});
      CommandResult result{
          {.status = 200, .body = fmt::format(R"({{"balance":{}}})", book.wallet().balance.amount)},
          {},
          true};
      book.write(result.changes);
      return result;
    };
    api::submit(instance_.lane(), LaneClass::wallet,
                Idempotency{.user = user_, .key = {}, .request_hash = {}}, keys, decide_use,
                std::move(reply));
  }
  void hold(const Fan& fan, http::Reply reply) {
    const auto seat = instance_.read_model().catalogue()->date({1})->first_seat.value;
    call("POST", "/events/seats", fan.token, fmt::format(R"({{"seatId":{},"userId":"{}"}})", seat, fan.user),
         std::move(reply));
  }
  void pay(http::Reply reply) {
    call("PUT", fmt::format("/events/reservations/{}/pay", reservation_), fans_.front().token, {},
         std::move(reply));
  }
  void call(const char* method, const std::string& path, const std::string& token, const std::string& body,
            http::Reply reply) {
    http::Request request;
    request.method = *http::parse_method(method);
    request.path = path;
    request.body = body;
    std::vector<http::Header> headers;
    if (!token.empty()) headers.push_back({"Authorization", token});
    if (!body.empty()) headers.push_back({"Content-Type", "application/json"});
    request.headers = headers;
    const auto found = instance_.router().find(request);
    found.route->handler(request, std::move(reply));
  }

  OpenStore store_;
  std::unique_ptr<Queries> queries_;
  const UserId user_;
  Instance instance_;
  std::vector<Fan> fans_;
  std::int64_t reservation_ = 0, before_ = 0;
};

}  // namespace

std::unique_ptr<Way> make_lane_way(const std::string& name, const Work& work, const Servers& servers) {
  Config config;
  if (name == "lane") config.store.url = "sqlite:" + servers.folder + "/lane.db";
  else if (name == "lane postgres") config.store.url = servers.postgres;
  else return nullptr;
  return std::make_unique<LaneWay>(work, config);
}

}  // namespace locks
