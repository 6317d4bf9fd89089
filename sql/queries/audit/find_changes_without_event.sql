-- Every change of a reservation, every posting, every payment, every use of a ticket and every key of key_versions has its row in the outbox (I-21); judged from the time on from which the outbox is kept.
SELECT format('reservation %s is at version %s; the outbox has %s of its versions, the newest %s', r.id, r.version,
              coalesce(o.versions, 0), coalesce(CAST(o.newest AS TEXT), 'none'))
FROM reservations r
LEFT JOIN (SELECT key, count(DISTINCT version) AS versions, max(version) AS newest FROM outbox GROUP BY key) o
       ON o.key = 'reservation/' || r.id
WHERE r.updated_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until')
  AND (o.newest IS NULL OR o.newest <> r.version
       OR (r.created_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until') AND o.versions <> r.version))
UNION ALL
SELECT format('posting %s of wallet %s (seq %s) is not in the outbox', p.id, p.wallet_id, p.seq)
FROM postings p
LEFT JOIN (SELECT DISTINCT key, version FROM outbox) o ON o.key = 'wallet/' || p.wallet_id AND o.version = p.seq
WHERE p.created_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until') AND o.key IS NULL
UNION ALL
SELECT format('payment %s is not in the outbox', m.id)
FROM payments m
LEFT JOIN (SELECT DISTINCT key FROM outbox) o ON o.key = 'payment/' || m.id
WHERE m.created_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until') AND o.key IS NULL
UNION ALL
SELECT format('%s is at version %s; the outbox has %s of its versions, from %s to %s', k.key, k.version,
              coalesce(o.versions, 0), coalesce(CAST(o.oldest AS TEXT), 'none'), coalesce(CAST(o.newest AS TEXT), 'none'))
FROM key_versions k
LEFT JOIN (SELECT key, count(DISTINCT version) AS versions, min(version) AS oldest, max(version) AS newest
           FROM outbox GROUP BY key) o ON o.key = k.key
WHERE k.updated_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until')
  AND (o.newest IS NULL OR o.newest <> k.version OR o.versions <> o.newest - o.oldest + 1
       OR (o.oldest <> 1 AND 0 = (SELECT value FROM meta WHERE name = 'outbox_forgotten_until')))
UNION ALL
SELECT format('the use of ticket %s of reservation %s is at version %s; the outbox has %s of its versions, the newest %s',
              u.ticket, u.reservation_id, u.version, coalesce(o.versions, 0), coalesce(CAST(o.newest AS TEXT), 'none'))
FROM ticket_uses u
LEFT JOIN (SELECT key, count(DISTINCT version) AS versions, max(version) AS newest FROM outbox GROUP BY key) o
       ON o.key = 'check-in/' || u.reservation_id || '.' || u.ticket
WHERE u.updated_at >= (SELECT value FROM meta WHERE name = 'outbox_forgotten_until')
  AND (o.newest IS NULL OR o.newest <> u.version)
