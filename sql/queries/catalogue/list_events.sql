SELECT id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed, paused,
       created_at, updated_at, time_zone, imported, paused_since, paused_text
FROM events
WHERE NOT hidden
ORDER BY id
