-- In no window of length `every`, both ends included, do more than `people` visits begin (I-15); judged for visits begun since the event was last changed.
SELECT format('event %s: the visits of place %s at %s and of the %sth admitted before at %s are within %s ms', id, place,
              at, people, before, every)
FROM (SELECT e.id, v.place, v.activated_at AS at, CAST(e.queue_policy ->> 'people' AS BIGINT) AS people,
             CAST(e.queue_policy ->> 'every' AS BIGINT) AS every,
             lag(v.activated_at, CAST(e.queue_policy ->> 'people' AS INTEGER)) OVER (PARTITION BY e.id
                                                                    ORDER BY v.activated_at, v.place) AS before
      FROM visits v
      JOIN events e ON e.id = v.event_id
      WHERE v.activated_at > e.updated_at AND e.queue_policy ->> 'admission' IN ('interval', 'both')) a
WHERE at - before <= every
