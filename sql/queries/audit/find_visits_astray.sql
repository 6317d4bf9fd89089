-- A visit is of a place of the same user that joined before it and was not given up; its stamps are sane.
SELECT format('event %s: the visit of place %s [%s, %s) %s', v.event_id, v.place, v.activated_at, v.expires_at,
              CASE WHEN l.place IS NULL THEN 'has no place in the line'
                   WHEN l.user_id <> v.user_id THEN 'is not of the user who joined'
                   WHEN l.left_at IS NOT NULL THEN format('is of a place given up at %s', l.left_at)
                   ELSE format('is of a place that joined at %s', l.joined_at) END)
FROM visits v
LEFT JOIN line_places l ON l.event_id = v.event_id AND l.place = v.place
WHERE l.place IS NULL OR l.user_id <> v.user_id OR l.left_at IS NOT NULL OR l.joined_at > v.activated_at
   OR v.expires_at < v.activated_at OR v.activated_at > (SELECT value FROM meta WHERE name = 'latest_moment')
