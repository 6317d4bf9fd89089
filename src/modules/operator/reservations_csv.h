// All reservations as a CSV file (R-O2), in pieces: each is a short read of the store by another thread, made
// while the one before it is sent. So an export takes little memory however many reservations there are,
// holds no long transaction, and is slower than the sale.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/event_stream.h"
#include "core/guarded.h"
#include "modules/operator/http.h"

namespace stagedoor::operators {

// As a field of a line: quoted if it has to be. A text that a spreadsheet would run as a formula gets an
// apostrophe in front.
std::string csv_field(std::string_view text);

struct CsvFilter {
  std::optional<EventId> event = {};
  std::optional<DateId> date = {};
};

// The reservations made until it was created, each as of when it is read. Must be owned by a shared_ptr.
class ReservationsCsv final : public EventStream, public std::enable_shared_from_this<ReservationsCsv> {
 public:
  // `deps` must outlive it. `counted` is kept as long as the export lives.
  ReservationsCsv(const OperatorDeps& deps, const CsvFilter& filter, std::shared_ptr<const void> counted);

  // Throws std::runtime_error when the store could not be read.
  bool next(std::string& text, std::shared_ptr<const std::string>& shared) override;

 private:
  static constexpr int kRows = 1000;     // of a read: some milliseconds of the other thread
  static constexpr int kReadsMost = 50;  // of a piece

  struct State {
    std::string piece;
    bool is_being_read = false;
    bool is_last = false;
    bool has_failed = false;
  };

  // On the other thread.
  void read();
  // Returns false after the last row.
  bool append_rows(std::string& piece);
  void append(std::string& piece, const Reservation& row, const Catalogue& catalogue, TimePoint now) const;

  const OperatorDeps& deps_;
  const CsvFilter filter_;
  const std::shared_ptr<const void> counted_;
  const TimePoint began_at_;
  const std::uint64_t keys_version_;
  std::unique_ptr<Queries> queries_;  // opened by the first read; used by one read at a time
  ReservationId after_{};
  Guarded<State> state_;
};

}  // namespace stagedoor::operators
