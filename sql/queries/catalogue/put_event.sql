INSERT INTO events (id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed,
                    paused, created_at, updated_at, paused_since, paused_text)
VALUES ($id, $name, $performer, $venue, $on_sale_from, $on_sale_until, $queue_policy, $sale_policy, $closed,
        $paused, $created_at, $updated_at, $paused_since, $paused_text)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, performer = excluded.performer, venue = excluded.venue,
    on_sale_from = excluded.on_sale_from, on_sale_until = excluded.on_sale_until,
    queue_policy = excluded.queue_policy, sale_policy = excluded.sale_policy, closed = excluded.closed,
    paused = excluded.paused, updated_at = excluded.updated_at,
    paused_since = excluded.paused_since, paused_text = excluded.paused_text
