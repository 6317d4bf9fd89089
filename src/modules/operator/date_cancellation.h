// Cancelling a date (R-O1, decision 0035): it begins with one change of the catalogue, and its reservations
// end in pieces, in the order of its seats. How far it is, is in its row, which a piece writes in its own
// transaction; so it goes on after a crash, by whichever instance comes first.
#pragma once

#include <string>

#include "engine/command.h"

namespace stagedoor::operators {

struct CancelDate {
  DateId date;
  std::string reason;  // what fans are told
  DateId carry_to;     // 0: everybody gets the money back
  std::string operator_name;
};
// Adds the cancellation to the change that deletes the date. One that is cancelled already stays as it is.
// Refusal: INVALID_REQUEST (`carry_to` is no date of the same event and the same seats that is to come, or is
// not the one of the cancellation that there is).
Result<void> begin_cancellation(const CancelDate& order, const Catalogue& catalogue, TimePoint now,
                                CatalogueChanges& changes);

// The next seats of a cancelled date.
struct CancellationPiece {
  DateId date;
  std::size_t seats = 0;  // at most
};
void piece_keys(const CancellationPiece& piece, const View& view, Keys& wanted);
// Holds are cancelled. Paid reservations are carried over, or refunded to who paid, whatever the balance
// (R-W5). Nothing if the date is done.
Changes decide_piece(const CancellationPiece& piece, const View& view, BatchContext& context);

}  // namespace stagedoor::operators
