-- What the outbox tells of the newest version of a reservation, of a posting and of a payment is what the rows say.
WITH told AS MATERIALIZED (
  SELECT id, key, version, created_at, CASE WHEN json_valid(payload) THEN payload ELSE '{}' END AS payload FROM outbox)
SELECT format('reservation %s is not what outbox row %s tells of its version %s', r.id, o.id, r.version)
FROM told o
JOIN reservations r ON o.key = 'reservation/' || r.id AND o.version = r.version
WHERE o.payload ->> 'id' IS DISTINCT FROM r.id
   OR o.payload ->> 'seatId' IS DISTINCT FROM r.seat_id
   OR o.payload ->> 'dateId' IS DISTINCT FROM r.date_id
   OR o.payload ->> 'eventId' IS DISTINCT FROM r.event_id
   OR replace(o.payload ->> 'userId', '-', '') IS DISTINCT FROM lower(hex(r.user_id))
   OR o.payload ->> 'status'
        IS DISTINCT FROM CASE r.status WHEN 0 THEN 'RESERVED' WHEN 1 THEN 'PENDING' WHEN 2 THEN 'PAID'
                                       WHEN 3 THEN 'CANCELLED' WHEN 4 THEN 'REFUNDED' END
   OR o.payload ->> 'reason'
        IS DISTINCT FROM CASE r.reason WHEN 0 THEN 'NONE' WHEN 1 THEN 'LAPSED' WHEN 2 THEN 'OWNER'
                                       WHEN 3 THEN 'OPERATOR' END
   OR o.payload ->> 'price' IS DISTINCT FROM r.price
   OR o.payload ->> 'expiresAt'
        IS DISTINCT FROM format('%s.%03dZ', strftime('%Y-%m-%dT%H:%M:%S', r.expires_at / 1000, 'unixepoch'),
                                r.expires_at % 1000)
   OR o.created_at <> r.updated_at
UNION ALL
SELECT format('posting %s of wallet %s (seq %s) is not what outbox row %s tells of it', p.id, p.wallet_id, p.seq, o.id)
FROM told o
JOIN wallets w ON o.key = 'wallet/' || w.id
JOIN postings p ON p.wallet_id = w.id AND p.seq = o.version
WHERE o.payload ->> 'walletId' IS DISTINCT FROM w.id
   OR replace(o.payload ->> 'userId', '-', '') IS DISTINCT FROM lower(hex(w.user_id))
   OR o.payload ->> 'amount' IS DISTINCT FROM p.amount
   OR o.payload ->> 'balanceAfter' IS DISTINCT FROM p.balance_after
   OR o.payload ->> 'reservationId' IS DISTINCT FROM p.reservation_id
   OR o.created_at <> p.created_at
UNION ALL
SELECT format('payment %s is not what outbox row %s tells of it', m.id, o.id)
FROM told o
JOIN payments m ON o.key = 'payment/' || m.id
WHERE o.payload ->> 'id' IS DISTINCT FROM m.id
   OR replace(o.payload ->> 'userId', '-', '') IS DISTINCT FROM lower(hex(m.user_id))
   OR o.payload ->> 'total' IS DISTINCT FROM m.total
   OR o.created_at <> m.created_at
