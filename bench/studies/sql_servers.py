"""PostgreSQL, MariaDB and SQLite for the studies of rows and of a queue in a table: servers of our own that can be restarted with other
settings, and a client for each with the same two calls: run() and close(). The clients use the databases' own C libraries, so that all three
are timed alike and no driver has to be installed."""
import ctypes
import ctypes.util
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))
from local_servers import PostgresServer, Process, RestartableServer

STATEMENT_TIMEOUT = 1969  # MariaDB's number of that error
SLOWEST_S = 60  # a statement that takes longer is ended, and its point says so


class TooSlow(Exception):
    """The statement was ended after SLOWEST_S."""


class SqlError(Exception):
    pass


def library(name):
    found = ctypes.util.find_library(name)
    return ctypes.CDLL(found) if found else None


def declared(owner, calls):
    """`calls` is a table of C functions: 'name result argument argument', where p is a pointer, s a string, i an int, u an unsigned, l a long."""
    kinds = {'p': ctypes.c_void_p, 's': ctypes.c_char_p, 'i': ctypes.c_int, 'u': ctypes.c_uint, 'l': ctypes.c_ulong, 'v': None}
    for line in calls.split('\n'):
        name, result, *arguments = line.split()
        getattr(owner, name).restype = kinds[result]
        getattr(owner, name).argtypes = [kinds[word] for word in arguments]
    return owner


class PostgresClient:
    """One connection of libpq. One thread at a time."""
    C = None

    def __init__(self, server, database='postgres'):
        PostgresClient.C = PostgresClient.C or declared(library('pq'), '''PQconnectdb p s
PQstatus i p
PQerrorMessage s p
PQexec p p s
PQresultStatus i p
PQresultErrorMessage s p
PQntuples i p
PQnfields i p
PQgetvalue s p i i
PQclear v p
PQfinish v p''')
        self.handle = self.C.PQconnectdb(server.url(database).encode())
        if self.C.PQstatus(self.handle):
            raise SqlError(self.C.PQerrorMessage(self.handle).decode())

    def run(self, statement):
        """The rows, as tuples of text."""
        result = self.C.PQexec(self.handle, statement.encode())
        try:
            if self.C.PQresultStatus(result) not in (1, 2):  # no rows, rows
                why = self.C.PQresultErrorMessage(result).decode()
                raise TooSlow() if 'statement timeout' in why else SqlError(f'{why}{statement}')
            columns = range(self.C.PQnfields(result))
            return [tuple(self.C.PQgetvalue(result, row, column).decode() for column in columns) for row in range(self.C.PQntuples(result))]
        finally:
            self.C.PQclear(result)

    def close(self):
        self.C.PQfinish(self.handle)


class MariaClient:
    """One connection of libmariadb. One thread at a time; other threads run meanwhile."""
    C = None

    def __init__(self, server, database='study'):
        MariaClient.C = MariaClient.C or declared(library('mariadb'), '''mysql_init p p
mysql_real_connect p p s s s s u s l
mysql_error s p
mysql_errno u p
mysql_real_query i p s l
mysql_store_result p p
mysql_num_fields u p
mysql_fetch_row p p
mysql_free_result v p
mysql_close v p''')
        self.handle = self.C.mysql_init(None)
        if not self.C.mysql_real_connect(self.handle, None, server.USER.encode(), b'', database.encode(), 0, str(server.socket).encode(), 0):
            raise SqlError(self.C.mysql_error(self.handle).decode())

    def run(self, statement):
        """The rows, as tuples of text."""
        text = statement.encode()
        failed = self.C.mysql_real_query(self.handle, text, len(text))
        result = None if failed else self.C.mysql_store_result(self.handle)
        if not result:
            if number := self.C.mysql_errno(self.handle):
                raise TooSlow() if number == STATEMENT_TIMEOUT else SqlError(f'{self.C.mysql_error(self.handle).decode()}\n{statement}')
            return []
        columns, rows = self.C.mysql_num_fields(result), []
        while row := self.C.mysql_fetch_row(result):
            values = ctypes.cast(row, ctypes.POINTER(ctypes.c_char_p))
            rows.append(tuple(None if values[i] is None else values[i].decode() for i in range(columns)))
        self.C.mysql_free_result(result)
        return rows

    def close(self):
        self.C.mysql_close(self.handle)


class SqliteClient:
    """SQLite within this process; None for its values, numbers and blobs as they are."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.create_function('answer_digest', 2, lambda user, key: None)  # the program adds it for migration 0008

    def run(self, statement, values=()):
        return self.db.execute(statement, values).fetchall()

    def close(self):
        self.db.close()


def forget(folder):
    """Takes the files of a stopped server out of the kernel's page cache. Only they: others' files stay, and no privilege is needed."""
    for path in pathlib.Path(folder).rglob('*'):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


class Postgres(PostgresServer):
    """Starts with `loading` settings; restart() gives it others."""

    def __init__(self, folder, loading):
        folder.mkdir()
        super().__init__(folder, loading)

    def restart(self, settings=(), cold=False):
        self.stop()
        if cold:
            forget(self.folder)
        options = [word for setting in ['listen_addresses=', *settings] for word in ('-c', setting)]
        Process.__init__(self, [self.bin / 'postgres', '-D', self.data, '-p', self.port, '-k', self.folder, *options], self.folder, **self.who)
        while self.psql('-c', 'select 1', check=False).returncode:
            if self.process.poll() is not None:
                raise RuntimeError('PostgreSQL did not start:\n' + self.said()[-3000:])
            time.sleep(0.02)

    def client(self, database='postgres'):
        made = PostgresClient(self, database)
        made.run(f"set statement_timeout = '{SLOWEST_S}s'")
        return made


class MariaServer(RestartableServer):
    """A MariaDB of its own, reached by a socket in its folder. `settings` as on its command line without the dashes: `name=value`."""

    def __init__(self, folder, settings=()):
        folder.mkdir()
        self.folder, self.settings, self.running = folder, settings, None
        self.socket, self.who = folder / 'socket', {}
        users = {user.pw_name: user for user in pwd.getpwall()}
        user = users.get('mysql') or users['nobody']
        if os.geteuid() == 0:
            os.chown(folder, user.pw_uid, user.pw_gid)
            self.who = {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
        self.USER = 'root'
        subprocess.run(['mariadb-install-db', '--no-defaults', f'--datadir={folder}/data', '--auth-root-authentication-method=normal',
                        '--skip-test-db', '--skip-name-resolve'], check=True, capture_output=True, cwd=folder, **self.who)

    @staticmethod
    def missing():
        """Why there is none; '' where there is."""
        return '' if MariaServer.program() and library('mariadb') else 'mariadbd is not installed (./x study rows installs it)'

    @staticmethod
    def program():
        return shutil.which('mariadbd', path=os.environ.get('PATH', '') + ':/usr/sbin')

    def start(self):
        options = [f'--{setting}' for setting in ('skip-networking', 'skip-name-resolve', 'innodb-buffer-pool-load-at-startup=0',
                                                  'innodb-buffer-pool-dump-at-shutdown=0', *self.settings)]
        self.running = Process([self.program(), '--no-defaults', f'--datadir={self.folder}/data', f'--socket={self.socket}',
                                f'--pid-file={self.folder}/pid', f'--tmpdir={self.folder}', *options], self.folder, **self.who)
        self.wait_until_it_answers('MariaDB', 120)

    def answers(self):
        try:
            MariaClient(self, 'mysql').close()
        except SqlError:
            return False
        return True

    def restart(self, settings=None, cold=False):
        self.stop()
        if cold:
            forget(self.folder / 'data')
        self.settings = self.settings if settings is None else settings
        self.start()

    def client(self, database='study'):
        made = MariaClient(self, database)
        made.run(f'set max_statement_time = {SLOWEST_S}')
        return made
