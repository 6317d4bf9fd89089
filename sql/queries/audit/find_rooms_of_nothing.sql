-- Places, visits and absences are of events that are there.
SELECT format('%s of event %s, which is not there', kind, event_id)
FROM (SELECT DISTINCT 'places' AS kind, event_id FROM line_places
      UNION ALL SELECT DISTINCT 'visits', event_id FROM visits
      UNION ALL SELECT DISTINCT 'absences', event_id FROM line_absences) rows
WHERE event_id NOT IN (SELECT id FROM events)
