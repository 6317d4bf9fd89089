-- One durable hold: every client takes seats of its own, scattered over 100,000 after 100,000, for users at random.
\set i :i + 1
\set n :first + :i * :clients + :client_id
\set seat :n / 100000 * 100000 + :n % 100000 * 2654435761 % 100000
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
