#!/usr/bin/env python3
"""Holds the text of the repository to its own rules (checks.py), and shows for each rule that breaking it is noticed."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tools')]
import checks
import report


def files_of_repository():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    folders = {'build', 'var', 'node_modules', '.git'}  # an unpacked archive
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob('*')
            if path.is_file() and not folders & set(path.relative_to(ROOT).parts)]


class Repository(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tree = checks.Tree(ROOT, files_of_repository())

    def test_long_files_are_listed(self):
        for line in checks.long_files(self.tree):
            print(f'worth a look: {line}')

    def test_form_is_that_of_clang_format(self):
        if not shutil.which('clang-format'):
            self.skipTest('clang-format is not installed')
        names = list(self.tree.select(checks.CPP))
        run = subprocess.run(['clang-format', '--dry-run', '-Werror', *names], cwd=ROOT, capture_output=True, text=True)
        wrong = sorted({line.split(':')[0] for line in run.stderr.splitlines() if ': error:' in line})
        self.assertEqual(wrong, [], 'run ./x format')
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_erd_is_up_to_date(self):  # R-X10
        import erd
        self.assertEqual((ROOT / 'docs/erd.md').read_text(), erd.document(), 'run ./x docs')


def holds(check):
    def test(self):
        self.assertEqual([], check(self.tree))
    return test


for each in checks.CHECKS:
    setattr(Repository, f'test_{each.__name__}', holds(each))


class PlantedFault(unittest.TestCase):
    """Each rule, broken once in a tree of its own: the finding names the place."""

    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in files.items():
            path = pathlib.Path(folder.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return checks.Tree(folder.name, files)

    def assert_finds(self, check, files, *places):
        self.assertEqual([finding.split(': ')[0] for finding in check(self.tree(files))], list(places))

    def test_include_against_the_direction(self):
        self.assert_finds(checks.include_directions, {
            'src/core/a.h': '#include "engine/lane.h"\n',
            'src/engine/a.h': '#include "core/ids.h"\n#include "http/types.h"\n',
            'src/adapters/sqlite/a.h': '#include "adapters/memory/a.h"\n#include "adapters/reports/audit_report.h"\n',
            'src/adapters/tables/rows.h': '#include "adapters/reports/audit_report.h"\n',
            'src/modules/wallet/model.cpp': '#include "http/types.h"\n',
            'src/modules/wallet/http.cpp': '#include "http/types.h"\n',
            'src/api/call.h': '#include "http/types.h"\n#include "modules/queue/room.h"\n',
            'src/modules/identity/identity.h': '#include "http/types.h"\n#include "jwt/verify.h"\n',
            'src/modules/queue/turn.cpp': '#include "jwt/verify.h"\n',
            'src/jwt/keys.h': '#include "json/parse.h"\n#include "adapters/jwks/load.h"\n',
            'src/adapters/jwks/load.cpp': '#include "adapters/outgoing/request.h"\n#include "jwt/keys.h"\n#include "adapters/webhook/a.h"\n',
            'src/adapters/outgoing/request.cpp': '#include "adapters/jwks/load.h"\n',
            'src/modules/queue/turn.h': '#include "http/types.h"\n',
            'src/modules/queue/room.h': '#include "http/types.h"\n',
            'src/modules/wallet/jobs.cpp': '#include "modules/payment/model.h"\n',
            'src/modules/payment/jobs.cpp': '#include "modules/wallet/model.h"\n#include "app/config/config.h"\n',
            'src/app/config/secrets.cpp': '#include "core/ids.h"\n#include "ports/clock.h"\n',
            'src/app/instance/open_store.cpp': '#include "adapters/sqlite/a.h"\n#include "app/commands/cli.h"\n',
            'src/app/instance/instance.h': '#include "http/router.h"\n#include "http/server.h"\n#include "app/instance/open_store.h"\n',
            'src/app/commands/audit.cpp': '#include "app/instance/open_store.h"\n#include "adapters/sqlite/a.h"\n',
        }, 'src/adapters/jwks/load.cpp:3', 'src/adapters/outgoing/request.cpp:1', 'src/adapters/sqlite/a.h:1', 'src/adapters/tables/rows.h:1', 'src/api/call.h:2', 'src/app/commands/audit.cpp:2',
            'src/app/config/secrets.cpp:2', 'src/app/instance/instance.h:2', 'src/app/instance/instance.h:3',
            'src/app/instance/open_store.cpp:2', 'src/core/a.h:1', 'src/engine/a.h:2', 'src/jwt/keys.h:2',
            'src/modules/payment/jobs.cpp:2', 'src/modules/queue/room.h:1', 'src/modules/queue/turn.cpp:1', 'src/modules/queue/turn.h:1', 'src/modules/wallet/jobs.cpp:1', 'src/modules/wallet/model.cpp:1')

    def test_clock_or_chance_in_a_model(self):
        self.assert_finds(checks.models_are_pure, {
            'src/modules/queue/model.cpp': '#include <random>\nauto t = std::chrono::system_clock::now();\n',
            'src/modules/queue/jobs.cpp': 'auto t = clock.now();\n',
        }, 'src/modules/queue/model.cpp:1', 'src/modules/queue/model.cpp:2')

    def test_beast_outside_http(self):
        line = '#include <boost/beast/http.hpp>\n'
        self.assert_finds(checks.beast_only_in_http, {'src/http/server.cpp': line, 'src/app/a.cpp': '\n' + line},
                          'src/app/a.cpp:2')

    def test_beast_in_a_third_file(self):
        line = '#include <boost/beast/http.hpp>\n'
        self.assert_finds(checks.beast_only_in_http, {f'src/http/{name}.cpp': line for name in 'abc'}, 'src/http/c.cpp:1')

    def test_client_of_kafka_elsewhere(self):
        line = '#include <librdkafka/rdkafka.h>\n'
        self.assert_finds(checks.kafka_client_in_one_folder, {
            f'src/adapters/kafka/{name}': line for name in ('kafka_sink.cpp', 'kafka_sink_test.cpp', 'kafka_sink.h')},
            'src/adapters/kafka/kafka_sink.h:1')

    def test_coroutine_elsewhere(self):
        self.assert_finds(checks.coroutines_only_in_connection, {
            'src/http/connection.cpp': 'co_await read();\n', 'src/app/a.cpp': '// no co_await here\nco_return;\n'}, 'src/app/a.cpp:2')

    def test_lock_of_the_rooms_elsewhere(self):
        text = '#include <mutex>\nstd::lock_guard lock(m);  // held\nGuarded<Room> room;\n// Guarded and std::mutex\nMutexLock lock(m);\n'
        self.assert_finds(checks.one_mutex_file_of_the_rooms, {
            'src/modules/queue/room_registry.h': text, 'src/modules/queue/http_public.cpp': text, 'src/app/a.cpp': text,
            'src/modules/queue/rooms_test.cpp': text, 'src/modules/queue/rooms.cpp': text},
            *(f'src/modules/queue/rooms.cpp:{line}' for line in (1, 2, 3, 5)))

    def test_namespace_of_another_folder(self):
        self.assert_finds(checks.one_namespace_a_folder, {
            'src/core/a.h': 'namespace stagedoor {\n', 'src/core/b.h': 'namespace stagedoor::core {\n',
            'src/state/rows/a.h': 'namespace stagedoor {\n', 'src/json/a.h': 'namespace stagedoor::json::detail {\n',
            'src/modules/queue/a.h': 'namespace stagedoor {\n', 'src/modules/operator/a.h': 'namespace stagedoor::operators {\n',
            'src/modules/queue/a.cpp': '#include "a.h"\nnamespace stagedoor::wallet {\n', 'src/modules/queue/a_test.cpp': 'namespace stagedoor {\n'},
            'src/core/b.h:1', 'src/modules/queue/a.cpp:2', 'src/modules/queue/a.h:1')

    def test_sql_in_code(self):
        self.assert_finds(checks.no_sql_in_code, {
            'src/adapters/sqlite/a.cpp': 'f("select id from seats");\nf("insert or ignore into t values (1)");\n'
                                         'f("UPDATE t SET a = 1");\nf("nothing from selection");\n',
            'src/adapters/sqlite/a_test.cpp': 'f("DELETE FROM seats");\n',
        }, *(f'src/adapters/sqlite/a.cpp:{line}' for line in (1, 2, 3)))

    def test_secret_compared_elsewhere(self):
        faults = ('if (CRYPTO_memcmp(a, b, 32) == 0) f();', 'if (std::memcmp(a, b, 4)) f();', 'return strcmp(a, b);', 'if (key.secret == given) f();',
                  'if (secret_ != given) f();', 'if (given == options.gateway_secret) f();', 'return mac() == other;', 'if (given != proof->signature) f();')
        fine = ('if (secret == Secret::whole) f();', 'if (mac != nullptr) f();', 'if (secret == "") f();', 'std::memcpy(a, b, 4);', 'if (n == secret.size()) f();',
                '// secret == given', 'if (size == secret_size) f();', 'auto secret = given;')
        text = ''.join(line + '\n' for line in faults + fine)
        self.assert_finds(checks.secrets_are_compared_in_one_file, {
            'src/core/same_secret.cpp': text, 'src/core/a_test.cpp': text, 'tests/a.cpp': text, 'src/core/a.cpp': text},
            *(f'src/core/a.cpp:{line}' for line in range(1, len(faults) + 1)))

    def test_status_compared_outside_http(self):
        text = 'if (answer.status >= 500) retry();\nif (row.status == ReservationStatus::PAID) f();\n// status == 503\n'
        more = 'return answer.status != kNothingWasDone;\nif (reply.status()<300) f();\n'
        self.assert_finds(checks.refusals_are_told_by_code, {
            'src/modules/queue/http.cpp': text, 'src/app/a.cpp': more, 'src/http/a.cpp': text, 'src/crowd/a.cpp': text,
            'src/app/a_test.cpp': text}, 'src/app/a.cpp:1', 'src/app/a.cpp:2', 'src/modules/queue/http.cpp:1')

    def test_header_without_its_job(self):
        self.assert_finds(checks.files_say_their_job, {'src/core/a.h': '#pragma once\n', 'src/core/b.h': '// Ids.\n'},
                          'src/core/a.h:1')

    def test_file_too_long(self):
        self.assert_finds(checks.files_are_short, {'src/core/a.cpp': '\n' * 601, 'src/core/b.cpp': '\n' * 600,
                                                   'src/core/a_test.cpp': '\n' * 601}, 'src/core/a.cpp:601')

    def test_function_too_long(self):
        def body(lines, margin=''):
            return f'\n{margin}  f();' * (lines - 2) + f'\n{margin}}}\n'
        free = 'namespace n {\n\nvoid f(int a,\n       int b) {' + body(99) + '\nvoid g() {' + body(100) + '\n}  // namespace n\n'
        self.assert_finds(checks.functions_are_short, {
            'src/core/a.cpp': free, 'src/core/b.cpp': free.replace('int b)', 'int b,\n       int c)'),
            'src/core/c.h': 'class C {\n public:\n  // Job.\n  void f() {' + body(101, '  ') + '};\n',
            'src/core/d.cpp': 'int f() try {' + body(60).rstrip('}\n') + '\n} catch (int) {' + body(60),
            'src/core/e.cpp': 'Table settings_of() {' + body(200),
            'src/core/a_test.cpp': 'void f() {' + body(200),
        }, 'src/core/b.cpp:3', 'src/core/c.h:4', 'src/core/d.cpp:1')

    def test_path_of_one_machine(self):
        self.assert_finds(checks.no_absolute_paths, {'docs/a.md': 'see\n/ho' 'me/me/notes\n', 'docs/b.md': 'src/work/x\n'},
                          'docs/a.md:2')

    def test_open_work_without_issue(self):
        self.assert_finds(checks.open_work_has_an_issue, {'src/a.cpp': '// TO' 'DO later\n// TO' 'DO(#7) later\n'}, 'src/a.cpp:1')

    def test_link_to_nowhere(self):
        self.assert_finds(checks.links_resolve, {
            'docs/a.md': '# One\n[a](b.md) [b](c.md) [c](#one) [d](#two)\n[e](../README.md#top) [f](https://example.org/x)\n'
                         '```\n[g](nowhere.md)\n```\n',
            'docs/b.md': '', 'README.md': '# Bottom\n'}, 'docs/a.md:2', 'docs/a.md:2', 'docs/a.md:3')

    def test_named_file_that_is_not_there(self):
        self.assert_finds(checks.named_files_exist, {'a.md': '`src/a.cpp`, `src/*.cpp`, `src/b.cpp`\n', 'src/a.cpp': ''}, 'a.md:1')

    def test_catalogue_field_without_a_word(self):
        self.assert_finds(checks.catalogue_fields_are_documented, {
            'src/modules/catalogue/document.h': 'BOOST_DESCRIBE_STRUCT(A, (), (id,\n name))\nBOOST_DESCRIBE_STRUCT(B, (), (from))\n',
            'docs/catalogue.md': '`id` and `from`\n'}, 'docs/catalogue.md:1')

    def test_limit_of_an_unknown_setting(self):
        self.assert_finds(checks.limits_name_settings_that_exist, {
            'docs/limits.md': '| a | `http.threads` |\n| b | `http.treads` |\n', 'docs/configuration.md': '| `http.threads` | `0` |\n'},
            'docs/limits.md:2')

    def test_claim_without_test(self):  # R-X9
        table = '# S\n| id | state | what |\n|---|---|---|\n'
        tests = {'src/a_test.cpp': '// R-K1–R-K3\nTEST(A, b_R_Q1) {}\n', 'src/a.cpp': '// R-Q2\n'}
        self.assert_finds(checks.claims_are_tested, {
            **tests, 'README.md': table + '| R-Q1 | done | |\n| R-Q2 | done | |\n| R-Q3 | later | |\n| R-K2, K3 | partly | |\n'
                                          '| R-Q4 | great | |\n| R-K3–K4 | done | |\n'}, 'README.md:5', 'README.md:8', 'README.md:9')
        self.assert_finds(checks.claims_are_tested, {**tests, 'README.md': '# S\n'}, 'README.md:1')

    def test_witness_that_is_not_there(self):
        self.assert_finds(checks.named_tests_exist, {
            'src/a_test.cpp': 'TEST(A, is_there) {}\n', 'docs/invariants.md': '`A.is_there`,\n`A.is_not_there`\n'},
            'docs/invariants.md:2')

    def test_constraint_without_test(self):  # R-X9
        self.assert_finds(checks.constraints_are_tested, {
            'src/core/refusal.h': 'BOOST_DEFINE_ENUM_CLASS(Code, GONE,\n LOST)\n', 'tests/a_test.py': 'def test_there(self):\n',
            'README.md': '| R-S1 | done | |\n| R-S2 | done | |\n| R-S3 | later | |\n| R-L1 | done | |\n',
            'docs/constraints.md': '| id | constraint | tests |\n|---|---|---|\n| R-S1 | `GONE` it is | `test_there`, `A.b_c` |\n'
                                   '| R-S1 | `lost` | `test_away` |\n| R-S1 | x | none |\n'},
            'docs/constraints.md:4', 'docs/constraints.md:5', 'docs/constraints.md:1', 'docs/constraints.md:1')

    def test_diagram_missing(self):
        found = checks.diagrams_are_there(self.tree({
            'docs/erd.md': '```mermaid\nerDiagram\n```\n', 'docs/use-cases.md': '```mermaid\nflowchart LR\n```\n',
            'docs/milestones.md': '```mermaid\npie\n```\n',
            'docs/sequences.md': '## Join\n```mermaid\nsequenceDiagram\n```\n## Poll\ntext\n'}))
        self.assertIn('docs/milestones.md:1: no Mermaid timeline', found)
        self.assertIn('docs/sequences.md:1: no sequenceDiagram under "## Poll"', found)
        self.assertNotIn('docs/sequences.md:1: no sequenceDiagram under "## Join"', found)
        self.assertFalse([finding for finding in found if 'erd' in finding or 'use-cases' in finding])

    def test_twin_that_lags_behind(self):
        english = '# A\n## B\n```bash\nls\n```\n| R-Q1 | done | x |\n'
        self.assert_finds(checks.twin_readme_matches, {'README.md': english, 'README.ko.md': english.replace('x', 'y')})
        for wrong in (english.replace('## B\n', ''), english.replace('ls', 'ps'), english.replace('done', 'later')):
            self.assert_finds(checks.twin_readme_matches, {'README.md': english, 'README.ko.md': wrong}, 'README.ko.md:1')


class Totals(unittest.TestCase):
    """The closing line of ./x test counts cases, and a crash is a failure."""

    def totals(self, files):
        import test_totals
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        stage = pathlib.Path(folder.name) / 'dev' / 'results'
        stage.mkdir(parents=True)
        for name, text in files.items():
            (stage / name).write_text(text)
        totals = test_totals.Totals()
        test_totals.add_stage(totals, stage)
        return totals.passed, totals.failed, totals.skipped

    TESTS = '{"tests": [{"name": "core", "command": ["/b/core_test"]}, {"name": "x", "command": ["/b/x.sh"]}]}'
    CASE = '<testcase name="%s" classname="A" status="run">%s</testcase>'

    def test_cases_of_a_program_are_counted_one_by_one(self):
        cases = self.CASE % ('a', '') + self.CASE % ('b', '<failure/>') + self.CASE % ('c', '<skipped message="f:1&#10;no disk"/>')
        self.assertEqual(self.totals({
            'tests.json': self.TESTS, 'core_test.xml': f'<t>{cases}</t>',
            'ctest.xml': '<t><testcase name="core" status="fail"><failure/></testcase><testcase name="x" status="run"/></t>'}),
            (2, ['dev: A.b'], [('dev: A.c', 'no disk')]))

    def test_crash_counts_as_a_failure(self):
        for xml in ({}, {'core_test.xml': '<t><testcase name="cut'}, {'core_test.xml': f"<t>{self.CASE % ('a', '')}</t>"}):
            _, failed, _ = self.totals({
                'tests.json': self.TESTS, **xml,
                'ctest.xml': '<t><testcase name="core" status="fail"><failure/></testcase></t>'})
            self.assertEqual(len(failed), 1, xml)

    def test_stage_that_does_not_build_is_a_failure(self):
        self.assertEqual(self.totals({'stage-failed': 'build\n'}), (0, ['dev: build'], []))

    def test_script_that_skips_says_why(self):
        _, _, skipped = self.totals({
            'tests.json': self.TESTS,
            'ctest.xml': '<t><testcase name="x" status="notrun"><skipped/><system-out>no npm\n</system-out></testcase></t>'})
        self.assertEqual(skipped, [('dev: x', 'no npm')])

    def test_skipped_case_fails_on_a_ci_server_unless_it_is_listed(self):
        cases = ''.join(f'<testcase name="{name}" classname="{group}" status="run"><skipped message="no disk"/></testcase>'
                        for group, name in (('FullDisk', 'a'), ('Instances', 'b')))
        cases += self.CASE % ('c', '')
        for ci, code, last in (('true', 1, '1 passed, 1 failed, 1 skipped'), ('', 0, '1 passed, 0 failed, 2 skipped')):
            with tempfile.TemporaryDirectory() as folder:
                stage = pathlib.Path(folder) / 'dev' / 'results'
                stage.mkdir(parents=True)
                (stage / 'tests.json').write_text(self.TESTS)
                (stage / 'core_test.xml').write_text(f'<t>{cases}</t>')
                (stage / 'ctest.xml').write_text('<t><testcase name="core" status="run"/></t>')
                run = subprocess.run([sys.executable, ROOT / 'tools/test_totals.py', stage], env={'CI': ci}, capture_output=True,
                                     text=True)
            self.assertEqual((run.returncode, run.stdout.splitlines()[-1]), (code, last), run.stdout + run.stderr)
            self.assertEqual('FAILED dev: Instances.b was skipped, because no disk' in run.stdout, ci == 'true')


if __name__ == '__main__':
    report.main()
