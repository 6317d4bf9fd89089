INSERT INTO events (id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed,
                    paused, created_at, updated_at, time_zone, imported, hidden)
VALUES ($id, $name, $performer, $venue, $on_sale_from, $on_sale_until, $queue_policy, $sale_policy, $closed,
        $paused, $created_at, $updated_at, $time_zone, $imported, TRUE)
ON CONFLICT (id) DO NOTHING
