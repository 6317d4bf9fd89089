INSERT INTO events (id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed,
                    paused, created_at, updated_at, time_zone, imported, paused_since, paused_text)
VALUES ($id, $name, $performer, $venue, $on_sale_from, $on_sale_until, $queue_policy, $sale_policy, $closed,
        $paused, $created_at, $updated_at, $time_zone, $imported, $paused_since, $paused_text)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, performer = excluded.performer, venue = excluded.venue,
    on_sale_from = excluded.on_sale_from, on_sale_until = excluded.on_sale_until,
    queue_policy = excluded.queue_policy, sale_policy = excluded.sale_policy, closed = excluded.closed,
    paused = excluded.paused, updated_at = excluded.updated_at, time_zone = excluded.time_zone,
    imported = excluded.imported, hidden = FALSE,
    paused_since = excluded.paused_since, paused_text = excluded.paused_text,
    created_at = CASE WHEN events.hidden THEN excluded.created_at ELSE events.created_at END
