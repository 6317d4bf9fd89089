-- One durable charge: all clients on one wallet.
begin;
update wallets set balance = balance + 1, seq = seq + 1 where id = 1 returning balance, seq \gset
insert into postings (wallet_id, seq, amount, balance_after) values (1, :seq, 1, :balance);
insert into outbox (topic, key, payload) values ('wallet.charged', '1', json_build_object('seq', :seq::bigint, 'balance', :balance::bigint));
commit;
