-- Every id given is below the mark up to which ids are reserved.
SELECT format('%s %s is not below %s', kind, id, (SELECT value FROM meta WHERE name = 'ids_reserved_to'))
FROM (SELECT 'seat' AS kind, max(id) AS id FROM seats
      UNION ALL SELECT 'category', max(id) FROM categories
      UNION ALL SELECT 'reservation', max(id) FROM reservations
      UNION ALL SELECT 'wallet', max(id) FROM wallets
      UNION ALL SELECT 'posting', max(id) FROM postings
      UNION ALL SELECT 'payment', max(id) FROM payments
      UNION ALL SELECT 'outbox row', max(id) FROM outbox
      UNION ALL SELECT 'log row', max(id) FROM operator_log) newest
WHERE id >= (SELECT value FROM meta WHERE name = 'ids_reserved_to')
