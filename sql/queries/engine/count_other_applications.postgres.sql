-- Sessions of Stagedoor that have another name than ours. The function is what pg_stat_activity reads, without its joins.
SELECT count(*)
FROM pg_stat_get_activity(NULL)
WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND application_name LIKE 'stagedoor%'
  AND application_name <> $name
