-- No visit begins while as many as `capacity` are active, by the stored stamps (I-14); judged for visits begun since the event was last changed.
SELECT format('event %s: at %s, with place %s, %s visits are active; %s are allowed', e.id, at, max(place),
              max(active), CAST(e.queue_policy ->> 'capacity' AS BIGINT))
FROM (SELECT event_id, place, at, step,
             sum(step) OVER (PARTITION BY event_id ORDER BY at, step, place ROWS UNBOUNDED PRECEDING) AS active
      FROM (SELECT event_id, place, activated_at AS at, 1 AS step FROM visits WHERE activated_at < expires_at
            UNION ALL
            SELECT event_id, place, expires_at, -1 FROM visits WHERE activated_at < expires_at) steps) s
JOIN events e ON e.id = event_id
WHERE step = 1 AND at > e.updated_at
  AND e.queue_policy ->> 'admission' IN ('capacity', 'both')
  AND active > CAST(e.queue_policy ->> 'capacity' AS BIGINT)
GROUP BY e.id, at
