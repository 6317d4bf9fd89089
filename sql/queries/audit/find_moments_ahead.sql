-- No row is of a moment that has not been: none is later than the newest batch.
-- A sale that changes hands in the millisecond of its payment is of the next one (src/modules/reservation/model.cpp): so are its events.
SELECT format('%s %s is of %s; the newest batch is of %s', kind, id, at,
              (SELECT value FROM meta WHERE name = 'latest_moment'))
FROM (SELECT 'event' AS kind, CAST(id AS TEXT) AS id, updated_at AS at FROM events
      UNION ALL SELECT 'date', CAST(id AS TEXT), updated_at FROM dates
      UNION ALL SELECT 'posting', CAST(id AS TEXT), created_at FROM postings
      UNION ALL SELECT 'payment', CAST(id AS TEXT), created_at FROM payments
      UNION ALL SELECT 'answer', CAST(id AS TEXT), created_at FROM idempotent_answers
      UNION ALL SELECT 'outbox row', CAST(id AS TEXT), created_at FROM outbox
      UNION ALL SELECT 'the version of', key, updated_at FROM key_versions
      UNION ALL SELECT 'the use of a ticket of reservation', CAST(reservation_id AS TEXT), updated_at FROM ticket_uses
      UNION ALL SELECT 'log row', CAST(id AS TEXT), created_at FROM operator_log
      UNION ALL SELECT 'place', format('%s of event %s', place, event_id), joined_at FROM line_places
      UNION ALL SELECT 'place', format('%s of event %s', place, event_id), left_at FROM line_places
      UNION ALL SELECT 'draw', format('of event %s', event_id), committed_at FROM draws
      UNION ALL SELECT 'draw', format('of event %s', event_id), drawn_at FROM draws
      UNION ALL SELECT 'priority', format('of a user in event %s', event_id), granted_at FROM priority_users) moments
WHERE at > (SELECT value FROM meta WHERE name = 'latest_moment') + CASE kind WHEN 'outbox row' THEN 1 ELSE 0 END
