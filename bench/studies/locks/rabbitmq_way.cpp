// One RabbitMQ queue with one consumer: durable, persistent messages, acknowledged after the commit in
// PostgreSQL. The publisher does not wait for confirmations, because the answer comes after the consumer's
// commit.
#include "work.h"

#ifdef LOCKS_HAVE_RABBITMQ
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <sys/time.h>

#include <cstring>
#include <stdexcept>
#include <thread>

#include "consumer.h"

namespace locks {
namespace {

const amqp_bytes_t kQueue = amqp_cstring_bytes("locks");

class Channel {
 public:
  explicit Channel(const std::string& address) : state_(amqp_new_connection()) {
    const auto colon = address.find(':');
    amqp_socket_t* socket = amqp_tcp_socket_new(state_.get());
    if (amqp_socket_open(socket, address.substr(0, colon).c_str(), std::stoi(address.substr(colon + 1))) !=
        AMQP_STATUS_OK)
      throw std::runtime_error("RabbitMQ cannot be reached");
    check(amqp_login(state_.get(), "/", 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"));
    amqp_channel_open(state_.get(), 1);
    check(amqp_get_rpc_reply(state_.get()));
  }
  amqp_connection_state_t raw() { return state_.get(); }
  void check() { check(amqp_get_rpc_reply(state_.get())); }

 private:
  static void check(const amqp_rpc_reply_t& reply) {
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("RabbitMQ refused");
  }
  struct Destroy {
    void operator()(amqp_connection_state_t state) const {
      amqp_connection_close(state, AMQP_REPLY_SUCCESS);
      amqp_destroy_connection(state);
    }
  };
  std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
};

class Queue final : public Way {
 public:
  Queue(const Work& work, const Servers& servers, std::size_t batch)
      : servers_(servers), batch_(batch), to_(servers.rabbitmq), from_(servers.rabbitmq) {
    Cells::create(servers.postgres, work);
    amqp_queue_declare(from_.raw(), 1, kQueue, 0, 1, 0, 0, amqp_empty_table);
    from_.check();
    amqp_queue_purge(from_.raw(), 1, kQueue);
    from_.check();
    amqp_basic_qos(from_.raw(), 1, 0, 2000, 0);
    amqp_basic_consume(from_.raw(), 1, kQueue, amqp_empty_bytes, 0, 0, 1, amqp_empty_table);  // exclusive
    from_.check();
  }
  Cell cell(std::int64_t id) override { return Cells(servers_.postgres).read(id); }
  void run(const Work& work, Tally& tally) override {
    Consumer consumer(servers_.postgres, work, tally);
    tally.start();
    std::jthread publisher([&] { publish(work.size); });
    std::vector<int> numbers;
    while (!consumer.is_finished()) {
      numbers.clear();
      std::uint64_t last = 0;
      while (numbers.size() < batch_ && receive(numbers, last, numbers.empty() ? 1000 : 0)) continue;
      if (numbers.empty()) continue;
      consumer.take(numbers);
      amqp_basic_ack(from_.raw(), 1, last, 1);
    }
  }

 private:
  void publish(int count) {
    amqp_basic_properties_t persistent{};
    persistent._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    persistent.delivery_mode = 2;
    for (int number = 0; number < count; ++number) {
      if (amqp_basic_publish(to_.raw(), 1, amqp_empty_bytes, kQueue, 0, 0, &persistent,
                             {sizeof number, &number}) != AMQP_STATUS_OK)
        throw std::runtime_error("RabbitMQ was lost");
    }
  }
  bool receive(std::vector<int>& numbers, std::uint64_t& last, int wait_us) {
    timeval limit{0, wait_us};
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(from_.raw());
    if (amqp_consume_message(from_.raw(), &envelope, &limit, 0).reply_type != AMQP_RESPONSE_NORMAL)
      return false;
    int number = 0;
    std::memcpy(&number, envelope.message.body.bytes, sizeof number);
    numbers.push_back(number);
    last = envelope.delivery_tag;
    amqp_destroy_envelope(&envelope);
    return true;
  }
  const Servers servers_;
  const std::size_t batch_;
  Channel to_, from_;
};

}  // namespace

std::unique_ptr<Way> make_rabbitmq_way(const std::string& name, const Work& work, const Servers& servers) {
  if (name == "rabbitmq") return std::make_unique<Queue>(work, servers, 1);
  if (name == "rabbitmq batches") return std::make_unique<Queue>(work, servers, 1000);
  return nullptr;
}

}  // namespace locks
#else
std::unique_ptr<locks::Way> locks::make_rabbitmq_way(const std::string&, const Work&, const Servers&) {
  return nullptr;
}
#endif
