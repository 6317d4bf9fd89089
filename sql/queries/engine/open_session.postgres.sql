-- The limits of this session, and plans that go by indexes also while a table is small or not analysed yet. Answers whether the
-- server keeps what it commits.
SELECT current_setting('fsync'),
       set_config('lock_timeout', $lock_timeout, FALSE),
       set_config('statement_timeout', $statement_timeout, FALSE),
       set_config('idle_in_transaction_session_timeout', $idle_timeout, FALSE),
       set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                                        ELSE current_setting('synchronous_commit') END, FALSE),
       set_config('default_transaction_isolation', 'read committed', FALSE),
       set_config('plan_cache_mode', 'force_generic_plan', FALSE),
       set_config('enable_seqscan', 'off', FALSE),
       set_config('enable_hashjoin', 'off', FALSE),
       set_config('enable_mergejoin', 'off', FALSE),
       set_config('enable_bitmapscan', 'off', FALSE),
       set_config('enable_material', 'off', FALSE),
       set_config('jit', 'off', FALSE)
