// Prometheus metrics of the business and the lane (R-O4); http/metrics.h has those of the requests.
// docs/metrics.md lists all.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <vector>

#include "engine/lane.h"
#include "modules/catalogue/read_model.h"
#include "modules/queue/rooms.h"

namespace stagedoor {

class SaleMetrics : public CommitObserver {
 public:
  SaleMetrics(const Lane& lane, const queue::Rooms& rooms, const catalogue::ReadModel& read_model)
      : lane_(lane), rooms_(rooms), read_model_(read_model) {}

  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch&) override {}  // counted by the instance that committed it
  std::vector<prometheus::MetricFamily> collect() const;
  // stagedoor_store_behind_seconds
  std::vector<prometheus::MetricFamily> collect_live() const;

 private:
  void add_lane(std::vector<prometheus::MetricFamily>& families) const;
  void add_events(std::vector<prometheus::MetricFamily>& families) const;

  const Lane& lane_;
  const queue::Rooms& rooms_;
  const catalogue::ReadModel& read_model_;
  std::array<std::atomic<std::uint64_t>, 5> reservations_{};  // rows that reached each ReservationStatus
  std::atomic<std::int64_t> sold_won_{0};
};

}  // namespace stagedoor
