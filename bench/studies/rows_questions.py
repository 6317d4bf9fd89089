"""What the study of ten million rows asks, in how many ways, and with which indexes: data, no measuring.

Tables as a first draft of a ticket shop has them: reservations and wallets of N rows, dates of N / 50, events of N / 5,000. Who has what is
arithmetic over the row's number, spread by primes: ten reservations a user, two a seat, one of 1,000 unpaid, one of 10,000 unpaid and lapsed."""
import dataclasses

NOW = '2026-06-01 12:00:00'


@dataclasses.dataclass(frozen=True)
class Index:
    table: str
    columns: str
    include: str = ''      # PostgreSQL: INCLUDE; MariaDB: more columns at the end
    where: str = ''        # PostgreSQL only
    unique: bool = False

    @property
    def name(self):
        words = f'{self.table}_{self.columns}_{self.include}_{self.where}'
        return 'i_' + ''.join(letter if letter.isalnum() else '_' for letter in words).strip('_').replace('__', '_')

    @property
    def label(self):
        return (f'({self.columns})' + (f' with {self.include}' if self.include else '') + (f' where {self.where}' if self.where else ''))

    def ddl(self, engine):
        columns = self.columns + (f', {self.include}' if self.include and engine == 'mariadb' else '')
        return (f'create {"unique " if self.unique else ""}index {self.name} on {self.table} ({columns})'
                + (f' include ({self.include})' if self.include and engine == 'postgres' else '') + (f' where {self.where}' if self.where else ''))


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str              # of the statement: plain, UNION, …
    indexes: tuple         # those that are there; all others are not
    statements: tuple
    why: str               # what the plan does, a sentence

    @property
    def engines(self):
        return ('postgres',) if any(index.where for index in self.indexes) else ('postgres', 'mariadb')

    @property
    def label(self):
        return ' + '.join(index.label for index in self.indexes) or 'no index'


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    title: str
    seeds: tuple           # their milliseconds before and after, measured elsewhere
    columns: int           # so many of each row are compared with the plain one's
    variants: list


def sizes(rows):
    """Of users, seats, dates, events. None is divisible by 2 or 5, so that the arithmetic below spreads."""
    return {'users': rows // 10 - 1, 'seats': rows // 2 - 1, 'dates': rows // 50, 'events': max(1, rows // 5000)}


def user_of(row, rows):
    return 1 + row * 7919 % sizes(rows)['users']


def seat_of(row, rows):
    return 1 + row * 104729 % sizes(rows)['seats']


def load(engine, rows):
    """The statements that make and fill the tables: (what it does, statement)."""
    size = sizes(rows)
    n, made = ('i', 'generate_series(1::bigint, {}) i') if engine == 'postgres' else ('seq', 'seq_1_to_{}')
    second = "- {} * interval '1 second'" if engine == 'postgres' else '- interval {} second'
    lapse = (f"case when {n} % 10000 = 0 then timestamp '{NOW}' {second.format(60)} when {n} % 1000 = 0 then timestamp '{NOW}' {second.format(-240)} "
             f"else timestamp '{NOW}' {second.format(f'(3600 + {n})')} end")
    time, text = ('timestamp', 'text') if engine == 'postgres' else ('datetime', 'varchar(100)')
    opening = second.format(f'({size["dates"] // 2} - {n}) * 60')
    unchecked = [] if engine == 'postgres' else [('', "set session sql_mode = 'NO_UNSIGNED_SUBTRACTION'"), ('', 'set session unique_checks = 0'), ('', 'set session foreign_key_checks = 0')]
    return [
        *unchecked,
        ('', 'create table events (id bigint primary key, name ' + text + ' not null)'),
        ('', f'create table dates (id bigint primary key, event_id bigint not null, starts_at {time} not null, seats_left int not null)'),
        ('', 'create table wallets (id bigint primary key, user_id bigint not null, balance bigint not null)'),
        ('', f'create table reservations (id bigint primary key, user_id bigint not null, seat_id bigint not null, paid boolean not null, '
             f'expires_at {time} not null, price bigint not null)'),
        (f'{size["dates"]:,} dates', f"insert into events select {n}, concat('Event ', {n}) from {made.format(size['events'])}"),
        ('', f"insert into dates select {n}, 1 + {n} % {size['events']}, timestamp '{NOW}' {opening}, 50 "
             f'from {made.format(size["dates"])}'),
        (f'{rows:,} wallets', f'insert into wallets select {n}, 1 + ({n} * 7919) % {rows - 1 + rows % 2}, 1000 from {made.format(rows - 1 + rows % 2)}'),
        (f'{rows:,} reservations', f'insert into reservations select {n}, 1 + ({n} * 7919) % {size["users"]}, 1 + ({n} * 104729) % {size["seats"]}, '
                                   f'{n} % 1000 <> 0, {lapse}, 110000 from {made.format(rows)}')]


def questions(rows):
    half = rows // 2 // 1000 * 1000  # an unpaid reservation; its user and its seat are asked for, so one row answers both halves of the OR
    user, seat, event = user_of(half, rows), seat_of(half, rows), 1 + sizes(rows)['events'] // 2
    of = 'select id, user_id, seat_id from reservations'
    by_user, by_seat = Index('reservations', 'user_id'), Index('reservations', 'seat_id')
    pair = Index('reservations', 'user_id, seat_id')
    either = f'{of} where user_id = {user} or seat_id = {seat}'
    union = f'{of} where user_id = {user} union {of} where seat_id = {seat}'
    same = 'select 1 from reservations s where s.id = r.id and s.'
    exists = f'{of} r where exists ({same}user_id = {user}) or exists ({same}seat_id = {seat})'
    lapsed = f"{of} where paid = false and expires_at < timestamp '{NOW}'"
    unpaid = f'{of} where user_id = {user} and paid = false'
    wallet = f'select id, user_id, balance from wallets where user_id = {user}'
    charge = ('begin', f'select id, user_id from wallets where user_id = {user} for update',
              f'update wallets set balance = balance + 1 where user_id = {user}', 'commit')
    coming = f"d.starts_at >= timestamp '{NOW}'"
    two = (f'select distinct e.id, e.name from events e join dates d on d.event_id = e.id where e.id = {event} and {coming}',
           f'select d.id, d.event_id, d.starts_at from dates d where d.event_id in ({event}) and {coming}')
    one = (f'select d.id, d.event_id, d.starts_at, e.name from dates d join events e on e.id = d.event_id where e.id = {event} and {coming}',)
    date = sizes(rows)['dates'] // 2
    two_by_id = (f'select distinct e.id, e.name from events e join dates d on d.event_id = e.id where d.id = {date}',
                 f'select d.id, d.event_id, d.starts_at from dates d where d.id in ({date})')
    one_by_id = (f'select d.id, d.event_id, d.starts_at, e.name from dates d join events e on e.id = d.event_id where d.id = {date}',)
    of_event = Index('dates', 'event_id, starts_at')
    of_wallet = Index('wallets', 'user_id', unique=True)
    return [
        Question('either', 'Reservations by user or seat', (3300, 836), 3, [
            Variant('OR', (), (either,), 'Every row is read.'),
            Variant('OR', (pair,), (either,),
                    'A composite index is sorted by its first column: it has nothing to say of a seat, so every row (or every entry) is read.'),
            Variant('UNION', (pair,), (union,), 'The first half goes by the composite index; the second still reads everything.'),
            Variant('OR', (by_user, by_seat), (either,), 'With an index of its own for each side both are asked, and what they find is merged.'),
            Variant('UNION', (by_user, by_seat), (union,),
                    'Two look-ups, and doubles removed. No better than OR where the planner can merge two indexes by itself.'),
            Variant('EXISTS', (by_user, by_seat), (exists,), 'A rewrite that hides the indexes: the outer table is read whole, row by row.')]),
        Question('unpaid', 'Reservations of a user that are unpaid', (3555, 64), 3, [
            Variant('plain', (by_user,), (unpaid,), 'Ten rows by the index, of which the unpaid one stays.'),
            Variant('plain', (), (unpaid,), 'Every row is read.'),
            Variant('plain', (Index('reservations', 'paid'),), (unpaid,),
                    'An index of two values: it helps only because one value is rare; all unpaid rows are fetched to find one.'),
            Variant('plain', (Index('reservations', 'user_id, paid'),), (unpaid,),
                    'The entry found is the row wanted; against the single index nine fetches are saved.'),
            Variant('plain', (Index('reservations', 'paid, user_id'),), (unpaid,),
                    'The low-cardinality column first is no worse: both columns are compared with =.'),
            Variant('plain', (Index('reservations', 'user_id', where='not paid'),), (unpaid,),
                    'As quick, and a thousandth of the size: paid rows are not in it.')]),
        Question('lapsed', 'Reservations that are unpaid and lapsed', (10270, 31), 3, [
            Variant('plain', (Index('reservations', 'expires_at'),), (lapsed,), 'Nearly all rows lie in the past, so the index selects nothing.'),
            Variant('plain', (), (lapsed,), 'Every row is read.'),
            Variant('plain', (Index('reservations', 'paid'),), (lapsed,), 'All unpaid rows are fetched, ten times those wanted.'),
            Variant('plain', (Index('reservations', 'paid, expires_at'),), (lapsed,),
                    'The column compared with = first, then the range: only rows wanted are touched. Its two values do not matter.'),
            Variant('plain', (Index('reservations', 'expires_at, paid'),), (lapsed,),
                    'The range first: the second column can only filter while almost the whole index is read.'),
            Variant('plain', (Index('reservations', 'paid, expires_at', include='id, user_id, seat_id'),), (lapsed,),
                    'Covering: the rows themselves are not touched.'),
            Variant('plain', (Index('reservations', 'expires_at', where='not paid'),), (lapsed,),
                    'Partial: the unpaid rows by time, and no others.')]),
        Question('wallet', 'Wallet of a user', (57.4, 29.8), 3, [
            Variant('plain', (), (wallet,), 'Every row is read.'),
            Variant('plain', (of_wallet,), (wallet,), 'One look-up.'),
            Variant('plain', (Index('wallets', 'user_id', include='id, balance'),), (wallet,),
                    'The balance is in the index, but every charge must change it there, too.')]),
        Question('charge', 'Charge with the wallet locked', (119.4, 94.6), 2, [
            Variant('for update', (), charge, 'The row is found by reading all. InnoDB locks every row it reads, so one charge stops all others.'),
            Variant('for update', (of_wallet,), charge, 'One row is found and locked. The commit to disk is what remains.')]),
        Question('dates', 'Coming dates of an event', (9.7, 4.2), 3, [
            Variant('DISTINCT and a second SELECT', (), two, 'Both statements read all dates.'),
            Variant('one join', (), one, 'All dates are read once.'),
            Variant('DISTINCT and a second SELECT', (of_event,), two,
                    'The same range of the index twice, once only to make doubles and remove them.'),
            Variant('one join', (of_event,), one, 'One range of the index.')]),
        Question('date', 'A date by its id', (8, 3.9), 3, [
            Variant('DISTINCT and a second SELECT', (), two_by_id, 'The primary key serves both; the second statement is a second round trip.'),
            Variant('one join', (), one_by_id, 'The primary key, in one round trip.')])]


FOUR = (Index('reservations', 'user_id'), Index('reservations', 'seat_id'), Index('reservations', 'paid, expires_at'), Index('reservations', 'user_id, paid'))
