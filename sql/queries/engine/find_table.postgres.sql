SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::REGNAMESPACE AND relkind = 'r' AND relname = $name
