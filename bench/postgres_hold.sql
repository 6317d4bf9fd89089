-- One durable hold: every client takes seats of its own, scattered over the table, for users at random.
\set i :i + 1
\set seat (:first + :client_id * :per_client + :i) * 2654435761 % :seats
\set user random(0, :users - 1)
begin;
select price from seats where id = :seat and not blocked for no key update \gset
insert into reservations (seat_id, event_id, user_id, status, price, expires_at)
  values (:seat, 1, ('00000000-0000-4000-8000-' || lpad(to_hex(:user::bigint), 12, '0'))::uuid, 'RESERVED', :price, now() + interval '5 minutes')
  returning id as reservation \gset
insert into outbox (topic, key, payload)
  values ('reservation.held', :seat::text, json_build_object('reservation', :reservation::bigint, 'seat', :seat::bigint));
update visits set expires_at = greatest(expires_at, now() + interval '5 minutes')
  where event_id = 1 and user_id = ('00000000-0000-4000-8000-' || lpad(to_hex(:user::bigint), 12, '0'))::uuid;
commit;
