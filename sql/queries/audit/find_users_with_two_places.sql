-- A user has one place of an event at a time: the next is taken when the one before is over (I-13).
SELECT format('event %s: one user took place %s at %s, while place %s was not over', event_id, place, joined_at,
              place_before)
FROM (SELECT l.event_id, l.place, l.joined_at,
             lag(l.place) OVER fan AS place_before,
             lag(coalesce(l.left_at, v.expires_at, 9223372036854775807)) OVER fan AS end_before
      FROM line_places l
      LEFT JOIN visits v ON v.event_id = l.event_id AND v.place = l.place
      WINDOW fan AS (PARTITION BY l.event_id, l.user_id ORDER BY l.place)) l
WHERE joined_at < end_before
