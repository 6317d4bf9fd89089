// Prometheus metrics of the business and the lane (R-O4); http/metrics.h has those of the requests.
//
//   stagedoor_commands_total · stagedoor_batches_total · stagedoor_commits_total ·
//   stagedoor_failed_batches_total · stagedoor_overloaded_total · stagedoor_batch_size (histogram) ·
//   stagedoor_lane_waiting{class} · stagedoor_reservations_total{status} · stagedoor_sales_won_total ·
//   stagedoor_queue_people{event,status} · stagedoor_store_behind_seconds (several instances)
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>

#include "engine/lane.h"
#include "modules/queue/rooms.h"

namespace stagedoor {

class SaleMetrics : public CommitObserver {
 public:
  SaleMetrics(const Lane& lane, const queue::Rooms& rooms,
              std::function<std::shared_ptr<const Catalogue>()> catalogue)
      : lane_(lane), rooms_(rooms), catalogue_(std::move(catalogue)) {}

  void on_commit(const Batch& batch) override;
  void on_remote_commit(const Batch&) override {}  // counted by the instance that committed it
  std::vector<prometheus::MetricFamily> collect() const;
  // stagedoor_store_behind_seconds
  std::vector<prometheus::MetricFamily> collect_live() const;

 private:
  const Lane& lane_;
  const queue::Rooms& rooms_;
  std::function<std::shared_ptr<const Catalogue>()> catalogue_;
  std::array<std::atomic<std::uint64_t>, 5> reservations_{};  // rows that reached each ReservationStatus
  std::atomic<std::int64_t> sold_won_{0};
};

}  // namespace stagedoor
