// All rows of the booking store. Plain values; modules/*/model decide what may happen to them. The columns in
// sql/migrations have the same names.
#pragma once

#include "state/rows/answer.h"
#include "state/rows/audit_log.h"
#include "state/rows/outbox.h"
#include "state/rows/reservation.h"
#include "state/rows/waiting_room.h"
#include "state/rows/wallet.h"
