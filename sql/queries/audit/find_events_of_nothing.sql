-- Every row of the outbox is about a change that is stored: its key, version and type fit, and each is there once.
WITH RECURSIVE tickets (id, ticket, is_revoked) AS (
  SELECT id, version, status <> 2 FROM reservations WHERE paid_at IS NOT NULL
  UNION ALL SELECT id, ticket - 1, TRUE FROM tickets WHERE ticket > 1)
SELECT format('outbox row %s (%s, version %s, %s) is about nothing that is stored%s', o.id, o.key, o.version, o.type,
              CASE WHEN json_valid(o.payload) THEN '' ELSE ', and its payload is no JSON' END)
FROM outbox o
LEFT JOIN (SELECT CAST('reservation/' || id AS TEXT) AS key, version AS newest, 'reservation.%' AS type FROM reservations
           UNION ALL SELECT CAST('ticket/' || id || '.' || ticket AS TEXT), CASE WHEN is_revoked THEN 2 ELSE 1 END, 'ticket.%' FROM tickets
           UNION ALL SELECT CAST('check-in/' || reservation_id || '.' || ticket AS TEXT), version, 'ticket.%' FROM ticket_uses
           UNION ALL SELECT CAST('wallet/' || id AS TEXT), seq, 'wallet.%' FROM wallets
           UNION ALL SELECT CAST('payment/' || id AS TEXT), 1, 'payment.%' FROM payments
           UNION ALL SELECT k.key, k.version, 'event.%' FROM key_versions k JOIN events e ON k.key = 'event/' || e.id
           UNION ALL SELECT k.key, k.version, 'date.%' FROM key_versions k JOIN dates d ON k.key = 'date/' || d.id
           UNION ALL SELECT k.key, k.version, 'draw.%' FROM key_versions k JOIN draws d ON k.key = 'draw/' || d.event_id
           UNION ALL SELECT k.key, k.version, 'queue.%' FROM key_versions k JOIN events e ON k.key = 'queue/' || e.id
          ) s ON s.key = o.key
WHERE s.key IS NULL OR o.version NOT BETWEEN 1 AND s.newest
   OR (o.type NOT LIKE s.type AND o.type NOT LIKE 'stagedoor.' || s.type)
   OR NOT json_valid(o.payload)
UNION ALL
SELECT format('version %s of %s is in the outbox %s times, the last with id %s', version, key, count(*), max(id))
FROM outbox
GROUP BY key, version
HAVING count(*) > 1
