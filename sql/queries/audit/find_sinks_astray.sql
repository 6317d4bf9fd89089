-- No sink has accepted more than the outbox ever had.
SELECT format('sink %s has accepted up to %s; ids are given below %s', sink, accepted,
              (SELECT value FROM meta WHERE name = 'ids_reserved_to'))
FROM event_sinks
WHERE accepted >= (SELECT value FROM meta WHERE name = 'ids_reserved_to')
