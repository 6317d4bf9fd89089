#include "app/config/kafka_url.h"

#include <gtest/gtest.h>

namespace stagedoor {
namespace {

TEST(KafkaUrl, has_brokers_and_a_topic) {
  const auto one = parse_kafka_url("kafka://localhost:9092/orders");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->brokers, "localhost:9092");
  EXPECT_EQ(one->topic, "orders");
  const auto many =
      parse_kafka_url("kafka://k-1.example.com:9092,10.0.0.2:9093,[::1]:1/Stage_door.events-v1");
  ASSERT_TRUE(many);
  EXPECT_EQ(many->brokers, "k-1.example.com:9092,10.0.0.2:9093,[::1]:1");
  EXPECT_EQ(many->topic, "Stage_door.events-v1");
}

TEST(KafkaUrl, of_another_form_is_none) {
  for (const auto* url :
       {"kafka://localhost:9092", "kafka://localhost:9092/", "kafka://localhost/orders", "kafka:///orders",
        "kafka://:9092/orders", "kafka://localhost:0/orders", "kafka://localhost:65536/orders",
        "kafka://a:1,/orders", "kafka://a:1,,b:2/orders", "kafka://::1:9092/orders", "kafka://a:1/or ders",
        "kafka://a:1/orders/more", "kafka://a:1/orders?x=1", "kafka://a:1/..", "kafka://me:secret@a:1/orders",
        "kafka:a:1/orders", "https://a:1/orders", ""})
    EXPECT_FALSE(parse_kafka_url(url)) << url;
  EXPECT_FALSE(parse_kafka_url("kafka://a:1/" + std::string(250, 't')));
}

}  // namespace
}  // namespace stagedoor
