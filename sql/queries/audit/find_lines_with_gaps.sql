-- The places of an event are 1, 2, 3… in the order of joining (I-12).
SELECT format('event %d has %d places, numbered %d to %d', event_id, count(*), min(place), max(place))
FROM line_places
GROUP BY event_id
HAVING min(place) <> 1 OR max(place) <> count(*)
UNION ALL
SELECT format('event %d: place %d joined at %d, the one before at %d', event_id, place, joined_at, before)
FROM (SELECT event_id, place, joined_at,
             lag(joined_at) OVER (PARTITION BY event_id ORDER BY place) AS before
      FROM line_places)
WHERE joined_at < before
