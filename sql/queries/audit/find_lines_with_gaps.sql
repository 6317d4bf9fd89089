-- The places of an event are 1, 2, 3… in the order of joining (I-12).
SELECT format('event %s has %s places, numbered %s to %s', event_id, count(*), min(place), max(place))
FROM line_places
GROUP BY event_id
HAVING min(place) <> 1 OR max(place) <> count(*)
UNION ALL
SELECT format('event %s: place %s joined at %s, the one before at %s', event_id, place, joined_at, before)
FROM (SELECT event_id, place, joined_at,
             lag(joined_at) OVER (PARTITION BY event_id ORDER BY place) AS before
      FROM line_places) l
WHERE joined_at < before
