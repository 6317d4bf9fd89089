#!/usr/bin/env python3
"""Sums up what the test stages left in their result folders: one closing line over the individual test cases.

A folder holds ctest.xml (JUnit of ctest), tests.json (ctest --show-only=json-v1), one XML a run of a GoogleTest program or
of a Python test (GTEST_OUTPUT), and for fuzzing lists of targets. A test program that ended without saying which case
failed (a crash, a time-out) counts as one failed case. Exit code 1 if anything failed or nothing ran at all. With CI=true a case
that was skipped has failed, unless MAY_BE_SKIPPED names it: a machine that lacks what half of the tests need must not look well.
"""
import collections
import fnmatch
import json
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


# "stage: Case.test", with * for anything -> why a CI server may do without.
MAY_BE_SKIPPED = {
    '*: *FullDisk*': 'mounts a small disk, which containers may not do unless they are privileged',
    '*: Kafka*': 'Maven Central may be out of reach',
    '*: MariaDb.*': 'only the studies of rows and of a queue in a table use it, and install it',
    '*: GeneratedClient.*': 'PyPI may be out of reach',
    '*: GeneratedRequests.*': 'PyPI may be out of reach, and it is for ./x test long',
    '*: Sqlite.in_memory_opens_nothing_of_other_users': 'only root can give a folder to another user',
}


class Totals:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def add_cases(self, path, stage):
        """Counts the cases of one GoogleTest XML; returns whether one of them failed."""
        failed_here = False
        for case in ElementTree.parse(path).getroot().iter('testcase'):
            name = f"{stage}: {case.get('classname')}.{case.get('name')}"
            skipped = case.find('skipped')
            if case.find('failure') is not None or case.find('error') is not None:
                self.failed.append(name)
                failed_here = True
            elif skipped is not None or case.get('result') == 'skipped':
                reason = (skipped.get('message') or skipped.text or '') if skipped is not None else ''
                self.skipped.append((name, reason.strip().splitlines()[-1] if reason.strip() else 'no reason given'))
            elif case.get('status') != 'notrun':
                self.passed += 1
        return failed_here


def programs_of(folder):
    """ctest's name of a test -> the names its XML may have: the stems of the words of its command."""
    listing = json.loads((folder / 'tests.json').read_text())
    return {test['name']: [pathlib.Path(word).stem for word in test.get('command', [])] for test in listing['tests']}


def add_stage(totals, folder):
    stage = folder.parent.name
    if (folder / 'stage-failed').exists():
        totals.failed.append(f'{stage}: {(folder / "stage-failed").read_text().strip()}')
        return
    for word, target in (('fuzz-passed', None), ('fuzz-failed', totals.failed)):
        names = (folder / word).read_text().split() if (folder / word).exists() else []
        if target is None:
            totals.passed += len(names)
        else:
            target += [f'{stage}: {name}' for name in names]
    if not (folder / 'ctest.xml').exists():
        return
    files = collections.defaultdict(list)  # program -> its XMLs; repeated runs are NAME_1.xml, NAME_2.xml, …
    for path in sorted(folder.glob('*.xml')):
        if path.name != 'ctest.xml':
            head, _, tail = path.stem.rpartition('_')
            files[head if head and tail.isdigit() else path.stem].append(path)
    unexplained = collections.Counter()
    for paths in files.values():
        for path in paths:
            try:
                failed = totals.add_cases(path, stage)
            except ElementTree.ParseError:
                failed = False  # cut off by a crash; ctest says so too
            if failed:
                unexplained[path.stem if path.stem in files else path.stem.rpartition('_')[0]] -= 1
    commands = programs_of(folder)
    for test in ElementTree.parse(folder / 'ctest.xml').getroot().iter('testcase'):
        name = test.get('name')
        program = next((word for word in commands.get(name, []) if word in files), None)
        failed, skipped = test.find('failure'), test.find('skipped')
        if program is None:
            if failed is not None:
                totals.failed.append(f'{stage}: {name}')
            elif skipped is not None or test.get('status') in ('notrun', 'disabled'):
                output = (test.findtext('system-out') or '').strip().splitlines()
                totals.skipped.append((f'{stage}: {name}', output[-1] if output else 'no reason given'))
            else:
                totals.passed += 1
        elif failed is not None:
            unexplained[program] += 1
    for program, count in unexplained.items():
        totals.failed += [f'{stage}: {program} ended without saying which case failed'] * max(0, count)


def fail_skipped(totals):
    """Of a CI server: skipped cases that are not listed have failed."""
    for name, reason in list(totals.skipped):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in MAY_BE_SKIPPED):
            totals.skipped.remove((name, reason))
            totals.failed.append(f'{name} was skipped, because {reason}')


def main(folders):
    totals = Totals()
    for folder in folders:
        add_stage(totals, pathlib.Path(folder))
    if os.environ.get('CI') == 'true':
        fail_skipped(totals)
    for name, reason in totals.skipped:
        print(f'skipped, because {reason}: {name}')
    for name in totals.failed:
        print(f'FAILED {name}')
    print(f'{totals.passed} passed, {len(totals.failed)} failed, {len(totals.skipped)} skipped')
    return 0 if totals.passed and not totals.failed else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
