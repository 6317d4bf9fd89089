#!/usr/bin/env python3
"""The program as operators and scripts meet it: exit codes, where output goes, wrong settings (R-K1, R-K2)."""
import json
import pathlib
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import report
import server


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments, **environment):
        return server.run(*arguments, folder=self.folder, environment=environment)


class WrongSettings(InFolder):
    def test_every_fault_is_told_with_its_place_and_nothing_is_touched(self):  # R-K1
        (self.folder / 'stagedoor.toml').write_text('[http]\nlisen = "127.0.0.1:0"\n\n[lane]\nbatch_max = "9"\n')
        for command in (['serve'], ['import', 'catalogue.yaml'], ['audit'], ['backup', 'copy.db'], ['verify-config']):
            result = self.run_program(*command, '--store.url=sqlite:new.db', STAGEDOOR_LOG_LEVEL='loud')
            self.assertEqual(result.returncode, 2, command)
            self.assertEqual(result.stdout, '')
            self.assertIn('stagedoor.toml:2: unknown setting http.lisen; write listen = … under [http]', result.stderr)
            self.assertIn('stagedoor.toml:5: lane.batch_max', result.stderr)
            self.assertIn('environment STAGEDOOR_LOG_LEVEL: log.level', result.stderr)
            self.assertEqual([path.name for path in self.folder.iterdir()], ['stagedoor.toml'], command)

    def test_address_beyond_loopback_is_refused_with_the_reason(self):  # R-W8
        result = self.run_program('serve', '--http.listen=0.0.0.0:0')
        self.assertEqual(result.returncode, 2)
        self.assertIn('not loopback', result.stderr)
        self.assertIn('auth.trust_clients', result.stderr)

    def test_unknown_sub_command_and_option_end_with_code_2(self):
        for arguments in ([], ['sing'], ['serve', '--loud'], ['import']):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ''), arguments)
            self.assertNotEqual(result.stderr, '')


class RightSettings(InFolder):
    def test_verify_config_shows_origins_and_masks_secrets(self):  # R-K2
        (self.folder / 'other.toml').write_text('[http]\nthreads = 3\n')
        result = self.run_program('verify-config', '--config', 'other.toml', '--admin.keys=ops:owner:geheim',
                                  STAGEDOOR_WALLET_BALANCE_MAX='7')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertRegex(result.stdout, r'threads = 3 +# other.toml:2\n')
        self.assertRegex(result.stdout, r'balance_max = 7 +# environment STAGEDOOR_WALLET_BALANCE_MAX\n')
        self.assertRegex(result.stdout, r'keys = \["ops:owner:\*\*\*"\] +# flag --admin.keys\n')
        self.assertNotIn('geheim', result.stdout)

    def test_working_directory_is_searched_for_settings(self):  # R-K2
        (self.folder / 'stagedoor.toml').write_text('[http]\nthreads = 3\n')
        self.assertRegex(self.run_program('verify-config').stdout, r'threads = 3 +# stagedoor.toml:2\n')

    def test_help_and_version_go_to_standard_output(self):
        for arguments in (['--help'], ['serve', '--help'], ['crowd', '--help'], ['version']):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ''), arguments)
            self.assertNotEqual(result.stdout, '')

    def test_committed_openapi_is_up_to_date(self):  # R-X8
        result = self.run_program('openapi')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual((server.ROOT / 'api/openapi.json').read_text(), result.stdout, 'run ./x openapi')


def call(url, method='GET', body=None, token=None):
    """(status, the answer as JSON)."""
    headers = {'Content-Type': 'application/json', **({'Authorization': f'Bearer {token}'} if token else {})}
    request = urllib.request.Request(url, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


class Work(InFolder):
    """What an operator does with one store, through the program alone."""

    CATALOGUE = str(server.ROOT / 'demo/catalogue.yaml')

    def test_serve_listens_answers_and_ends_with_code_0(self):  # R-K1, R-O4
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}') as running:
            for path, expected in (('/healthz', b'"alive":true'), ('/readyz', b'"ready":true'), ('/metrics', b'# TYPE')):
                with urllib.request.urlopen(running.url + path, timeout=10) as answer:
                    self.assertIn(expected, answer.read(), path)
        self.assertEqual(running.exit_code, 0)

    def test_openapi_served_is_the_one_committed(self):  # R-X8
        with server.Server(self.folder) as running:
            with urllib.request.urlopen(running.url + '/openapi.json', timeout=10) as answer:
                self.assertEqual(json.load(answer), json.loads((server.ROOT / 'api/openapi.json').read_text()))

    def test_join_without_event_needs_a_default_where_several_are_on_sale(self):  # R-Q8
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}') as running:
            status, said = call(running.url + '/queue', 'POST', {'userId': str(uuid.uuid4())})
            self.assertEqual((status, said['code']), (400, 'EVENT_ID_REQUIRED'))
        with server.Server(self.folder, '--queue.default_event=2') as running:
            status, said = call(running.url + '/queue', 'POST', {'userId': str(uuid.uuid4())})
            self.assertEqual((status, said['data']['eventId']), (201, 2))

    def test_operator_calls_need_a_key_whose_role_is_high_enough(self):  # R-O1
        keys = '--admin.keys=anna:owner:secret-of-anna,gate:viewer:secret-of-the-gate'
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}', keys) as running:
            events, pause = running.url + '/admin/events', running.url + '/admin/events/1/queue/pause'
            for token in (None, 'made-up'):
                status, said = call(events, token=token)
                self.assertEqual((status, said['code']), (401, 'ADMIN_KEY_INVALID'))
            self.assertEqual(call(events, token='secret-of-the-gate')[0], 200)
            status, said = call(pause, 'POST', {}, token='secret-of-the-gate')
            self.assertEqual((status, said['code']), (403, 'FORBIDDEN'))
            self.assertEqual(call(pause, 'POST', {}, token='secret-of-anna')[0], 200)
            status, said = call(running.url + '/admin/log', token='secret-of-the-gate')
            self.assertEqual(status, 200)
            self.assertEqual(said['data'][0]['operatorName'], 'anna', said)
            self.assertNotIn('secret-of', (self.folder / 'stderr.log').read_text())

    def test_import_again_changes_nothing_and_the_audit_is_clean(self):  # R-K4, R-O3
        first, again = self.run_program('import', self.CATALOGUE), self.run_program('import', self.CATALOGUE)
        self.assertEqual((first.returncode, again.returncode), (0, 0), first.stderr + again.stderr)
        self.assertNotEqual(first.stdout, again.stdout)
        audit = self.run_program('audit')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_wrong_catalogue_is_code_2_with_its_line(self):  # R-K1, R-K4
        (self.folder / 'wrong.yaml').write_text('events:\n  - id: 1\n    nam: Night\n')
        result = self.run_program('import', 'wrong.yaml')
        self.assertEqual(result.returncode, 2)
        self.assertIn('wrong.yaml:3', result.stderr)

    def test_backup_of_a_serving_store_passes_the_audit(self):  # R-O6
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}'):
            backup = self.run_program('backup', 'copy.db')
            self.assertEqual(backup.returncode, 0, backup.stderr)
            self.assertEqual(self.run_program('backup', 'copy.db').returncode, 1, 'never over another file')
        audit = self.run_program('audit', '--store.url=sqlite:copy.db')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)


if __name__ == '__main__':
    report.main()
