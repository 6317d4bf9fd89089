-- What the outbox tells of the newest version of a reservation, of a posting and of a payment is what the rows say.
WITH told AS MATERIALIZED (
  SELECT id, key, version, created_at, CASE WHEN json_valid(payload) THEN payload::JSON ELSE '{}' END AS payload FROM outbox)
SELECT format('reservation %s is not what outbox row %s tells of its version %s', r.id, o.id, r.version)
FROM told o
JOIN reservations r ON o.key = 'reservation/' || r.id AND o.version = r.version
WHERE o.payload ->> 'id' IS DISTINCT FROM r.id::TEXT
   OR o.payload ->> 'seatId' IS DISTINCT FROM r.seat_id::TEXT
   OR o.payload ->> 'dateId' IS DISTINCT FROM r.date_id::TEXT
   OR o.payload ->> 'eventId' IS DISTINCT FROM r.event_id::TEXT
   OR o.payload ->> 'userId' IS DISTINCT FROM r.user_id::TEXT
   OR o.payload ->> 'status'
        IS DISTINCT FROM CASE r.status WHEN 0 THEN 'RESERVED' WHEN 1 THEN 'PENDING' WHEN 2 THEN 'PAID'
                                       WHEN 3 THEN 'CANCELLED' WHEN 4 THEN 'REFUNDED' END
   OR o.payload ->> 'reason'
        IS DISTINCT FROM CASE r.reason WHEN 0 THEN 'NONE' WHEN 1 THEN 'LAPSED' WHEN 2 THEN 'OWNER'
                                       WHEN 3 THEN 'OPERATOR' END
   OR o.payload ->> 'price' IS DISTINCT FROM r.price::TEXT
   OR o.payload ->> 'expiresAt'
        IS DISTINCT FROM to_char(to_timestamp(r.expires_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.')
                           || lpad((r.expires_at % 1000)::TEXT, 3, '0') || 'Z'
   OR o.created_at <> r.updated_at
UNION ALL
SELECT format('posting %s of wallet %s (seq %s) is not what outbox row %s tells of it', p.id, p.wallet_id, p.seq, o.id)
FROM told o
JOIN wallets w ON o.key = 'wallet/' || w.id
JOIN postings p ON p.wallet_id = w.id AND p.seq = o.version
WHERE o.payload ->> 'walletId' IS DISTINCT FROM w.id::TEXT
   OR o.payload ->> 'userId' IS DISTINCT FROM w.user_id::TEXT
   OR o.payload ->> 'amount' IS DISTINCT FROM p.amount::TEXT
   OR o.payload ->> 'balanceAfter' IS DISTINCT FROM p.balance_after::TEXT
   OR o.payload ->> 'reservationId' IS DISTINCT FROM p.reservation_id::TEXT
   OR o.created_at <> p.created_at
UNION ALL
SELECT format('payment %s is not what outbox row %s tells of it', m.id, o.id)
FROM told o
JOIN payments m ON o.key = 'payment/' || m.id
WHERE o.payload ->> 'id' IS DISTINCT FROM m.id::TEXT
   OR o.payload ->> 'userId' IS DISTINCT FROM m.user_id::TEXT
   OR o.payload ->> 'total' IS DISTINCT FROM m.total::TEXT
   OR o.created_at <> m.created_at
