-- In no window of length `every`, both ends included, do more than `people` visits begin (I-15); judged for visits begun since the event was last changed.
SELECT format('event %d: the visits of place %d at %d and of the %dth admitted before at %d are within %d ms', id, place,
              at, people, before, every)
FROM (SELECT e.id, v.place, v.activated_at AS at, e.queue_policy ->> 'people' AS people,
             e.queue_policy ->> 'every' AS every,
             lag(v.activated_at, e.queue_policy ->> 'people') OVER (PARTITION BY e.id
                                                                    ORDER BY v.activated_at, v.place) AS before
      FROM visits v
      JOIN events e ON e.id = v.event_id
      WHERE v.activated_at > e.updated_at AND e.queue_policy ->> 'admission' IN ('interval', 'both'))
WHERE at - before <= every
