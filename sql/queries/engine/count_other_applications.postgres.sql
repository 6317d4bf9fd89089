-- Sessions of Stagedoor that have another name than ours.
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'stagedoor%' AND application_name <> $name
