INSERT INTO events (id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed,
                    paused, created_at, updated_at, time_zone, imported, paused_since, paused_text,
                    hidden)
VALUES ($id, $name, $performer, $venue, $on_sale_from, $on_sale_until, $queue_policy, $sale_policy, $closed,
        $paused, $created_at, $updated_at, $time_zone, $imported, $paused_since, $paused_text, TRUE)
ON CONFLICT (id) DO NOTHING
