#!/usr/bin/env python3
"""The pages in a real browser: Debian's Chromium, driven by playwright-core (package.json here, fetched by ./x test)."""
import concurrent.futures
import datetime
import inspect
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'identity')]
import deployment
import fan
import report
import server

KEY = 'browser-test-key-0123456789'
KEYS = ','.join([f'olga:owner:{KEY}', *(f'{role}:{role}:{KEY}-{role}' for role in ('operator', 'viewer', 'gate'))])
CATALOGUE = '''
layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
'''


def missing():
    """Why the tests cannot run here; '' if they can."""
    if not shutil.which('chromium'):
        return 'chromium is not installed'
    if not shutil.which('node'):
        return 'nodejs is not installed'
    if not (HERE / 'node_modules/playwright-core').is_dir():
        return 'playwright-core is not there: ./x test fetches it'
    return ''


# Events of the pages: 1 to buy, 2 with one person inside at a time, 3 with short holds, 4 with a draw, 5 opens later, 6 with one
# seat, 7 in sections, 9 for a crowd, 10 with short turns.
FAN_CATALOGUE = '''
layouts:
  club: {seats: 50, category: Standard}
  single: {seats: 1, category: Standard}
  hall:
    sections:
      - {name: A, rows: 6, seats_per_row: 20, category: VIP}
      - {name: B, rows: 8, seats_per_row: 30, category: Regular}
      - {name: C, rows: 6, seats_per_row: 30, category: Balcony}
events:
  - id: 1
    name: Winter Club Night
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: &open {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: &quick {admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s}
    policy: {refund_until: 2096-01-01T00:00:00Z}
    dates: [{id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}]
  - id: 2
    name: Three Evenings in the Hall
    performer: The Prompters
    venue: Stagedoor Hall
    on_sale: *open
    queue: {admission: capacity, capacity: 1, active_ttl: 10m, poll_min: 0s}
    dates:
      - {id: 2, starts_at: 2096-03-07T19:30:00+09:00, layout: hall, prices: {VIP: 198000, Regular: 132000, Balcony: 88000}}
      - {id: 20, starts_at: 2096-03-08T19:30:00+09:00, layout: hall, prices: {VIP: 198000, Regular: 132000, Balcony: 88000}}
  - id: 3
    name: A Short Breath
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: *open
    queue: *quick
    policy: {hold_ttl: 3s}
    dates: [{id: 3, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 100000}}]
  - id: 4
    name: By Lot
    performer: House Lights
    venue: Stagedoor Arena
    on_sale: {from: LATER, until: 2096-01-01T00:00:00Z}
    queue: {order: draw, gather_from: 2020-01-01T00:00:00Z, poll_min: 0s}
    dates: [{id: 4, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 100000}}]
  - id: 5
    name: Not Yet
    performer: House Lights
    venue: Stagedoor Arena
    on_sale: {from: LATER, until: 2096-01-01T00:00:00Z}
    dates: [{id: 5, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 100000}}]
  - id: 6
    name: For One
    performer: The Prompters
    venue: Stagedoor Club
    on_sale: *open
    queue: {admission: capacity, capacity: 1, active_ttl: 10m, poll_min: 0s}
    policy: {refund_until: 2096-01-01T00:00:00Z}
    dates: [{id: 6, starts_at: 2096-02-01T19:00:00+09:00, layout: single, prices: {Standard: 1000}}]
  - id: 7
    name: Opening Night
    performer: The Prompters
    venue: Stagedoor Hall
    on_sale: *open
    queue: *quick
    policy: {refund_until: 2096-01-01T00:00:00Z}
    dates: [{id: 7, starts_at: 2096-03-07T19:30:00+09:00, layout: hall, prices: {VIP: 198000, Regular: 132000, Balcony: 88000}}]
  - id: 10
    name: Short Turns
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: *open
    queue: {admission: capacity, capacity: 100, active_ttl: 5s, poll_min: 0s}
    dates: [{id: 10, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 100000}}]
  - id: 9
    name: With the Crowd
    performer: The Prompters
    venue: Stagedoor Hall
    on_sale: *open
    queue: {admission: both, people: 40, every: 1s, capacity: 30, active_ttl: 1m}
    dates: [{id: 9, starts_at: 2096-03-07T19:30:00+09:00, layout: hall, prices: {VIP: 198000, Regular: 132000, Balcony: 88000}}]
'''

# A date of which 2,500 seats are sold, and another one of the same event.
ARENA = '''
layouts:
  arena: {seats: 20000, category: Standard}
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Arena Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 25, active_ttl: 30m, poll_min: 0s}
    policy: {seats_per_user: 100, hold_ttl: 30m}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: arena, prices: {Standard: 1000}}
      - {id: 2, starts_at: 2096-02-02T19:00:00+09:00, layout: club, prices: {Standard: 1000}}
'''


def fan_catalogue():
    now = datetime.datetime.now(datetime.timezone.utc)
    return FAN_CATALOGUE.replace('LATER', (now + datetime.timedelta(hours=2)).strftime('%Y-%m-%dT%H:%M:%SZ'))


def missing_pages():
    """Why the tests of the pages cannot run here; '' if they can."""
    if not missing() and not (HERE / 'node_modules/axe-core').is_dir():
        return 'axe-core is not there: ./x test fetches it'
    made = server.ROOT / 'build/web/pages.bin'
    if not made.is_file() or not made.stat().st_size:
        return 'the pages are not built: ./x test builds them'
    return missing()


SCENARIOS = ('before_buying', 'while_buying', 'waiting', 'buying', 'draw', 'lapse', 'looks', 'network', 'reload', 'mouse', 'keyboard', 'two_fans',
             'keyboard_console', 'best', 'sleep', 'sign_in_answers', 'crowd', 'memory', 'size', 'cancelled_date', 'console_roles', 'console', 'console_looks', 'gate',
             'camera', 'whole_sale')
CROWD = ('--event', '9', '--fans', '300', '--rate', '60', '--think', '100ms')


def run_in_browser(name, *arguments):
    return subprocess.run(['node', 'pages/run.mjs', name, *arguments], cwd=HERE, capture_output=True, text=True, timeout=120)


def run_scenario(name):
    """(exit code, output) of a scenario against a server of its own; cancelled_date starts and kills it by itself."""
    with tempfile.TemporaryDirectory() as folder:
        if name == 'cancelled_date':
            (pathlib.Path(folder) / 'catalogue.yaml').write_text(ARENA)
            result = run_in_browser(name, f'http://127.0.0.1:{server.free_port()}', KEY, server.BINARY, folder)
            return result.returncode, result.stdout + result.stderr
        (pathlib.Path(folder) / 'catalogue.yaml').write_text(fan_catalogue())
        with server.Server(folder, '--catalogue.file=catalogue.yaml', f'--admin.keys={KEYS}') as running:
            crowd = name == 'crowd' and subprocess.Popen([server.BINARY, 'crowd', '--url', running.url, *CROWD], stdout=subprocess.PIPE,
                                                         stderr=subprocess.STDOUT, text=True)
            result = run_in_browser(name, running.url, KEY)
            said, code = (crowd.communicate(timeout=60)[0], crowd.returncode) if crowd else ('', 0)
    return result.returncode or code, result.stdout + result.stderr + said


def needed(name):
    """Whether the command line asks for this scenario: browser_test.py [FanPages.test_…]."""
    asked = [inspect.getsource(getattr(FanPages, word.split('.')[1])) for word in sys.argv[1:] if word.startswith('FanPages.test_')]
    return not asked or any(f"'{name}'" in source or 'SCENARIOS' in source for source in asked)


def states():
    """The states of the pages that docs/pages.md lists."""
    listed = (server.ROOT / 'docs/pages.md').read_text().split('## States\n')[1].split('\n## ')[0]
    rows = [line.split('|')[1:3] for line in listed.splitlines() if line.startswith('| `')]
    return {f'{page.strip(" `")}-{state}' for page, named in rows for state in re.findall(r'`([a-z-]+)`', named)}


@unittest.skipIf(missing_pages(), missing_pages())
class FanPages(unittest.TestCase):
    """The pages, one scenario of pages/ each. STAGEDOOR_PICTURES=FOLDER keeps a picture of every state."""

    @classmethod
    def setUpClass(cls):
        """Most of a scenario is waiting, so some go on at once."""
        cls.workers = concurrent.futures.ThreadPoolExecutor(3)
        cls.results = {name: cls.workers.submit(run_scenario, name) for name in SCENARIOS if needed(name)}

    @classmethod
    def tearDownClass(cls):
        cls.workers.shutdown()

    def go_through(self, scenario):
        code, output = self.results[scenario].result()
        self.assertEqual(code, 0, output)

    def test_a_seat_is_bought_and_given_back_with_the_mouse(self):  # R-U3, R-U5, R-U6, R-U7, R-U12
        self.go_through('mouse')

    def test_a_seat_is_bought_with_the_keyboard_alone(self):  # R-U9
        self.go_through('keyboard')

    def test_console_and_check_in_are_worked_with_the_keyboard_alone(self):  # R-U8, R-U9, R-P9
        self.go_through('keyboard_console')

    def test_two_fans_compete_for_one_seat(self):  # R-U5
        self.go_through('two_fans')

    def test_the_best_seats_together_are_found(self):  # R-U5
        self.go_through('best')

    def test_a_hold_lapses_while_the_fan_pays(self):  # R-U6
        self.go_through('lapse')

    def test_the_network_goes_and_comes_back(self):  # R-U4, R-U6
        self.go_through('network')

    def test_nothing_is_lost_by_reloading_at_any_step(self):  # R-U4
        self.go_through('reload')

    def test_ten_minutes_of_sleep_lose_nothing(self):  # R-U4, R-U6
        self.go_through('sleep')

    def test_waiting_says_what_is_so_in_every_state(self):  # R-U4, R-U9
        self.go_through('waiting')

    def test_buying_says_what_is_so_in_every_state(self):  # R-U5, R-U6, R-U7, R-U9
        self.go_through('buying')

    def test_the_states_before_buying_are_drawn(self):  # R-U3, R-U4, R-U9
        self.go_through('before_buying')

    def test_the_states_while_buying_are_drawn(self):  # R-U5, R-U6, R-U7, R-U9
        self.go_through('while_buying')

    def test_axe_has_seen_every_state_in_both_themes(self):  # R-U9
        said = ''.join(self.results[name].result()[1] for name in SCENARIOS)
        seen = set(re.findall(r'^seen (\S+) (light|dark)$', said, re.MULTILINE))
        self.assertEqual(seen, {(state, theme) for state in states() for theme in ('light', 'dark')})

    def test_an_hour_of_waiting_leaves_nothing_in_the_page(self):  # R-U10: ten minutes here, the hour in ./x bench web
        self.go_through('memory')

    def test_a_draw_can_be_checked_by_those_in_it(self):  # R-U4
        self.go_through('draw')

    def test_a_refused_proof_leads_to_the_sign_in(self):  # R-U9, R-U12
        self.go_through('sign_in_answers')

    def test_a_person_buys_among_a_crowd(self):  # R-U4, R-U5, R-U6
        self.go_through('crowd')

    def test_every_page_is_readable_in_each_language_theme_and_width(self):  # R-U2, R-U9, R-U11
        self.go_through('looks')

    def test_a_sale_is_run_from_the_console(self):  # R-U8, R-U9, R-O1, R-O2
        self.go_through('console')

    def test_each_control_of_the_console_is_shown_to_its_roles(self):  # R-O1, R-U8
        self.go_through('console_roles')

    def test_the_console_is_readable_in_each_language_theme_and_width(self):  # R-U2, R-U8, R-U9
        self.go_through('console_looks')

    def test_a_date_is_cancelled_from_the_console_through_a_kill(self):  # R-O1, R-U7, R-U8, R-W5
        self.go_through('cancelled_date')

    def test_tickets_are_checked_at_the_door_with_and_without_network(self):  # R-P7, R-P9, R-U7
        self.go_through('gate')

    def test_a_whole_sale_is_run_from_the_console_to_the_last_ticket_at_the_door(self):  # R-U8, R-O1, R-O2, R-P7, R-P9
        self.go_through('whole_sale')

    def test_a_ticket_is_read_by_the_camera(self):  # R-P9
        self.go_through('camera')

    def test_the_waiting_page_is_small_and_says_something_without_scripts(self):  # R-U1, R-U4, R-U10
        self.go_through('size')


@unittest.skipIf(missing_pages() or deployment.missing(), missing_pages() or deployment.missing())
class SignIn(unittest.TestCase):
    """The pages at deploy/identity, as docs/identity.md has it."""

    def test_fans_sign_in_with_openid_connect_at_a_real_provider(self):  # R-U12, R-W8
        with tempfile.TemporaryDirectory() as folder, deployment.Run(folder) as run:
            site, login, behind = (run.url(there) for there in (deployment.SITE, deployment.LOGIN, deployment.SERVER))
            result = run_in_browser('sign_in', site, fan.KEY, login, behind)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


@unittest.skipUnless((server.ROOT / 'web/node_modules/vitest').is_dir(), 'Vitest is not there: ./x test fetches it')
class PagesUnits(unittest.TestCase):
    def test_pure_parts_hold(self):  # R-U2, R-U4, R-U5, R-U8, R-U12, R-P7, R-P9
        result = subprocess.run(['node_modules/.bin/vitest', 'run'], cwd=server.ROOT / 'web', capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


@unittest.skipIf(missing(), missing())
class SwaggerPage(unittest.TestCase):
    def test_a_seat_is_bought_with_authorize_and_try_it_out(self):  # R-X8
        if not (pathlib.Path(server.BINARY).parent / 'share/swagger/swagger-ui-bundle.js').is_file():
            self.skipTest('Swagger UI is not there: ./x test fetches it')
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / 'catalogue.yaml').write_text(CATALOGUE)
            with server.Server(folder, '--catalogue.file=catalogue.yaml', f'--admin.keys=olga:owner:{KEY}') as running:
                result = subprocess.run(['node', 'buy_in_swagger.mjs', running.url, KEY], cwd=HERE, capture_output=True, text=True,
                                        timeout=180)
            log = (pathlib.Path(folder) / 'stderr.log').read_text()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr + log)


if __name__ == '__main__':
    report.main()
