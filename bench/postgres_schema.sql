-- What a durable hold touches, as a database would have it that does one transaction per request: the seat, the reservation
-- with at most one live per seat, the visit of the user, the event for the outbox. Of a charge: the wallet and its history.
create table seats (
  id bigint primary key,
  date_id bigint not null,
  number int not null,
  price bigint not null,
  blocked boolean not null default false
);
create table visits (
  event_id bigint not null,
  user_id uuid not null,
  activated_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (event_id, user_id)
) with (fillfactor = 50);
create table reservations (
  id bigint generated always as identity primary key,
  seat_id bigint not null references seats,
  event_id bigint not null,
  user_id uuid not null,
  status text not null,
  price bigint not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create unique index one_live_per_seat on reservations (seat_id) where status in ('RESERVED', 'PENDING', 'PAID');
create index by_user on reservations (user_id, event_id);
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
create table wallets (
  id bigint primary key,
  balance bigint not null,
  seq bigint not null
) with (fillfactor = 50);
create table postings (
  wallet_id bigint not null references wallets,
  seq bigint not null,
  amount bigint not null,
  balance_after bigint not null,
  created_at timestamptz not null default now(),
  primary key (wallet_id, seq)
);

insert into wallets values (1, 0, 0);
insert into seats select n, n / 100000, n % 100000, 110000 from generate_series(0, :seats - 1) n;
insert into visits select 1, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), now() + interval '1 hour'
  from generate_series(0, :users - 1) n;
vacuum (freeze, analyze);
checkpoint;
