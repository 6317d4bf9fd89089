#!/usr/bin/env python3
"""CONTRIBUTING.md and docs/hacking.md keep their word: the patches of the tutorial apply to this tree, and the programs, tests and
functions they name are there. STAGEDOOR_TEST_LONG=1: the tutorial's test fails without its rule, and passes with it."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('STAGEDOOR_TEST_BUILD', ROOT / 'build/dev'))
PAGES = ['CONTRIBUTING.md', 'docs/hacking.md']

sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests/tidy')]
import checks
import report


def blocks(language, pages=PAGES):
    return [block for page in pages for block in checks.code_blocks((ROOT / page).read_text(), language)]


def sources(*endings):
    return [path for folder in ('src', 'tests') for ending in endings for path in (ROOT / folder).rglob(f'*{ending}')]


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = pathlib.Path(folder.name)
        self.patches = blocks('diff', ['CONTRIBUTING.md'])

    def apply(self, patches):
        for patch in patches:
            for name in re.findall(r'^--- a/(.*)$', patch, re.MULTILINE):
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                (self.copy / name).write_text((ROOT / name).read_text())
            done = subprocess.run(['git', 'apply', '-'], cwd=self.copy, input=patch, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f'{patch}\n{done.stderr}')

    def test_patches_apply_to_this_tree(self):
        self.assertGreaterEqual(len(self.patches), 3)
        self.apply(self.patches)

    if os.environ.get('STAGEDOOR_TEST_LONG'):  # it compiles
        def test_new_row_fails_without_the_rule_and_passes_with_it(self):
            self.apply(self.patches)
            program = re.search(r'build/dev/(\S+_test)', '\n'.join(blocks('bash', ['CONTRIBUTING.md'])))[1]
            commands = subprocess.run(['ninja', '-C', BUILD, '-t', 'commands', program], capture_output=True, text=True,
                                      check=True).stdout.splitlines()
            (test, test_object), (rule, _) = (self.compile(changed, commands) for changed in sorted(
                self.copy.rglob('*.cpp'), key=lambda path: not path.name.endswith('_test.cpp')))

            def result_with(objects):  # what a library has is left there when an object has it
                link = commands[-1].replace(f' {test_object} ', f' {objects} ').replace(f'-o {program} ', f'-o {self.copy}/program ')
                subprocess.run(link, shell=True, cwd=BUILD, check=True)
                return subprocess.run([self.copy / 'program'], capture_output=True, text=True, timeout=60)
            before, after = result_with(test), result_with(f'{test} {rule}')
            self.assertIn('the performance begins in thirty seconds', before.stdout)
            self.assertEqual(before.stdout.count(': Failure'), 1, before.stdout)
            self.assertEqual(after.returncode, 0, after.stdout)

    def compile(self, changed, commands):
        """Compiles this copy as the build compiles the original; the new object, and that of the build."""
        words, = (words for line in commands if (words := shlex.split(line))[-1] == str(ROOT / changed.relative_to(self.copy)))
        output, depends = words.index('-o') + 1, words.index('-MD')
        made, words[output], words[-1] = words[output], str(changed.with_suffix('.o')), str(changed)
        del words[depends:depends + 5]  # -MD -MT … -MF …
        subprocess.run(words, cwd=BUILD, check=True)
        return changed.with_suffix('.o'), made


class Names(unittest.TestCase):
    """Of what the commands on the pages run."""

    def setUp(self):
        self.text = '\n'.join(blocks('bash'))
        if not (BUILD / 'build.ninja').exists():
            self.skipTest(f'no build in {BUILD}')
        self.ninja = (BUILD / 'build.ninja').read_text()

    def test_commands_of_x_are_in_its_help(self):
        helped = subprocess.run([ROOT / 'x', 'help'], capture_output=True, text=True, check=True).stdout
        for word in re.findall(r'\./x (\w+)', '\n'.join((ROOT / page).read_text() for page in PAGES)):
            self.assertIn(f'./x {word}', helped)

    def test_targets_and_programs_are_built(self):
        targets = ' '.join(re.findall(r'--target ((?:\w+ ?)+)', self.text)).split()
        self.assertTrue(targets)
        for target in targets:
            if target.startswith('fuzz_'):
                self.assertTrue((ROOT / f'tests/fuzz/{target}.cpp').exists(), target)
            else:
                self.assertRegex(self.ninja, rf'(?m)^build {target}: phony|^build {target}: CXX_EXECUTABLE')
        for program in re.findall(r'build/(?:dev|gdb)/([\w/]+_test)\b', self.text):
            self.assertRegex(self.ninja, rf'(?m)^build {program}: ')

    def test_filters_name_tests(self):
        tests = ' '.join(path.read_text() for path in sources('_test.cpp'))
        there = set(re.findall(r'\b(?:TEST(?:_F|_P)?|RC_GTEST(?:_FIXTURE)?_PROP)\((\w+),\s*(\w+)', tests))
        for suite, test in re.findall(r"--gtest_filter='?(\w+)\.(\w+|\*)", self.text):
            self.assertTrue([one for one in there if one[0] == suite and test in ('*', one[1])], f'{suite}.{test}')

    def test_functions_are_declared(self):
        headers = ' '.join(path.read_text() for path in sources('.h'))
        page = (ROOT / 'docs/hacking.md').read_text()
        for name in re.findall(r'stagedoor::(?:\w+::)*(\w+)', page):
            self.assertRegex(headers, rf'\b{name}\(')


if __name__ == '__main__':
    report.main()
